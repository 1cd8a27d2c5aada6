import { namePart, socketAddress, webSocketFactory } from "./address.ts";
import { StreamClient, type StreamOptions } from "./client.ts";

export interface BacktestOptions extends StreamOptions {
  /** Address of the server: that of the page, or `ws://localhost:8000` where there is none. */
  server?: string;
}

/** The stream of one backtest. */
export class BacktestStreamClient extends StreamClient {
  constructor(backtestId: string, options: BacktestOptions = {}) {
    super(webSocketFactory(() => backtestAddress(backtestId, options.server), options), options);
  }
}

/** The address of a backtest's stream on a server (http, https, ws or wss). */
export function backtestAddress(backtestId: string, server?: string): URL {
  return socketAddress(`api/ws/stream/backtest/${namePart("The run's id", backtestId)}`, server);
}
