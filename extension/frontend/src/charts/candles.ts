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

function drawBodies(
  ctx: CanvasRenderingContext2D, g: Geometry, c: Candles, from: number, to: number, pitch: number, theme: Theme,
): void {
  const up = new Path2D();
  const down = new Path2D();
  const wick = Math.max(1, Math.round(g.ratio));
  const most = 14 * g.ratio;
  const body = Math.max(wick, Math.min(most, Math.floor(pitch * 0.72)));
  for (let i = from; i < to; i++) {
    const open = c.open[i] as number;
    const close = c.close[i] as number;
    const path = close >= open ? up : down;
    const x = g.x(middle(c, i));
    const top = g.y(Math.max(open, close));
    const bottom = g.y(Math.min(open, close));
    const high = g.y(c.high[i] as number);
    path.rect(Math.round(x - wick / 2), high, wick, g.y(c.low[i] as number) - high);
    path.rect(Math.round(x - body / 2), Math.round(top), body, Math.max(wick, Math.round(bottom - top)));
  }
  fill(ctx, up, down, theme);
}

function drawColumns(
  ctx: CanvasRenderingContext2D, g: Geometry, c: Candles, from: number, to: number, theme: Theme,
): void {
  const up = new Path2D();
  const down = new Path2D();
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
    const top = g.y(high);
    (close >= open ? up : down).rect(column * wide, top, wide, Math.max(wide, g.y(low) - top));
  }
  fill(ctx, up, down, theme);
}

function fill(ctx: CanvasRenderingContext2D, up: Path2D, down: Path2D, theme: Theme): void {
  ctx.fillStyle = theme.up;
  ctx.fill(up);
  ctx.fillStyle = theme.down;
  ctx.fill(down);
}
