export { ChosenTransport } from "./choose.ts";
export { DirectTransport, marketPlace, runPlace, sessionsPlace, type Place } from "./direct.ts";
export { findServer } from "./page.ts";
export { RelayTransport, type WidgetModel } from "./relay.ts";
export type { Control, Query, Route, Subscriber, Transport } from "./types.ts";
export { Refusal } from "./types.ts";
