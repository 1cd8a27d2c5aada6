import { StreamClient, type StreamOptions } from "./client.ts";

export interface BacktestOptions extends StreamOptions {
  /** Address of the server: that of the page, or `ws://localhost:8000` where there is none. */
  server?: string;
}

/** The stream of one backtest. */
export class BacktestStreamClient extends StreamClient {
  constructor(backtestId: string, options: BacktestOptions = {}) {
    super(backtestAddress(backtestId, options.server), options);
  }
}

/** The address of a backtest's stream on a server (http, https, ws or wss). */
export function backtestAddress(backtestId: string, server: string = page()): URL {
  const base = server.replace(/^http/, "ws").replace(/\/?$/, "/");
  return new URL(`api/ws/stream/backtest/${encodeURIComponent(backtestId)}`, base);
}

function page(): string {
  const origin = (globalThis as { location?: Location }).location?.origin;
  return origin?.startsWith("http") ? origin : "ws://localhost:8000";
}
