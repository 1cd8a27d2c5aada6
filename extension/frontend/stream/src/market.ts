import { namePart, socketAddress, webSocketFactory } from "./address.ts";
import { StreamClient, type StreamOptions } from "./client.ts";

export interface MarketOptions extends StreamOptions {
  /** Address of the server: that of the page, or `ws://localhost:8000` where there is none. */
  server?: string;
}

/**
 * The stream of one market: its candles, and what is seen in them. Its log keeps the latest
 * messages only, so a `reset` may come at any connection.
 */
export class MarketStreamClient extends StreamClient {
  /** `name`: that of the feed, which is its symbol unless it was given another. */
  constructor(name: string, options: MarketOptions = {}) {
    super(webSocketFactory(() => marketAddress(name, options.server), options), options);
  }
}

/** The address of a market's stream on a server (http, https, ws or wss). */
export function marketAddress(name: string, server?: string): URL {
  return socketAddress(`api/ws/stream/market-data/${namePart("The market's name", name)}`, server);
}
