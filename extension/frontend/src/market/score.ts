import type { Geometry } from "../charts/geometry.ts";
import type { Theme } from "../charts/theme.ts";
import { lowerBound } from "../model/series.ts";
import type { MarketModel } from "./model.ts";

/** Longer than so many steps without a score, nothing is drawn: nobody knows what it was. */
const LONGEST = 3;

/** Draw the score over time as steps around zero: bullish above, bearish below. */
export function drawScore(ctx: CanvasRenderingContext2D, g: Geometry, market: MarketModel, step: number, theme: Theme): void {
  const times = market.scoreTime.values;
  const from = Math.max(0, lowerBound(times, g.min) - 1);
  const to = Math.min(times.length, lowerBound(times, g.max) + 1);
  const zero = g.y(0);
  ctx.save();
  ctx.strokeStyle = theme.text;
  ctx.globalAlpha = 0.5;
  ctx.beginPath();
  ctx.moveTo(g.left, zero);
  ctx.lineTo(g.left + g.width, zero);
  ctx.stroke();
  ctx.globalAlpha = 0.75;
  for (let i = from; i < to; i++) {
    const time = times[i] as number;
    const score = market.score.at(i);
    // Made known at the candle's close, it holds until the next one.
    const next = i + 1 < times.length ? (times[i + 1] as number) : time + step;
    const end = Math.min(next, time + LONGEST * step);
    // As candles do, it stands around the open time of its candle.
    const left = Math.floor(g.x(time - step / 2));
    const y = g.y(score);
    ctx.fillStyle = score >= 0 ? theme.up : theme.down;
    ctx.fillRect(left, Math.min(y, zero), Math.max(1, Math.ceil(g.x(end - step / 2)) - left), Math.abs(y - zero));
  }
  ctx.restore();
}
