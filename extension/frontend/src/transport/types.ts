import type { ControlRequest, Pace, StreamClient, StreamStatus, WireMessage } from "../../stream/src/index.ts";

/** What is asked of a run. */
export type Control = Omit<ControlRequest, "type">;

export type Query = Record<string, string | number>;

/** How the stream reached this page; "none" until something answers. */
export type Route = "direct" | "relay" | "none";

export interface Subscriber {
  message(message: WireMessage): void;
  /** What was heard before must be forgotten. */
  reset(): void;
  status(status: StreamStatus, route: Route): void;
}

/** A way to a run: its stream, its data, its controls. */
export interface Transport {
  /** Returns what ends the subscription. */
  subscribe(subscriber: Subscriber): () => void;
  get(path: string, query: Query): Promise<any>;
  control(request: Control): Promise<any>;
  readonly canControl: boolean;
  /** Tells a finished run again, on a connection of its own. */
  replay?(pace: Pace): StreamClient;
  /** Starts a row of the sweep as a run; resolves to the server's answer. */
  open?(row: unknown): Promise<any>;
  /** The same way to another run. */
  to?(runId: string): Transport;
}

/** The server would not, with its words; `status` is that of the reply, 0 where it is not known. */
export class Refusal extends Error {
  constructor(message: string, readonly status = 0) {
    super(message);
  }
}

/** An error reply of the server, with its text. */
export function replyError(body: any, fallback: string, status = 0): Refusal {
  return new Refusal(typeof body?.error === "string" ? body.error : (body?.message ?? fallback), status);
}
