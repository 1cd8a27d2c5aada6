import type { Wishes } from "./address.ts";
import type { Position, WireMessage } from "./socket.ts";
import { Verifier } from "./verify.ts";

export interface StandingOptions extends Wishes {
  /** Resume after this seq, of the log named by `epoch`. */
  since?: number;
  epoch?: string | null;
  /** Prove that nothing is missing; on unless it is false. */
  verify?: boolean;
}

/** What a numbered message is to a reader; `missing` may be had by asking once more, a `fault` not. */
export type Verdict = { is: "news" | "known" } | { is: "missing" | "fault"; why: string };

/** Where a reader stands in a log: what it has seen, what is due next, and whether anything is missing. */
export class Standing {
  /** Name of the log, once known. */
  epoch: string | null;
  /** Whether a connection has said where the log stands. */
  greeted = false;
  readonly #verifier: Verifier | null;
  #last: number;
  /** What the present connection tells up to here is known. */
  #floor: number;
  /** Where the log stood when this connection began; 0 where there is nothing to catch up with. */
  head = 0;
  /** Up to here only what holds is told, of live trading; no event is missing before it. */
  #holds = 0;
  #missedAt = -1;

  constructor(private readonly options: StandingOptions) {
    const { since = 0, epoch = null, types = null, timeframes, symbols, session } = options;
    this.#last = this.#floor = since;
    this.epoch = epoch;
    const all = timeframes === undefined && symbols === undefined && session === undefined;
    this.#verifier = options.verify === false ? null : new Verifier(types, all);
    this.#verifier?.begin(options.from === "now" ? Infinity : since + 1);
  }

  /** The highest seq seen. */
  get seq(): number {
    return this.#last;
  }

  get position(): Position {
    return { since: this.#last, epoch: this.epoch };
  }

  /** Whether there is more to come of what the log held then. */
  get behind(): boolean {
    return this.#last < this.head;
  }

  /** Whether there was a log of another name. */
  differs(epoch: string | undefined): boolean {
    return this.epoch !== null && epoch !== undefined && epoch !== this.epoch;
  }

  /** A connection says where the log stands. */
  greet({ epoch, seq, snapshot = 0 }: { epoch?: string; seq?: unknown; snapshot?: number }): void {
    // A replay is where its clock is: there is nothing to catch up with.
    this.head = typeof seq === "number" && this.options.replay === undefined ? seq : 0;
    if (epoch !== undefined) this.epoch = epoch;
    if (this.options.from === "now" && !this.greeted && this.#last === 0) this.#last = this.head;
    this.#floor = this.#last;
    this.greeted = true;
    this.#holds = snapshot > this.#last ? snapshot : 0;
    this.skipToHolds();
  }

  /** What holds stands for all that came before: from there on the story is whole. */
  skipToHolds(): void {
    if (this.#holds === 0) return;
    this.#last = this.#holds;
    this.#verifier?.begin(this.#holds + 1);
  }

  /** The story is told anew, from this number on. */
  begin(first: number): void {
    this.#last = this.#floor = 0;
    this.#verifier?.begin(first);
  }

  /** Take in a numbered message. */
  take(message: WireMessage, seq: number): Verdict {
    // Within one connection the server sends nothing twice, but may send merged messages late.
    if (seq <= this.#floor) return { is: "known" };
    if (seq > this.#holds) {
      const missing = this.#verifier?.missing(message) ?? null;
      if (missing !== null) return this.#missed(missing);
      const fault = this.#verifier?.differs(message) ?? null;
      if (fault !== null) return { is: "fault", why: fault };
    }
    if (seq > this.#last) this.#last = seq;
    return { is: "news" };
  }

  /** An event that is missing is asked for once more; what is wrong then as well is wrong in the log. */
  #missed(why: string): Verdict {
    if (this.#missedAt === this.#last) return { is: "fault", why };
    this.#missedAt = this.#last;
    return { is: "missing", why };
  }
}
