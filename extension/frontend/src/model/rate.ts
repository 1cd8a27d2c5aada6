/**
 * Candles a second and the time left, from the progress messages' own clock. Smoothed with a
 * time constant, so that bursts do not make the estimate jump.
 */
export class Rate {
  private lastTime = 0;
  private lastBar = 0;
  private since = 0;
  private smoothed: number | null = null;

  constructor(
    private readonly constantMs = 3_000,
    private readonly leastMs = 300,
  ) {}

  /** Progress stood at `bar` at `time` (epoch ms). */
  observe(bar: number, time: number): void {
    const elapsed = time - this.lastTime;
    if (this.lastTime === 0 || bar < this.lastBar) {
      this.restart(bar, time);
      return;
    }
    // Messages of one millisecond are one observation.
    if (!(elapsed > 0)) return;
    const rate = ((bar - this.lastBar) * 1000) / elapsed;
    const weight = 1 - Math.exp(-elapsed / this.constantMs);
    this.smoothed = this.smoothed === null ? rate : this.smoothed + weight * (rate - this.smoothed);
    this.lastBar = bar;
    this.lastTime = time;
  }

  /** A pause is no sample of the speed. */
  restart(bar: number, time: number): void {
    this.lastBar = bar;
    this.lastTime = this.since = time;
    this.smoothed = null;
  }

  /** Null until it has been observed for long enough to mean anything. */
  get perSecond(): number | null {
    return this.lastTime - this.since < this.leastMs ? null : this.smoothed;
  }

  /** Seconds until `bars`, or null when unknown. */
  secondsLeft(bars: number): number | null {
    const rate = this.perSecond;
    return rate === null || rate <= 0 ? null : Math.max(0, bars - this.lastBar) / rate;
  }
}
