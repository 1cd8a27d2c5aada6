export { streamAddress, webSocketFactory } from "./address.ts";
export type { Pace, Wishes } from "./address.ts";
export { Backoff } from "./backoff.ts";
export { backtestAddress, BacktestStreamClient } from "./backtest.ts";
export type { BacktestOptions } from "./backtest.ts";
export { crc32, TradeChecksum } from "./checksum.ts";
export { StreamClient } from "./client.ts";
export type { StatusHandler, StreamOptions } from "./client.ts";
export type { AnyHandler, MessageHandler } from "./emitter.ts";
export { LIVE_ACTIONS, liveAddress, LiveStreamClient } from "./live.ts";
export type { LiveAction, LiveOptions } from "./live.ts";
export type * from "./messages.ts";
export { DELIVERY, FINAL_STATUSES, FINAL_TYPES, PROTOCOL } from "./messages.ts";
export { marketAddress, MarketStreamClient } from "./market.ts";
export type { MarketOptions } from "./market.ts";
export { ENDED, StreamError } from "./socket.ts";
export type {
  Clock, Position, SocketFactory, SocketLike, StreamState, StreamStatus, WireMessage,
} from "./socket.ts";
export { Verifier } from "./verify.ts";
