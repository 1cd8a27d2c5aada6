export { Backoff } from "./backoff.ts";
export { StreamClient, webSocketFactory } from "./client.ts";
export type { MessageHandler, SocketFactory, StatusHandler, StreamOptions } from "./client.ts";
export type { Clock, Position, SocketLike, StreamState, StreamStatus, WireMessage } from "./types.ts";
