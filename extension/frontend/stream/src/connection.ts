import { HEARTBEAT_S } from "./address.ts";
import { Backoff } from "./backoff.ts";
import { Liveness } from "./liveness.ts";
import type { Clock, Position, SocketFactory, SocketLike, StreamStatus, WireMessage } from "./socket.ts";

const KEEP_ALIVE_MS = 30_000;
/** A socket that failed is to close within this time, or is taken as closed. */
const GRACE_MS = 1_000;

export interface ConnectionOptions {
  clock: Clock;
  backoff?: Backoff | undefined;
  /** Seconds between two signs of life; null where the server sends none. */
  heartbeat?: number | null | undefined;
  /** Give up after so many tries in a row; never unless given. */
  maxRetries?: number | undefined;
}

/** Who is told what comes of a connection. */
export interface Owner {
  /** From where on the stream is wanted. */
  position(): Position;
  message(message: WireMessage): void;
  /** The messages of a frame were told. */
  told(): void;
  /** Nothing has come for a while. */
  silent(): void;
  closed(code: number, reason: string): void;
  /** No connection can be opened. */
  impossible(error: unknown): void;
}

/** One socket at a time: opened, watched for silence, read frame by frame, and opened again later. */
export class Connection {
  readonly #backoff: Backoff;
  readonly #liveness: Liveness;
  #socket: SocketLike | null = null;
  #open = false;
  #retry: unknown = null;
  #downSince = 0;
  #advice: { ms: number; reason: string } | null = null;

  constructor(private readonly factory: SocketFactory, private readonly owner: Owner, private readonly options: ConnectionOptions) {
    this.#backoff = options.backoff ?? new Backoff();
    const { heartbeat = HEARTBEAT_S } = options;
    const [ping, dead] = heartbeat === null ? [KEEP_ALIVE_MS, Infinity] : [heartbeat * 1500, heartbeat * 3000];
    this.#liveness = new Liveness(options.clock, ping, dead, () => this.#open && owner.silent(), () => this.lose(1006, "no sign of life"));
  }

  /** Whether there is a socket, open or about to be. */
  get there(): boolean {
    return this.#socket !== null;
  }

  get open(): boolean {
    return this.#open;
  }

  connect(): void {
    this.#retry = null;
    let socket: SocketLike;
    try {
      socket = this.factory(this.owner.position());
    } catch (error) {
      this.owner.impossible(error);
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
      this.options.clock.setTimeout(() => socket === this.#socket && this.lose(1006, "the connection failed"), GRACE_MS);
    };
    socket.onclose = (event) => {
      if (socket === this.#socket) this.lose(event.code, event.reason ?? "");
    };
  }

  send(text: string): void {
    this.#socket?.send(text);
  }

  /** The server answers: what went wrong before is over. */
  healthy(): void {
    this.#backoff.reset();
    this.#downSince = 0;
    this.#advice = null;
  }

  /** Come back after so long, should it be lost. */
  advise(ms: number, reason: string): void {
    this.#advice = { ms, reason };
  }

  /** Connect again after a while. Returns what is to be said of it meanwhile; null where that was tried often enough. */
  comeBack(): StreamStatus | null {
    const { clock, maxRetries = Infinity } = this.options;
    if (this.#backoff.attempt >= maxRetries) return null;
    this.#downSince ||= clock.now();
    const jitter = this.#backoff.next(clock.random());
    const advice = this.#advice;
    this.#advice = null;
    this.#retry = clock.setTimeout(() => this.connect(), advice?.ms ?? jitter);
    return { state: "reconnecting", since: this.#downSince, ...(advice && { reason: advice.reason }) };
  }

  /** Take it as closed. */
  lose(code: number, reason: string): void {
    this.drop();
    this.owner.closed(code, reason);
  }

  /** Let go of the connection, and of the next try. */
  drop(): void {
    if (this.#retry !== null) this.options.clock.clearTimeout(this.#retry);
    this.#retry = null;
    this.#liveness.stop();
    const socket = this.#socket;
    this.#socket = null;
    this.#open = false;
    socket?.close();
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
      if (message && typeof message.type === "string") this.owner.message(message);
    }
    this.owner.told();
  }
}
