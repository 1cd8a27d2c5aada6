import { webSocketFactory } from "./address.ts";
import type { Backoff } from "./backoff.ts";
import { Connection } from "./connection.ts";
import { Controls } from "./controls.ts";
import { MessageIterator } from "./iterate.ts";
import { FINAL_TYPES, type AnyMessage, type ClientMessage, type ReplayData } from "./messages.ts";
import {
  ENDED, failure, StreamError, systemClock, type Clock, type SocketFactory, type StreamStatus, type WireMessage,
} from "./socket.ts";
import { Standing, type StandingOptions } from "./standing.ts";

export type StatusHandler = (status: StreamStatus) => void;

export interface StreamOptions extends StandingOptions {
  /** Give up after so many tries in a row without a connection; never unless given. */
  maxRetries?: number;
  backoff?: Backoff;
  clock?: Clock;
  /** Told of every change of the connection. */
  onStatus?: StatusHandler;
}

const NO_STREAM = 4404;
const DAMAGED = 4500;
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
  status: StreamStatus = { state: "connecting" };
  readonly #clock: Clock;
  readonly #standing: Standing;
  readonly #connection: Connection;
  readonly #watchers = new Set<StatusHandler>();
  /** There is no connection because nobody listens. */
  #idle = true;
  #connecting = 0;
  #ended = false;
  #replayed: ReplayData | null = null;
  #lastError: { text: string; code: string } | null = null;

  /** `target`: a ws:// or wss:// address, or what opens a connection from a position. */
  constructor(target: string | URL | SocketFactory, private readonly options: StreamOptions = {}) {
    super();
    const { clock = systemClock, backoff, heartbeat, maxRetries } = options;
    this.#clock = clock;
    this.#standing = new Standing(options);
    this.#connection = new Connection(typeof target === "function" ? target : webSocketFactory(target, options), {
      position: () => this.#standing.position,
      message: (message) => this.#take(message),
      told: () => this.#rest(),
      silent: () => this.ping(),
      closed: (code, reason) => this.#closed(code, reason),
      impossible: (error) => this.#impossible(error),
    }, { clock, backoff, heartbeat, maxRetries });
    if (options.onStatus) this.#watchers.add(options.onStatus);
  }

  /** Name of the log, once known. */
  get epoch(): string | null {
    return this.#standing.epoch;
  }

  /** The highest seq seen. */
  get seq(): number {
    return this.#standing.seq;
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
        if (this.#standing.greeted) resolve(this);
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
    this.#connection.drop();
    if (!ENDED.has(this.status.state)) this.#setStatus({ state: "closed" });
  }

  send(message: ClientMessage): void {
    if (!this.#connection.open) throw new StreamError("There is no connection to send on", "not_connected");
    this.#connection.send(JSON.stringify(message, finite));
  }

  protected override wake(): void {
    if (!this.#idle) return;
    this.#idle = false;
    this.#connection.connect();
  }

  #impossible(error: unknown): void {
    // Who is about to listen hears it, too.
    this.#holdATurn();
    if (error instanceof StreamError) this.#fail(error.message, error.code);
    else this.#fail(String(error), "bad_address");
  }

  /** Hold what is told until after the turn that who waits for it is given. */
  #holdATurn(): void {
    this.hold();
    this.#clock.setTimeout(() => this.release(), 0);
  }

  /** Where nobody listens no more is read than can wait. */
  #rest(): void {
    if (this.held < MOST_HELD || this.heard) return;
    this.#connection.drop();
    this.#idle = true;
    this.#setStatus({ state: "connecting" });
  }

  #take(message: WireMessage): void {
    const { type, data, seq } = message;
    if (type === "connected") this.#connected(message);
    else if (type === "gap") this.#gap(message);
    else if (type === "reset") this.#begin(1);
    else if (type === "replay") this.#replayed = data;
    else if (type === "shutdown") this.#connection.advise(Number(data?.reconnect_ms) || 0, "the server goes away");
    else if (typeof seq === "number") {
      if (!this.#isNews(message, seq)) return;
      if (FINAL_TYPES.has(type) && this.options.replay === undefined) this.#ended = true;
    } else if (type === "error") this.#lastError = { text: String(data?.error ?? ""), code: String(message.extra?.code ?? "") };
    this.emit(message);
    // A handler may have closed the client.
    if (!this.#connection.there) return;
    const { behind } = this.#standing;
    if (type === "connected") {
      this.#setStatus({ state: behind ? "catching-up" : "live" });
      this.#restore();
    }
    else if (this.status.state === "catching-up" && !behind) this.#setStatus({ state: "live" });
  }

  #connected({ data }: WireMessage): void {
    if (this.#connecting > 0) this.#holdATurn();
    this.#connection.healthy();
    if (this.#standing.differs(data?.epoch)) this.#anew("another log", 1);
    this.#standing.greet(data ?? {});
  }

  /** A replay goes on as it stood: the server of the new connection knows its position alone. */
  #restore(): void {
    const was = this.#replayed;
    if (was === null || !this.#connection.open) return;
    this.#replayed = null;
    if (was.state === "paused") this.pause();
    this.speed(was.speed ?? 0, was.unit === "x" ? "x" : undefined);
  }

  #gap({ data }: WireMessage): void {
    const standing = this.#standing;
    standing.epoch = data?.epoch ?? standing.epoch;
    this.#anew(String(data?.reason ?? "gap"), Number(data?.available_from) || 1);
    standing.skipToHolds();
    if (standing.head > 0) this.#setStatus({ state: "catching-up" });
  }

  #anew(reason: string, first: number): void {
    this.#begin(first);
    const timestamp = new Date(this.#clock.now()).toISOString();
    this.emit({ type: "reset", timestamp, data: { reason, seq: 0 } });
  }

  #begin(first: number): void {
    this.#ended = false;
    this.#standing.begin(first);
  }

  #isNews(message: WireMessage, seq: number): boolean {
    const verdict = this.#standing.take(message, seq);
    if (verdict.is === "missing") this.#connection.lose(1006, verdict.why);
    else if (verdict.is === "fault") {
      this.#connection.drop();
      this.#fail(`The stream is corrupted at seq ${seq}: ${verdict.why}`, "stream_corrupted", { seq });
    }
    return verdict.is === "news";
  }

  /** Tell those who listen for errors, and come to an end. */
  #fail(error: string, code: string, details: object = {}, state: "failed" | "deleted" = "failed"): void {
    const timestamp = new Date(this.#clock.now()).toISOString();
    this.emit({ type: "error", timestamp, data: { error, details }, extra: { code } });
    this.#setStatus({ state, reason: error, code });
  }

  #closed(code: number, reason: string): void {
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
    } else {
      const status = this.#connection.comeBack();
      if (status === null) this.#fail("Max reconnection attempts reached", "unreachable");
      else this.#setStatus(status);
    }
  }

  #setStatus(status: StreamStatus): void {
    this.status = status;
    for (const watcher of [...this.#watchers]) watcher(status);
  }
}

/** JSON would make nothing of NaN, and of nothing the server something else. */
function finite(name: string, value: unknown): unknown {
  if (typeof value === "number" && !Number.isFinite(value)) {
    throw new StreamError(`${name} is ${value}, expected a number`, "invalid_request");
  }
  return value;
}
