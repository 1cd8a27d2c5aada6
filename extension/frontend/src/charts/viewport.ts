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
  /** Part of the width that stays free right of the present, for names of what is there. */
  room?: number;
}

/** What stays free right of the present in *follow*, and at the ends at most, as parts of the width. */
const ROOM = 0.04;
const EDGE = 0.1;

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
    const right = this.extent.now + width * (this.extent.room ?? ROOM);
    return [right - width, right];
  }

  set(min: number, max: number): void {
    const width = Math.max(max - min, this.extent.candle * 4);
    const middle = (min + max) / 2;
    this.chosen = [middle - width / 2, middle + width / 2];
    this.mode = "fixed";
  }

  /** Zoom by `factor` (below 1: closer), keeping `at` where it is; farther until all is in view. */
  zoom(at: number, factor: number): void {
    const [min, max] = this.span;
    const [low, high] = this.whole();
    const follows = this.mode === "follow";
    const width = Math.max((max - min) * factor, this.extent.candle * 4);
    if (factor > 1 && width >= high - low) {
      // What is there goes on growing: all of it stays in view, as far as it goes.
      this.fit();
      return;
    }
    const share = (at - min) / (max - min);
    const left = at - share * width;
    const held = factor > 1 ? Math.min(Math.max(left, low), high - width) : left;
    this.set(held, held + width);
    if (follows) this.mode = "follow";
  }

  pan(by: number): void {
    const [min, max] = this.span;
    const [low, high] = this.whole();
    const width = max - min;
    const left = Math.min(Math.max(min + by, low - width * EDGE), high - width * (1 - EDGE));
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
    const { start, end, now, over, steady, candle, room = 0 } = this.extent;
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
    const right = Math.max(last, start + candle * 4);
    return [start - margin, right + Math.max(margin, ((right - start) * room) / (1 - room))];
  }
}
