/** A message as it comes off the wire. Unknown types and fields are let through. */
export interface WireMessage {
  type: string;
  timestamp?: string;
  data: any;
  seq?: number;
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
  /** Why it failed, for people. */
  reason?: string;
}

/** Where a reader stands in a log. */
export interface Position {
  since: number;
  epoch: string | null;
}

/** The part of a WebSocket that the client uses; a relay can stand in for one. */
export interface SocketLike {
  onopen: ((event: any) => void) | null;
  onmessage: ((event: { data: any }) => void) | null;
  onclose: ((event: { code: number; reason?: string }) => void) | null;
  onerror: ((event: any) => void) | null;
  send(data: string): void;
  close(code?: number): void;
}

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
