/** A message as it comes off the wire. Unknown types and fields are let through. */
export interface WireMessage {
  type: string;
  timestamp?: string;
  data: any;
  seq?: number;
  eseq?: number;
  conflated?: number;
  extra?: any;
}

export type StreamState =
  | "connecting"
  | "live"
  | "catching-up"
  | "reconnecting"
  | "closed"
  | "finished"
  /** The stream was there and is no more. */
  | "deleted"
  | "failed";

export interface StreamStatus {
  state: StreamState;
  /** Epoch ms since when the stream is down (reconnecting). */
  since?: number;
  /** Why it failed or is down, for people. */
  reason?: string;
  /** Stable name of the failure, if it has one. */
  code?: string;
}

/** In these states the client has come to its end. */
export const ENDED: ReadonlySet<StreamState> = new Set<StreamState>(["finished", "deleted", "failed", "closed"]);

/** The stream could not be read, or not be written to. */
export class StreamError extends Error {
  constructor(
    message: string,
    /** Stable name of the kind of error. */
    readonly code: string,
  ) {
    super(message);
    this.name = "StreamError";
  }
}

/** The error of a stream that came to a bad end. */
export function failure({ state, reason, code }: StreamStatus): StreamError {
  return new StreamError(reason ?? `the stream is ${state}`, code ?? state);
}

/** Where a reader stands in a log. */
export interface Position {
  since: number;
  epoch: string | null;
}

/** The part of a WebSocket that the client uses; a relay can stand in for one. */
export interface SocketLike {
  onopen: ((event: any) => any) | null;
  /** Gets what was said as `data`. */
  onmessage: ((event: any) => any) | null;
  /** Gets a `code` and maybe a `reason`. */
  onclose: ((event: any) => any) | null;
  onerror: ((event: any) => any) | null;
  send(data: string): void;
  close(code?: number): void;
}

/** Opens the next connection, from a position. */
export type SocketFactory = (position: Position) => SocketLike;

/** Timers, so that tests need not wait. */
export interface Clock {
  now(): number;
  setTimeout(action: () => void, ms: number): unknown;
  clearTimeout(id: any): void;
  random(): number;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  setTimeout: (action, ms) => globalThis.setTimeout(action, ms),
  clearTimeout: (id) => globalThis.clearTimeout(id),
  random: () => Math.random(),
};
