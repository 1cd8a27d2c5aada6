/**
 * Exponential backoff with full jitter: the delay is anywhere between 0 and a bound that doubles
 * with each try, so that those who lost their server together do not come back together.
 */
export class Backoff {
  #tries = 0;

  constructor(
    private readonly firstMs = 500,
    private readonly maxMs = 15_000,
  ) {}

  /** How often it was asked since the last `reset`. */
  get attempt(): number {
    return this.#tries;
  }

  /** The next delay in ms; `random` is in [0, 1). */
  next(random: number): number {
    const bound = Math.min(this.maxMs, this.firstMs * 2 ** Math.min(this.#tries, 30));
    this.#tries++;
    return bound * random;
  }

  reset(): void {
    this.#tries = 0;
  }
}
