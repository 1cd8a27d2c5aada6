import type { LiveAction, StreamStatus, WireMessage } from "../../stream/src/index.ts";
import { Reading, type ReadingOptions, type Snapshot } from "../reading.ts";
import { Refusal } from "../transport/index.ts";
import { linkWords } from "../view/link.ts";
import { isUnheard, type Request } from "./request.ts";

/** A server that was asked for signs of life and says nothing for so long is said to be silent. */
const QUIET_MS = 5_000;
/** Messages that say no more than that the server lives. */
const SIGNS: ReadonlySet<string> = new Set(["heartbeat", "pong"]);

export interface WatchedOptions<S extends Snapshot = Snapshot> extends ReadingOptions<S> {
  /** Epoch ms. */
  now?: () => number;
}

/** What trades: whether it is really heard of, and what was asked of it. */
export abstract class Watched<S extends Snapshot = Snapshot> extends Reading<S> {
  /** What commands call it. */
  abstract readonly id: string;
  /** What was asked for and does not show in the stream yet. */
  request: Request | null = null;
  private forbidden = "";
  private heardAt: number;
  protected readonly now: () => number;

  protected constructor(options: WatchedOptions<S>) {
    super(options);
    this.now = options.now ?? Date.now;
    this.heardAt = this.now();
  }

  /** Why nothing more will come of it; empty while it goes on. */
  protected abstract get ended(): string;

  /** Whether what was asked for shows in the stream. */
  protected abstract isDone(action: LiveAction): boolean;

  /** What was asked for last and does not show in the stream yet. */
  get pending(): LiveAction | null {
    return this.request?.action ?? null;
  }

  /** For how long a server that was asked for signs of life has said nothing, in ms; 0 where that means nothing. */
  quietFor(now: number): number {
    const { state } = this.status;
    // The kernel that hands messages on is asked for none.
    const watched = this.route === "direct" && (state === "live" || state === "catching-up");
    const silent = now - this.heardAt;
    return watched && silent >= QUIET_MS ? silent : 0;
  }

  /** Whether what is shown stands still because nobody tells more. */
  standsStill(now: number): boolean {
    return this.ended === "" && !this.saved && (this.status.state === "reconnecting" || this.quietFor(now) > 0);
  }

  /** State of the connection and its words; a server that says nothing is not called connected. */
  link(now: number): [state: string, words: string] {
    const quiet = this.quietFor(now);
    if (quiet > 0 && this.ended === "") return ["quiet", `no sign of life for ${Math.floor(quiet / 1000)} s`];
    const [state, words] = linkWords(this, () => (this.ended === "" ? "connected" : null), now);
    return [state, state === "failed" ? "not connected" : words];
  }

  /** Why nothing can be asked from here; empty where it can. */
  get barred(): string {
    if (this.ended !== "") return this.ended;
    if (this.saved || this.silent) return "No server answers";
    if (!this.transport.canControl) return "This page only reads";
    if (this.forbidden) return this.forbidden;
    return this.status.state === "live" || this.status.state === "catching-up" ? "" : "There is no connection";
  }

  /** Ask for something; rejects with the server's words when it will not. */
  async control(action: LiveAction): Promise<void> {
    const request: Request = (this.request = { action, since: this.now(), taken: false });
    this.asking(action);
    this.tell();
    try {
      const reply: unknown = await this.transport.control({ action });
      request.taken = true;
      this.answered(reply);
    } catch (error) {
      if (this.request === request) this.request = null;
      if (error instanceof Refusal && error.status === 403) this.forbidden = error.message;
      this.tell();
      throw error;
    }
    this.settle();
    this.tell();
  }

  /** Whether an action can be asked for: not again while it is under way, unless nobody seems to have heard it. */
  mayAsk(action: LiveAction, now: number): boolean {
    return this.barred === "" && (this.pending !== action || (this.request !== null && isUnheard(this.request, now)));
  }

  /** Something is asked for. */
  protected asking(_action: LiveAction): void {}

  /** The server has taken what was asked for. */
  protected answered(_reply: unknown): void {}

  /** Look whether what was asked for has been done. */
  protected settle(): void {
    if (this.request !== null && (this.ended !== "" || this.isDone(this.request.action))) this.request = null;
  }

  protected override moved(_status: StreamStatus): void {
    this.heardAt = this.now();
    this.settle();
  }

  protected override heard(message: WireMessage): void {
    const was = this.quietFor(this.now()) > 0;
    this.heardAt = this.now();
    // There is nothing to draw anew.
    if (!SIGNS.has(message.type) || this.silent || this.saved) super.heard(message);
    else if (was) this.tell();
  }

  protected override took(_message: WireMessage): void {
    this.settle();
  }
}
