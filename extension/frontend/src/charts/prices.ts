import type { Candles } from "../model/candles.ts";
import { lowerBound } from "../model/series.ts";
import type { Marks } from "./markers.ts";
import { bounds } from "./reduce.ts";
import type { Span } from "./viewport.ts";

/**
 * Least and greatest price in view, or null when none is known: of the first `count` candles and,
 * where there are none (yet), of the trades.
 */
export function priceBounds(span: Span, candles: Candles | null, count: number, run: Marks): [number, number] | null {
  let found: [number, number] | null = null;
  let rest = span[0];
  if (candles !== null && count > 0) {
    const from = lowerBound(candles.time, span[0] - candles.span, count);
    found = bounds(candles.low, candles.high, from, lowerBound(candles.time, span[1], count));
    rest = Math.max(rest, (candles.time[count - 1] as number) + candles.span);
  }
  const times = run.markerTimes.values;
  const to = lowerBound(times, span[1]);
  for (let i = lowerBound(times, rest); i < to; i++) {
    const { price } = run.markers[i] as { price: number };
    found = found === null ? [price, price] : [Math.min(found[0], price), Math.max(found[1], price)];
  }
  return found;
}
