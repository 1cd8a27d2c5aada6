import type { Geometry } from "../charts/geometry.ts";
import type { Theme } from "../charts/theme.ts";
import { lowerBound } from "../model/series.ts";
import type { CandleSeries } from "./series.ts";

/** Draw the volumes of the candles in view, in the colour of each. */
export function drawVolume(ctx: CanvasRenderingContext2D, g: Geometry, candles: CandleSeries, theme: Theme): void {
  const { time, open, close, volume } = candles;
  const from = Math.max(0, lowerBound(time, g.min) - 1);
  const to = Math.min(candles.length, lowerBound(time, g.max) + 1);
  const pitch = candles.span * g.perMs;
  const width = Math.max(1, Math.min(14 * g.ratio, Math.floor(pitch * 0.72)));
  const bottom = g.y(0);
  ctx.save();
  ctx.globalAlpha = 0.55;
  for (let i = from; i < to; i++) {
    const y = g.y(volume[i] as number);
    ctx.fillStyle = (close[i] as number) >= (open[i] as number) ? theme.up : theme.down;
    ctx.fillRect(Math.round(g.x(time[i] as number) - width / 2), y, width, bottom - y);
  }
  ctx.restore();
}
