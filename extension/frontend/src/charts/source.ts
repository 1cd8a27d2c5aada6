import { candlesOf, type Candles } from "../model/candles.ts";
import type { Span } from "./viewport.ts";

export type Fetch = (path: string, query: Record<string, string | number>) => Promise<any>;

/** Candles asked for at once: about two a pixel of a wide pane. */
const MOST = 2_000;
const PAUSE_MS = 180;
const RETRY_MS = 4_000;

/**
 * The candles to draw: the whole run once, coarse when it is long, and the window in view in
 * detail when that shows more.
 */
export class CandleSource {
  whole: Candles | null = null;
  failure = "";
  private detail: Candles | null = null;
  private detailSpan: Span = [0, 0];
  private asked: Span | null = null;
  private loading = false;
  private refining = false;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private dead = false;
  private retryAt = 0;

  constructor(
    private readonly fetch: Fetch,
    private readonly changed: () => void,
  ) {}

  /** Candles known beforehand, from a saved view. */
  give(body: unknown): void {
    this.whole = candlesOf(body);
    this.changed();
  }

  load(now: number): void {
    if (this.whole !== null || this.loading || this.dead || now < this.retryAt) return;
    this.loading = true;
    this.retryAt = now + RETRY_MS;
    this.fetch("candles", { max_points: MOST })
      .then((body) => {
        this.whole = candlesOf(body);
        this.failure = "";
      })
      .catch((error: unknown) => {
        this.failure = `No candles: ${error instanceof Error ? error.message : String(error)}`;
      })
      .finally(() => {
        this.loading = false;
        if (!this.dead) this.changed();
      });
  }

  /** The best candles for a span; asks for better ones when there could be. */
  forSpan(span: Span): Candles | null {
    const { whole, detail } = this;
    if (whole === null || whole.bucket === 1) return whole;
    const covered = detail !== null && this.detailSpan[0] <= span[0] && this.detailSpan[1] >= span[1];
    const inView = ((span[1] - span[0]) / whole.span) * whole.bucket;
    const possible = Math.max(1, Math.ceil((inView * 2) / MOST));
    const current = covered && detail !== null ? detail.bucket : whole.bucket;
    if (possible * 1.5 <= current) this.want(span);
    return covered ? detail : whole;
  }

  destroy(): void {
    this.dead = true;
    if (this.timer !== null) clearTimeout(this.timer);
  }

  private want(span: Span): void {
    const width = span[1] - span[0];
    if (this.asked && Math.abs(this.asked[0] - span[0]) < width * 0.02 && Math.abs(this.asked[1] - span[1]) < width * 0.02) return;
    this.asked = span;
    this.refineSoon();
  }

  /** One request at a time, for what is in view when it starts: a view that moves must get some. */
  private refineSoon(): void {
    if (this.timer !== null || this.refining || this.dead) return;
    this.timer = setTimeout(() => {
      this.timer = null;
      if (this.asked !== null) void this.refine(this.asked);
    }, PAUSE_MS);
  }

  private async refine(span: Span): Promise<void> {
    this.refining = true;
    const spare = (span[1] - span[0]) / 2;
    const wider: Span = [span[0] - spare, span[1] + spare];
    const iso = (time: number): string => new Date(Math.round(time)).toISOString();
    try {
      const body = await this.fetch("candles", { max_points: MOST, start: iso(wider[0]), end: iso(wider[1]) });
      if (this.dead) return;
      this.detail = candlesOf(body);
      this.detailSpan = wider;
      this.changed();
    } catch {
      // The coarse candles stay; the next change of the view asks again.
      if (this.asked === span) this.asked = null;
    } finally {
      this.refining = false;
    }
    if (this.asked !== null && this.asked !== span) this.refineSoon();
  }
}
