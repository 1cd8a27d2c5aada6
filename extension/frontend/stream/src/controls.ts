import { Emitter } from "./emitter.ts";
import type { ClientMessage, SeekTo, Until } from "./messages.ts";

/** What can be asked for. What came of it is told to all readers, by a `control` message. */
export abstract class Controls extends Emitter {
  /** Say something to the server; throws a StreamError while there is no connection. */
  abstract send(message: ClientMessage): void;

  ping(data?: unknown): void {
    this.send(data === undefined ? { type: "ping" } : { type: "ping", data });
  }

  pause(): void {
    this.send({ type: "control", action: "pause" });
  }

  resume(): void {
    this.send({ type: "control", action: "resume" });
  }

  /** So many candles on; in a replay also back. */
  step(candles = 1): void {
    this.send({ type: "control", action: "step", value: candles });
  }

  /** Candles a second, or with unit `x` multiples of market time; 0 is as fast as possible. */
  speed(value: number, unit?: "x"): void {
    this.send({ type: "control", action: "speed", value, ...(unit && { unit }) });
  }

  runUntil(until: Until): void {
    this.send({ type: "control", action: "run_until", until });
  }

  stop(): void {
    this.send({ type: "control", action: "stop" });
  }

  /** Of a replay: go to a message, a market time or a trade. */
  seek(to: SeekTo): void {
    this.send({ type: "control", action: "seek", to });
  }
}
