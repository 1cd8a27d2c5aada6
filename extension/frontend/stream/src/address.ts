import type { LogMessage } from "./messages.ts";
import { StreamError, type Position, type SocketFactory } from "./socket.ts";

/** A pace: candles a second, or with unit `x` multiples of market time; 0 is as fast as possible. */
export interface Pace {
  speed: number;
  unit?: "x";
}

/** What a subscriber asks the server for. */
export interface Wishes {
  /** Only these types of the log. */
  types?: readonly LogMessage["type"][];
  /** Of a market: only what is about candles of these timeframes. */
  timeframes?: readonly string[];
  /** Of live trading: only what is about these symbols. */
  symbols?: readonly string[];
  /** Of live trading: only one session. */
  session?: string;
  /** Equity merged into `equity_columns` messages. */
  columns?: boolean;
  /** Be written to so many times a second at most. */
  maxRate?: number;
  /** Several messages in one frame; on unless it is false. */
  batch?: boolean;
  /** Seconds between two `heartbeat` messages, 5 unless given; null for none. */
  heartbeat?: number | null;
  /** `now` skips what is there. */
  from?: "start" | "now";
  /** A finished run is told again at a pace, as fast as possible unless one is given. */
  replay?: Partial<Pace>;
}

export const HEARTBEAT_S = 5;

const NO_WEBSOCKET =
  "This runtime has no WebSocket: use Node 22 or newer, or give a function that opens a socket as the target";

/** The address of a stream, with what is wished for and the position in its query. */
export function streamAddress(address: string | URL, wishes: Wishes, { since, epoch }: Position): URL {
  const url = new URL(address);
  const query = url.searchParams;
  checkWishes(wishes);
  if (!(since >= 0)) throw new StreamError(`since is ${since}, expected a seq, 0 or more`, "invalid_request");
  const { types, timeframes, symbols, session, columns, maxRate, batch = true, heartbeat = HEARTBEAT_S, from, replay } = wishes;
  if (types !== undefined) query.set("types", types.join(","));
  if (timeframes !== undefined) query.set("timeframes", timeframes.join(","));
  if (symbols !== undefined) query.set("symbols", symbols.join(","));
  if (session !== undefined) query.set("session", session);
  if (columns) query.set("format", "columns");
  if (maxRate !== undefined) query.set("max_rate", String(maxRate));
  if (batch) query.set("batch", "1");
  if (heartbeat !== null) query.set("heartbeat", String(heartbeat));
  if (replay !== undefined) {
    query.set("replay", "1");
    if (replay.speed) query.set("speed", `${replay.speed}${replay.unit ?? ""}`);
  }
  if (since > 0) {
    query.set("since", String(since));
    if (epoch !== null) query.set("epoch", epoch);
  } else if (from === "now") query.set("from", "now");
  return url;
}

/** What the server would refuse, before anything is opened: a socket cannot tell its page why it was refused. */
function checkWishes({ heartbeat = HEARTBEAT_S, from }: Wishes): void {
  if (heartbeat !== null && !(heartbeat >= 0.1 && heartbeat <= 3600)) {
    throw new StreamError(`heartbeat is ${heartbeat}, expected 0.1 to 3600 seconds, or null for none`, "invalid_request");
  }
  if (from !== undefined && from !== "start" && from !== "now") {
    throw new StreamError(`from is ${JSON.stringify(from)}, expected "start" or "now"`, "invalid_request");
  }
}

/** A name as a part of an address. */
export function namePart(what: string, name: string): string {
  if (name === "" || name === "." || name === "..") {
    throw new StreamError(`${what} is ${JSON.stringify(name)}, and names none`, "invalid_request");
  }
  return encodeURIComponent(name);
}

/** An address of the API under that of a server (http, https, ws or wss), else of the page. */
export function socketAddress(path: string, server: string = page()): URL {
  return new URL(path, server.replace(/^http/, "ws").replace(/\/?$/, "/"));
}

function page(): string {
  const origin = (globalThis as { location?: Location }).location?.origin;
  return origin?.startsWith("http") ? origin : "ws://localhost:8000";
}

/** Sockets for a ws:// or wss:// address, or for what returns it when one is to be opened. */
export function webSocketFactory(address: string | URL | (() => URL), wishes: Wishes = {}): SocketFactory {
  return (position) => {
    const url = streamAddress(typeof address === "function" ? address() : address, wishes, position);
    if (typeof globalThis.WebSocket !== "function") throw new StreamError(NO_WEBSOCKET, "no_websocket");
    return new WebSocket(url);
  };
}
