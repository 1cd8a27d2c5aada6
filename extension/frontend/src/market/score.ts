import type { Geometry } from "../charts/geometry.ts";
import type { Theme } from "../charts/theme.ts";
import { lowerBound } from "../model/series.ts";
import type { MarketModel } from "./model.ts";
import type { CandleSeries } from "./series.ts";

/** What is drawn of the scores: of each candle that has some the last one, by the candle's open time. */
export function scoresByCandle(market: Pick<MarketModel, "scoreTime" | "score">, from: number, to: number, candles: CandleSeries): [number, number][] {
  const found: [number, number][] = [];
  for (let i = from; i < to; i++) {
    const time = market.scoreTime.at(i);
    const at = candles.at(time);
    const open = at < 0 ? NaN : (candles.time[at] as number);
    // Its candle was not heard of.
    if (!(time < open + candles.span)) continue;
    const last = found.at(-1);
    if (last !== undefined && last[0] === open) last[1] = market.score.at(i);
    else found.push([open, market.score.at(i)]);
  }
  return found;
}

/**
 * Draw the score of each candle as a bar from zero: bullish above, bearish below. Scores
 * are given at the closes of the shortest timeframe: a longer candle has the last one within it.
 */
export function drawScore(ctx: CanvasRenderingContext2D, g: Geometry, market: MarketModel, candles: CandleSeries, theme: Theme): void {
  const step = candles.span;
  const times = market.scoreTime.values;
  const from = lowerBound(times, g.min - step);
  const to = Math.min(times.length, lowerBound(times, g.max + step) + 1);
  const zero = g.y(0);
  ctx.save();
  ctx.strokeStyle = theme.text;
  ctx.globalAlpha = 0.5;
  ctx.beginPath();
  ctx.moveTo(g.left, zero);
  ctx.lineTo(g.left + g.width, zero);
  ctx.stroke();
  ctx.globalAlpha = 0.75;
  for (const [time, score] of scoresByCandle(market, from, to, candles)) {
    // As candles do, it stands around the open time of its candle.
    const left = Math.floor(g.x(time - step / 2));
    const y = g.y(score);
    ctx.fillStyle = score >= 0 ? theme.up : theme.down;
    ctx.fillRect(left, Math.min(y, zero), Math.max(1, Math.ceil(g.x(time + step / 2)) - left), Math.abs(y - zero));
  }
  ctx.restore();
}
