import type { Clock } from "./socket.ts";

/** Watches one connection for silence: after `pingMs` of it asks, after `deadMs` gives up. */
export class Liveness {
  #heardAt = 0;
  #timer: unknown = null;

  constructor(
    private readonly clock: Clock,
    private readonly pingMs: number,
    private readonly deadMs: number,
    private readonly ping: () => void,
    private readonly dead: () => void,
  ) {}

  start(): void {
    this.stop();
    this.heard();
    this.#wait(this.pingMs);
  }

  heard(): void {
    this.#heardAt = this.clock.now();
  }

  stop(): void {
    if (this.#timer !== null) this.clock.clearTimeout(this.#timer);
    this.#timer = null;
  }

  #wait(ms: number): void {
    this.#timer = this.clock.setTimeout(() => this.#check(), ms);
  }

  #check(): void {
    this.#timer = null;
    const silent = this.clock.now() - this.#heardAt;
    if (silent >= this.deadMs) {
      this.dead();
      return;
    }
    if (silent < this.pingMs) {
      this.#wait(this.pingMs - silent);
      return;
    }
    this.ping();
    this.#wait(Math.min(this.pingMs, this.deadMs - silent));
  }
}
