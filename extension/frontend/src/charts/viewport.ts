/** The stretch of time in view, in epoch ms. */
export type Span = readonly [min: number, max: number];

export interface Extent {
  start: number;
  /** Where the run is going to end, if known. */
  end: number | null;
  /** Where it is. */
  now: number;
  over: boolean;
  /** Keep all of it in view, however far it is. */
  steady?: boolean;
  /** Length of one candle. */
  candle: number;
}

type Mode = "fit" | "fixed" | "follow";

/**
 * What part of the run is in view. *fit*: all of it, the span doubling when it is full, so that
 * the picture does not crawl; *fixed*: what the user chose; *follow*: the user's width, the run's
 * present at its right edge.
 */
export class Viewport {
  mode: Mode = "fit";
  private chosen: Span = [0, 1];
  private extent: Extent = { start: 0, end: null, now: 0, over: false, candle: 1 };

  update(extent: Extent): void {
    this.extent = extent;
  }

  get span(): Span {
    if (this.mode === "fit") return this.whole();
    if (this.mode === "fixed") return this.chosen;
    const width = this.chosen[1] - this.chosen[0];
    const right = this.extent.now + width * 0.04;
    return [right - width, right];
  }

  set(min: number, max: number): void {
    const width = Math.max(max - min, this.extent.candle * 4);
    const middle = (min + max) / 2;
    this.chosen = [middle - width / 2, middle + width / 2];
    this.mode = "fixed";
  }

  /** Zoom by `factor` (below 1: closer), keeping `at` where it is. */
  zoom(at: number, factor: number): void {
    const [min, max] = this.span;
    const [low, high] = this.whole();
    const width = Math.min(Math.max((max - min) * factor, this.extent.candle * 4), (high - low) * 1.5);
    const share = (at - min) / (max - min);
    const follows = this.mode === "follow";
    this.set(at - share * width, at + (1 - share) * width);
    if (follows) this.mode = "follow";
  }

  pan(by: number): void {
    const [min, max] = this.span;
    const [low, high] = this.whole();
    const width = max - min;
    const left = Math.min(Math.max(min + by, low - width * 0.9), high - width * 0.1);
    this.set(left, left + width);
  }

  fit(): void {
    this.mode = "fit";
  }

  follow(): void {
    this.chosen = this.span;
    this.mode = "follow";
  }

  private whole(): Span {
    const { start, end, now, over, steady, candle } = this.extent;
    const reached = Math.max(now, start);
    let last = reached;
    if (steady && end !== null) last = Math.max(end, reached);
    else if (!over) {
      const least = candle * 60;
      const total = end === null ? Infinity : Math.max(end - start, least);
      let width = end === null ? least : Math.max(total / 32, least);
      while (width < reached - start + candle && width < total) width *= 2;
      last = start + Math.min(width, Math.max(total, reached - start));
    }
    const margin = Math.max(candle, (last - start) * 0.008);
    return [start - margin, Math.max(last, start + candle * 4) + margin];
  }
}
