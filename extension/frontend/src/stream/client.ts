import { Backoff } from "./backoff.ts";
import {
  systemClock,
  type Clock,
  type Position,
  type SocketLike,
  type StreamStatus,
  type WireMessage,
} from "./types.ts";

export type MessageHandler = (data: any, message: WireMessage) => void;
export type StatusHandler = (status: StreamStatus) => void;
export type SocketFactory = (position: Position) => SocketLike;

export interface StreamOptions {
  /** Resume after this seq, of the log named by `epoch`. */
  since?: number;
  epoch?: string | null;
  pingMs?: number;
  backoff?: Backoff;
  clock?: Clock;
  /** Told of every change of the connection. */
  onStatus?: StatusHandler;
}

const NO_STREAM = 4404;

/** Codes after which trying again cannot help. Every other one is tried again. */
const TERMINAL: ReadonlyMap<number, string> = new Map([
  [1000, ""],
  [1008, "the server refused the connection"],
  [NO_STREAM, "no such stream"],
]);

/**
 * Reads one stream and keeps reading it: reconnects, resumes where it was, drops what it has
 * already seen. Handlers get `(data, message)`; `"*"` hears every type; `"reset"` is called when
 * the story begins anew and what was heard before must be forgotten.
 */
export class StreamClient {
  private readonly handlers = new Map<string, MessageHandler[]>();
  private readonly factory: SocketFactory;
  private readonly clock: Clock;
  private readonly backoff: Backoff;
  private readonly pingMs: number;
  private readonly onStatus: StatusHandler | undefined;
  private socket: SocketLike | null = null;
  private retry: unknown = null;
  private pinger: unknown = null;
  private last: number;
  private floor: number;
  private head = 0;
  private downSince = 0;
  private ended = false;
  private lastError = "";
  epoch: string | null;
  status: StreamStatus = { state: "connecting" };

  constructor(target: string | SocketFactory, options: StreamOptions = {}) {
    this.factory = typeof target === "string" ? webSocketFactory(target) : target;
    this.clock = options.clock ?? systemClock;
    this.backoff = options.backoff ?? new Backoff();
    this.pingMs = options.pingMs ?? 30_000;
    this.onStatus = options.onStatus;
    this.last = this.floor = options.since ?? 0;
    this.epoch = options.epoch ?? null;
    this.open();
  }

  /** The highest seq seen. */
  get seq(): number {
    return this.last;
  }

  on(type: string, handler: MessageHandler): this {
    const known = this.handlers.get(type);
    if (known) known.push(handler);
    else this.handlers.set(type, [handler]);
    return this;
  }

  close(): void {
    this.stop();
    if (!this.over()) this.setStatus({ state: "closed" });
  }

  private over(): boolean {
    return ["finished", "deleted", "failed", "closed"].includes(this.status.state);
  }

  private open(): void {
    this.retry = null;
    let socket: SocketLike;
    try {
      socket = this.factory({ since: this.last, epoch: this.epoch });
    } catch (error) {
      this.setStatus({ state: "failed", reason: String(error) });
      return;
    }
    this.socket = socket;
    socket.onopen = () => this.schedulePing();
    socket.onmessage = (event) => {
      if (socket === this.socket) this.receive(event.data);
    };
    // The close event that follows says all there is to say.
    socket.onerror = () => undefined;
    socket.onclose = (event) => {
      if (socket === this.socket) this.closed(event.code, event.reason ?? "");
    };
  }

  private receive(raw: unknown): void {
    let parsed: unknown = raw;
    if (typeof raw === "string") {
      try {
        parsed = JSON.parse(raw);
      } catch {
        return;
      }
    }
    for (const message of Array.isArray(parsed) ? parsed : [parsed]) {
      if (message && typeof message.type === "string") this.take(message);
    }
  }

  private take(message: WireMessage): void {
    if (message.type === "connected") this.connected(message);
    else if (message.type === "gap") {
      this.begin(message.data?.epoch ?? this.epoch);
      if (this.head > 0) this.setStatus({ state: "catching-up" });
    } else if (typeof message.seq === "number") {
      // Within one connection the server sends nothing twice, but may send merged messages late.
      if (message.seq <= this.floor) return;
      if (message.seq > this.last) this.last = message.seq;
      if (message.type === "complete") this.ended = true;
    } else if (message.type === "error") this.lastError = String(message.data?.error ?? "");
    this.emit(message.type, message);
    this.emit("*", message);
    const behind = this.last < this.head;
    if (message.type === "connected") this.setStatus({ state: behind ? "catching-up" : "live" });
    else if (this.status.state === "catching-up" && !behind) this.setStatus({ state: "live" });
  }

  private connected(message: WireMessage): void {
    const { epoch, seq } = message.data ?? {};
    this.backoff.reset();
    this.downSince = 0;
    if (this.epoch !== null && epoch !== undefined && epoch !== this.epoch) this.begin(epoch);
    if (epoch !== undefined) this.epoch = epoch;
    this.floor = this.last;
    this.head = typeof seq === "number" ? seq : 0;
  }

  private begin(epoch: string | null): void {
    this.last = this.floor = 0;
    this.epoch = epoch;
    this.ended = false;
    this.emit("reset", { type: "reset", data: {} });
  }

  private closed(code: number, reason: string): void {
    this.stop();
    if (this.over()) return;
    const why = TERMINAL.get(code);
    if (code === 1000 || this.ended) this.setStatus({ state: "finished" });
    else if (code === NO_STREAM && (reason === "deleted" || this.epoch !== null)) {
      this.setStatus({ state: "deleted", reason: "the run was deleted" });
    } else if (why !== undefined) {
      this.setStatus({ state: "failed", reason: this.lastError || reason || why });
    } else {
      this.downSince ||= this.clock.now();
      this.setStatus({ state: "reconnecting", since: this.downSince });
      this.retry = this.clock.setTimeout(() => this.open(), this.backoff.next(this.clock.random()));
    }
  }

  private schedulePing(): void {
    const socket = this.socket;
    this.pinger = this.clock.setTimeout(() => {
      if (socket !== this.socket || socket === null) return;
      socket.send('{"type":"ping"}');
      this.schedulePing();
    }, this.pingMs);
  }

  private stop(): void {
    if (this.retry !== null) this.clock.clearTimeout(this.retry);
    if (this.pinger !== null) this.clock.clearTimeout(this.pinger);
    this.retry = this.pinger = null;
    const socket = this.socket;
    this.socket = null;
    socket?.close();
  }

  private setStatus(status: StreamStatus): void {
    this.status = status;
    this.onStatus?.(status);
  }

  private emit(type: string, message: WireMessage): void {
    for (const handler of this.handlers.get(type) ?? []) handler(message.data, message);
  }
}

/** Sockets for a ws:// or wss:// address, with the position in the query. */
export function webSocketFactory(address: string): SocketFactory {
  return ({ since, epoch }) => {
    const url = new URL(address);
    if (since > 0) {
      url.searchParams.set("since", String(since));
      if (epoch !== null) url.searchParams.set("epoch", epoch);
    }
    return new WebSocket(url) as SocketLike;
  };
}
