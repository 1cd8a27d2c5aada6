import { lowerBound } from "../model/series.ts";
import type { Candles } from "../model/candles.ts";
import type { Geometry } from "./geometry.ts";
import type { Theme } from "./theme.ts";

/** Candles narrower than this (CSS pixels) are drawn as one bar per pixel column. */
const NARROW = 3;

/** Draw the first `count` candles that lie in view. */
export function drawCandles(
  ctx: CanvasRenderingContext2D, g: Geometry, candles: Candles, count: number, theme: Theme,
): void {
  const from = Math.max(0, lowerBound(candles.time, g.min, count) - 1);
  const to = Math.min(count, lowerBound(candles.time, g.max, count) + 1);
  if (to <= from) return;
  const pitch = candles.span * g.perMs;
  if (pitch >= NARROW * g.ratio) drawBodies(ctx, g, candles, from, to, pitch, theme);
  else drawColumns(ctx, g, candles, from, to, theme);
}

/** Middle of candle `i` on the time axis: single candles sit on their open time. */
export function middle(candles: Candles, i: number): number {
  return (candles.time[i] as number) + (candles.span - candles.span / candles.bucket) / 2;
}

/** Rectangles of one colour: filling them one by one is far cheaper than one path of them all. */
class Rects {
  private readonly values: number[] = [];

  add(x: number, y: number, width: number, height: number): void {
    this.values.push(x, y, width, height);
  }

  fill(ctx: CanvasRenderingContext2D, colour: string): void {
    const { values } = this;
    ctx.fillStyle = colour;
    for (let i = 0; i < values.length; i += 4) {
      ctx.fillRect(values[i] as number, values[i + 1] as number, values[i + 2] as number, values[i + 3] as number);
    }
  }
}

function drawBodies(
  ctx: CanvasRenderingContext2D, g: Geometry, c: Candles, from: number, to: number, pitch: number, theme: Theme,
): void {
  const up = new Rects();
  const down = new Rects();
  const wick = Math.max(1, Math.round(g.ratio));
  const most = 14 * g.ratio;
  const body = Math.max(wick, Math.min(most, Math.floor(pitch * 0.72)));
  for (let i = from; i < to; i++) {
    const open = c.open[i] as number;
    const close = c.close[i] as number;
    const rects = close >= open ? up : down;
    const x = g.x(middle(c, i));
    const top = Math.round(g.y(Math.max(open, close)));
    const bottom = Math.round(g.y(Math.min(open, close)));
    const high = Math.round(g.y(c.high[i] as number));
    rects.add(Math.round(x - wick / 2), high, wick, Math.round(g.y(c.low[i] as number)) - high);
    rects.add(Math.round(x - body / 2), top, body, Math.max(wick, bottom - top));
  }
  up.fill(ctx, theme.up);
  down.fill(ctx, theme.down);
}

function drawColumns(
  ctx: CanvasRenderingContext2D, g: Geometry, c: Candles, from: number, to: number, theme: Theme,
): void {
  const up = new Rects();
  const down = new Rects();
  const wide = Math.max(1, Math.round(g.ratio));
  let i = from;
  while (i < to) {
    const column = Math.floor(g.x(middle(c, i)) / wide);
    const open = c.open[i] as number;
    let low = c.low[i] as number;
    let high = c.high[i] as number;
    let close = c.close[i] as number;
    for (i++; i < to && Math.floor(g.x(middle(c, i)) / wide) === column; i++) {
      if ((c.low[i] as number) < low) low = c.low[i] as number;
      if ((c.high[i] as number) > high) high = c.high[i] as number;
      close = c.close[i] as number;
    }
    const top = Math.round(g.y(high));
    (close >= open ? up : down).add(column * wide, top, wide, Math.max(wide, Math.round(g.y(low)) - top));
  }
  up.fill(ctx, theme.up);
  down.fill(ctx, theme.down);
}
