import type { Geometry } from "../charts/geometry.ts";
import { decimals } from "../charts/stack.ts";
import type { Theme } from "../charts/theme.ts";
import type { Span, Viewport } from "../charts/viewport.ts";
import { el, setShown, setText } from "../dom.ts";
import { fixed } from "../format.ts";
import { drawPriceLine } from "./lines.ts";
import type { CandleSeries } from "./series.ts";

/** Room that the label of a price takes, and by how much it moves before the others are looked at (CSS pixels). */
const CLEAR = 18;
const NEAR = 3;

/**
 * What a pane of prices that are still coming says beside its candles: the latest price on the
 * axis, to which other labels give way, that prices never traded, and that there are none yet.
 */
export class LatestPrice {
  private readonly note = el("div", "wb-note");
  private readonly tag = el("div", "wb-price-tag");
  private readonly watermark = el("div", "wb-watermark", "SYNTHETIC");
  private candles: CandleSeries | null = null;
  private shown = "";
  /** NaN where there is none. */
  price = NaN;
  private clear = 0;
  private taken: number[] = [];
  private tagged = "";

  /** `inView`: how many candles are in view at first. */
  constructor(private readonly inView: number) {
    for (const node of [this.watermark, this.tag]) node.setAttribute("aria-hidden", "true");
  }

  /** Put it into the pane of prices. */
  into(frame: HTMLElement): void {
    frame.append(this.watermark, this.tag, this.note);
  }

  /** The candles that are drawn from here on; false where there are none, `none` says why. */
  show(candles: CandleSeries | null, synthetic: boolean, none: string): candles is CandleSeries {
    this.candles = candles !== null && candles.length > 0 ? candles : null;
    const there = this.candles !== null;
    this.price = this.candles === null ? NaN : (this.candles.close[this.candles.length - 1] as number);
    setText(this.note, there ? "" : none);
    setShown(this.note, !there);
    setShown(this.tag, there);
    setShown(this.watermark, there && synthetic);
    return there;
  }

  /** What is shown is called so; whether it was called otherwise. */
  renamed(name: string): boolean {
    const was = this.shown;
    this.shown = name;
    return was !== name;
  }

  /** The latest candles, and on with the present. */
  recent(viewport: Viewport): void {
    const { candles } = this;
    if (candles === null) return;
    const now = candles.lastTime + candles.span;
    viewport.set(now - this.inView * candles.span, now);
    viewport.follow();
  }

  /**
   * Leave labels out where that of the latest price stands, and others do (`taken`), in a pane of
   * so many CSS pixels; whether one has moved.
   */
  keepClear([low, high]: Span, height: number, taken: readonly number[] = []): boolean {
    const perPixel = (high - low) / Math.max(1, height);
    this.clear = CLEAR * perPixel;
    this.taken = [this.price, ...taken];
    const tagged = this.taken.map((price) => Math.round((price - low) / (perPixel * NEAR))).join(" ");
    const moved = tagged !== this.tagged;
    this.tagged = tagged;
    return moved;
  }

  /** The label of a price on the axis. */
  label(value: number, step: number): string {
    if (this.candles === null || !this.taken.every((price) => Math.abs(value - price) >= this.clear)) return "";
    return fixed(value, Math.max(decimals(step), step < 1 ? 2 : 0));
  }

  /** The widest label. */
  get widest(): string {
    return this.candles === null ? "" : fixed(this.price, this.candles.digits);
  }

  /** Draw the line of the latest price, and move its label there. */
  draw(ctx: CanvasRenderingContext2D, g: Geometry, theme: Theme): void {
    const { candles, price } = this;
    if (candles === null) return;
    const colour = price >= (candles.open[candles.length - 1] as number) ? theme.up : theme.down;
    drawPriceLine(ctx, g, price, colour);
    const y = Math.min(Math.max(g.y(price), g.top), g.top + g.height) / g.ratio;
    setText(this.tag, fixed(price, candles.digits));
    this.tag.style.background = colour;
    this.tag.style.transform = `translate(${Math.round((g.left + g.width) / g.ratio)}px, ${Math.round(y)}px) translateY(-50%)`;
  }
}
