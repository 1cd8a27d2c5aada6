import { socketAddress, webSocketFactory } from "./address.ts";
import { StreamClient, type StreamOptions } from "./client.ts";
import type { ControlRequest } from "./messages.ts";
import { StreamError } from "./socket.ts";

/** What a session can be asked for beyond what a run can. */
export const LIVE_ACTIONS = ["pause_entries", "resume_entries", "flatten", "stop"] as const;
export type LiveAction = (typeof LIVE_ACTIONS)[number];

export interface LiveOptions extends StreamOptions {
  /** Address of the server: that of the page, or `ws://localhost:8000` where there is none. */
  server?: string;
}

const NO_SESSION = "Name the session that is meant, here or when the client is made; POST …/api/live-trading/flatten flattens all";

/**
 * Positions, orders, risk and profit of all live sessions, or with `session` of one, with `symbols`
 * of these. What holds now is told first, then all that happens. Its log keeps the latest messages
 * only, so a `reset` may come at any connection: what holds is told again then.
 */
export class LiveStreamClient extends StreamClient {
  readonly #session: string | null;

  constructor(options: LiveOptions = {}) {
    super(webSocketFactory(() => liveAddress(options.server), options), options);
    this.#session = options.session ?? null;
  }

  /** Let no entry through until `resumeEntries`; what is held stays. */
  pauseEntries(session?: string): void {
    this.ask("pause_entries", session);
  }

  resumeEntries(session?: string): void {
    this.ask("resume_entries", session);
  }

  /** Close all positions, cancel all orders, and let no entry through; the session goes on watching. */
  flatten(session?: string): void {
    this.ask("flatten", session);
  }

  /** Close all, unless the session is to keep what it holds, and end it. */
  override stop(session?: string): void {
    this.ask("stop", session);
  }

  /**
   * Ask a session for something: the one that was named, else the one this client reads. What came
   * of it is told in the session's own stream, by a `control` message; a refusal here, by an `error`.
   */
  ask(action: LiveAction, session: string | null = this.#session): void {
    if (session === null) throw new StreamError(NO_SESSION, "no_session");
    const request: ControlRequest = { type: "control", action, session };
    this.send(request);
  }
}

/** The address of the stream of live trading on a server (http, https, ws or wss). */
export function liveAddress(server?: string): URL {
  return socketAddress("api/ws/stream/live-trading", server);
}
