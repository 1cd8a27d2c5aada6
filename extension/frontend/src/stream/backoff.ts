/** Exponential backoff with jitter: half of the delay is fixed, half random. */
export class Backoff {
  private attempt = 0;

  constructor(
    private readonly firstMs = 500,
    private readonly maxMs = 15_000,
  ) {}

  /** The next delay in ms; `random` is in [0, 1). */
  next(random: number): number {
    const full = Math.min(this.maxMs, this.firstMs * 2 ** this.attempt);
    this.attempt = Math.min(this.attempt + 1, 30);
    return full / 2 + (full / 2) * random;
  }

  reset(): void {
    this.attempt = 0;
  }
}
