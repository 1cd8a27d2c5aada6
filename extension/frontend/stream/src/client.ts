import { HEARTBEAT_S, webSocketFactory, type Wishes } from "./address.ts";
import { Backoff } from "./backoff.ts";
import { Controls } from "./controls.ts";
import { MessageIterator } from "./iterate.ts";
import { Liveness } from "./liveness.ts";
import { FINAL_TYPES, type AnyMessage, type ClientMessage, type ReplayData } from "./messages.ts";
import {
  ENDED,
  failure,
  StreamError,
  systemClock,
  type Clock,
  type SocketFactory,
  type SocketLike,
  type StreamStatus,
  type WireMessage,
} from "./socket.ts";
import { Verifier } from "./verify.ts";

export type StatusHandler = (status: StreamStatus) => void;

export interface StreamOptions extends Wishes {
  /** Resume after this seq, of the log named by `epoch`. */
  since?: number;
  epoch?: string | null;
  /** Prove that nothing is missing; on unless it is false. */
  verify?: boolean;
  /** Give up after so many tries in a row without a connection; never unless given. */
  maxRetries?: number;
  backoff?: Backoff;
  clock?: Clock;
  /** Told of every change of the connection. */
  onStatus?: StatusHandler;
}

const NO_STREAM = 4404;
const DAMAGED = 4500;
const KEEP_ALIVE_MS = 30_000;
/** A socket that failed is to close within this time, or is taken as closed. */
const GRACE_MS = 1_000;
/** So many messages wait for someone to listen; what comes then is asked for again. */
const MOST_HELD = 50_000;

/** Codes after which trying again cannot help. Every other one is tried again. */
const FINAL_CODES: ReadonlyMap<number, string> = new Map([
  [1000, ""],
  [1008, "the server refused the connection"],
  [NO_STREAM, "no such stream"],
  [DAMAGED, "the server's log is damaged"],
]);

/**
 * Reads one stream and keeps reading it: reconnects, resumes where it was, drops what it has
 * already seen, proves that nothing is missing. It begins when somebody listens, iterates or calls
 * `connect`. Handlers get `(data, message)`; `"*"` hears every
 * type; `"reset"` says that the story begins anew and what was heard before must be forgotten.
 */
export class StreamClient extends Controls implements AsyncIterable<AnyMessage> {
  /** Name of the log, once known. */
  epoch: string | null;
  status: StreamStatus = { state: "connecting" };
  readonly #factory: SocketFactory;
  readonly #clock: Clock;
  readonly #backoff: Backoff;
  readonly #verifier: Verifier | null;
  readonly #liveness: Liveness;
  readonly #watchers = new Set<StatusHandler>();
  #socket: SocketLike | null = null;
  #open = false;
  #retry: unknown = null;
  #last: number;
  /** What the present connection tells up to here is known. */
  #floor: number;
  #head = 0;
  /** Up to here only what holds is told, of live trading; no event is missing before it. */
  #holds = 0;
  #downSince = 0;
  #hint: { ms: number; reason: string } | null = null;
  #connectedOnce = false;
  /** There is no connection because nobody listens. */
  #idle = true;
  #connecting = 0;
  #ended = false;
  #corruptAt = -1;
  #replayed: ReplayData | null = null;
  #lastError: { text: string; code: string } | null = null;

  /** `target`: a ws:// or wss:// address, or what opens a connection from a position. */
  constructor(target: string | URL | SocketFactory, private readonly options: StreamOptions = {}) {
    super();
    this.#factory = typeof target === "function" ? target : webSocketFactory(target, options);
    this.#clock = options.clock ?? systemClock;
    this.#backoff = options.backoff ?? new Backoff();
    if (options.onStatus) this.#watchers.add(options.onStatus);
    this.#last = this.#floor = options.since ?? 0;
    this.epoch = options.epoch ?? null;
    this.#verifier = options.verify === false ? null : new Verifier(options.types ?? null, options.timeframes === undefined && options.symbols === undefined && options.session === undefined);
    this.#verifier?.begin(options.from === "now" ? Infinity : this.#last + 1);
    const { heartbeat = HEARTBEAT_S } = options;
    const [ping, dead] = heartbeat === null ? [KEEP_ALIVE_MS, Infinity] : [heartbeat * 1500, heartbeat * 3000];
    this.#liveness = new Liveness(this.#clock, ping, dead, () => this.#open && this.ping(), () => this.#closed(1006, "no sign of life"));
  }

  /** The highest seq seen. */
  get seq(): number {
    return this.#last;
  }

  /**
   * Resolves once there is a connection; rejects when there is not going to be one. What the
   * connection tells is held until after the turn that this gives to who waits for it.
   */
  connect(): Promise<this> {
    this.wake();
    this.#connecting++;
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const { state } = this.status;
        if (this.#connectedOnce) resolve(this);
        else if (ENDED.has(state)) reject(failure(this.status));
        else return;
        this.#connecting--;
        this.#watchers.delete(look);
      };
      this.#watchers.add(look);
      look();
    });
  }

  /** Be told of every change of the connection; returns what ends that. */
  watch(handler: StatusHandler): () => void {
    this.#watchers.add(handler);
    return () => this.#watchers.delete(handler);
  }

  /**
   * Every message from now on, and before them what nobody has heard yet. Ends with the stream;
   * throws a StreamError when that failed, and when it had ended before and all was heard.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<AnyMessage> {
    const over = ENDED.has(this.status.state) && this.held === 0;
    const iterator = new MessageIterator(this, over);
    this.release();
    return iterator;
  }

  close(): void {
    this.#idle = false;
    this.forgetHeld();
    this.#drop();
    if (!ENDED.has(this.status.state)) this.#setStatus({ state: "closed" });
  }

  send(message: ClientMessage): void {
    if (this.#socket === null || !this.#open) throw new StreamError("There is no connection to send on", "not_connected");
    this.#socket.send(JSON.stringify(message));
  }

  protected override wake(): void {
    if (!this.#idle) return;
    this.#idle = false;
    this.#connectNow();
  }

  #connectNow(): void {
    this.#retry = null;
    let socket: SocketLike;
    try {
      socket = this.#factory({ since: this.#last, epoch: this.epoch });
    } catch (error) {
      // Who is about to listen hears it, too.
      this.hold();
      this.#clock.setTimeout(() => this.release(), 0);
      if (error instanceof StreamError) this.#fail(error.message, error.code);
      else this.#fail(String(error), "bad_address");
      return;
    }
    this.#socket = socket;
    this.#liveness.start();
    socket.onopen = () => {
      if (socket === this.#socket) this.#open = true;
    };
    socket.onmessage = (event) => this.#receive(socket, event.data);
    // The close event that follows says all there is to say; some runtimes forget it.
    socket.onerror = () => {
      this.#clock.setTimeout(() => socket === this.#socket && this.#closed(1006, "the connection failed"), GRACE_MS);
    };
    socket.onclose = (event) => {
      if (socket === this.#socket) this.#closed(event.code, event.reason ?? "");
    };
  }

  #receive(socket: SocketLike, raw: unknown): void {
    let parsed: unknown = raw;
    this.#liveness.heard();
    if (typeof raw === "string") {
      try {
        parsed = JSON.parse(raw);
      } catch {
        return;
      }
    }
    for (const message of Array.isArray(parsed) ? parsed : [parsed]) {
      // A handler may have closed the client, or a fault have dropped the connection.
      if (socket !== this.#socket) return;
      if (message && typeof message.type === "string") this.#take(message);
    }
    if (this.held < MOST_HELD || this.heard) return;
    this.#drop();
    this.#idle = true;
    this.#setStatus({ state: "connecting" });
  }

  #take(message: WireMessage): void {
    const { type, data, seq } = message;
    if (type === "connected") this.#connected(message);
    else if (type === "gap") this.#gap(message);
    else if (type === "reset") this.#begin(1);
    else if (type === "replay") this.#replayed = data;
    else if (type === "shutdown") this.#hint = { ms: Number(data?.reconnect_ms) || 0, reason: "the server goes away" };
    else if (typeof seq === "number") {
      // Within one connection the server sends nothing twice, but may send merged messages late.
      if (seq <= this.#floor) return;
      if (seq > this.#holds && !this.#proved(message)) return;
      if (seq > this.#last) this.#last = seq;
      if (FINAL_TYPES.has(type) && this.options.replay === undefined) this.#ended = true;
    } else if (type === "error") this.#lastError = { text: String(data?.error ?? ""), code: String(message.extra?.code ?? "") };
    this.emit(message);
    // A handler may have closed the client.
    if (this.#socket === null) return;
    const behind = this.#last < this.#head;
    if (type === "connected") {
      this.#setStatus({ state: behind ? "catching-up" : "live" });
      this.#restore();
    }
    else if (this.status.state === "catching-up" && !behind) this.#setStatus({ state: "live" });
  }

  #connected(message: WireMessage): void {
    const { epoch, seq, snapshot = 0 } = message.data ?? {};
    if (this.#connecting > 0) {
      this.hold();
      this.#clock.setTimeout(() => this.release(), 0);
    }
    this.#backoff.reset();
    this.#downSince = 0;
    this.#hint = null;
    // A replay is where its clock is: there is nothing to catch up with.
    this.#head = typeof seq === "number" && this.options.replay === undefined ? seq : 0;
    if (this.epoch !== null && epoch !== undefined && epoch !== this.epoch) this.#anew("another log", 1);
    if (epoch !== undefined) this.epoch = epoch;
    if (this.options.from === "now" && !this.#connectedOnce && this.#last === 0) this.#last = this.#head;
    this.#floor = this.#last;
    this.#connectedOnce = true;
    this.#holds = snapshot > this.#last ? snapshot : 0;
    this.#skipToHolds();
  }

  /** What holds stands for all that came before: from there on the story is whole. */
  #skipToHolds(): void {
    if (this.#holds === 0) return;
    this.#last = this.#holds;
    this.#verifier?.begin(this.#holds + 1);
  }

  /** A replay goes on as it stood: the server of the new connection knows its position alone. */
  #restore(): void {
    const was = this.#replayed;
    if (was === null || !this.#open) return;
    this.#replayed = null;
    if (was.state === "paused") this.pause();
    this.speed(was.speed ?? 0, was.unit === "x" ? "x" : undefined);
  }

  #gap({ data }: WireMessage): void {
    this.epoch = data?.epoch ?? this.epoch;
    this.#anew(String(data?.reason ?? "gap"), Number(data?.available_from) || 1);
    this.#skipToHolds();
    if (this.#head > 0) this.#setStatus({ state: "catching-up" });
  }

  #anew(reason: string, first: number): void {
    this.#begin(first);
    const timestamp = new Date(this.#clock.now()).toISOString();
    this.emit({ type: "reset", timestamp, data: { reason, seq: 0 } });
  }

  #begin(first: number): void {
    this.#last = this.#floor = 0;
    this.#ended = false;
    this.#verifier?.begin(first);
  }

  /** An event that is missing is asked for once more; what is wrong then as well is wrong in the log. */
  #proved(message: WireMessage): boolean {
    const missing = this.#verifier?.missing(message) ?? null;
    if (missing === null) {
      const fault = this.#verifier?.differs(message) ?? null;
      if (fault !== null) this.#corrupt(fault, message);
      return fault === null;
    }
    if (this.#corruptAt === this.#last) this.#corrupt(missing, message);
    else {
      this.#corruptAt = this.#last;
      this.#closed(1006, missing);
    }
    return false;
  }

  #corrupt(fault: string, { seq }: WireMessage): void {
    this.#drop();
    this.#fail(`The stream is corrupted at seq ${seq}: ${fault}`, "stream_corrupted", { seq });
  }

  /** Tell those who listen for errors, and come to an end. */
  #fail(error: string, code: string, details: object = {}, state: "failed" | "deleted" = "failed"): void {
    const timestamp = new Date(this.#clock.now()).toISOString();
    this.emit({ type: "error", timestamp, data: { error, details }, extra: { code } });
    this.#setStatus({ state, reason: error, code });
  }

  #closed(code: number, reason: string): void {
    this.#drop();
    if (ENDED.has(this.status.state)) return;
    const why = FINAL_CODES.get(code);
    if (code === 1000 || this.#ended) this.#setStatus({ state: "finished" });
    else if (code === NO_STREAM && (reason === "deleted" || this.epoch !== null)) {
      this.#fail("the stream was deleted", "deleted", {}, "deleted");
    } else if (why !== undefined) {
      const said = this.#lastError;
      // What the server said of it was heard.
      if (said?.text) this.#setStatus({ state: "failed", reason: said.text, code: said.code || String(code) });
      else this.#fail(reason || why, String(code));
    } else if (this.#backoff.attempt >= (this.options.maxRetries ?? Infinity)) {
      this.#fail("Max reconnection attempts reached", "unreachable");
    } else this.#reconnect();
  }

  #reconnect(): void {
    this.#downSince ||= this.#clock.now();
    const jitter = this.#backoff.next(this.#clock.random());
    const hint = this.#hint;
    this.#hint = null;
    const delay = hint?.ms ?? jitter;
    this.#setStatus({ state: "reconnecting", since: this.#downSince, ...(hint && { reason: hint.reason }) });
    this.#retry = this.#clock.setTimeout(() => this.#connectNow(), delay);
  }

  /** Let go of the connection, and of the next try. */
  #drop(): void {
    if (this.#retry !== null) this.#clock.clearTimeout(this.#retry);
    this.#retry = null;
    this.#liveness.stop();
    const socket = this.#socket;
    this.#socket = null;
    this.#open = false;
    socket?.close();
  }

  #setStatus(status: StreamStatus): void {
    this.status = status;
    for (const watcher of [...this.#watchers]) watcher(status);
  }
}
