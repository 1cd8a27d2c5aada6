import type { Geometry } from "../charts/geometry.ts";
import type { Theme } from "../charts/theme.ts";
import type { PatternGroup, Patterns } from "./patterns.ts";
import type { CandleSeries } from "./series.ts";

const SIZE = 4.5;
const LIFT = 8;
const REACH = 10;

interface Place {
  group: PatternGroup;
  x: number;
  y: number;
  size: number;
}

/** Where the markers stand: bullish below the candle, bearish and neutral above it. */
function* places(g: Geometry, patterns: Patterns, candles: CandleSeries): Generator<Place> {
  const pitch = candles.span * g.perMs;
  // Where candles are thin, markers would hide them.
  const size = Math.max(2, Math.min(SIZE, (pitch / g.ratio) * 0.7)) * g.ratio;
  const above = new Map<number, number>();
  for (const group of patterns.between(g.min - candles.span, g.max + candles.span)) {
    const at = candles.at(group.time);
    if (at < 0 || candles.time[at] !== group.time) continue;
    const lift = LIFT * g.ratio + size * 0.5;
    if (group.direction === "bullish") {
      yield { group, x: g.x(group.time), y: g.y(candles.low[at] as number) + lift, size };
      continue;
    }
    const row = above.get(group.time) ?? 0;
    above.set(group.time, row + 1);
    yield { group, x: g.x(group.time), y: g.y(candles.high[at] as number) - lift - row * size * 2.6, size };
  }
}

/** Draw the patterns: arrows for a direction, rings for none; hollow while they may go again. */
export function drawPatterns(
  ctx: CanvasRenderingContext2D, g: Geometry, patterns: Patterns, candles: CandleSeries, theme: Theme,
): void {
  ctx.save();
  ctx.lineJoin = "round";
  for (const { group, x, y, size } of places(g, patterns, candles)) {
    const path = new Path2D();
    if (group.direction === "neutral") path.arc(x, y, size * 0.75, 0, 2 * Math.PI);
    else {
      const way = group.direction === "bullish" ? -1 : 1;
      path.moveTo(x, y + way * size);
      path.lineTo(x + size, y - way * size * 0.7);
      path.lineTo(x - size, y - way * size * 0.7);
      path.closePath();
    }
    const colour = group.direction === "bullish" ? theme.up : group.direction === "bearish" ? theme.down : theme.text;
    ctx.strokeStyle = group.provisional ? colour : theme.surface;
    ctx.lineWidth = (group.provisional ? 1.5 : 1) * g.ratio;
    ctx.fillStyle = group.provisional ? theme.surface : colour;
    ctx.fill(path);
    ctx.stroke(path);
  }
  ctx.restore();
}

/** The marker at a point (canvas pixels), and where it is drawn. */
export function patternAt(
  g: Geometry, patterns: Patterns, candles: CandleSeries, px: number, py: number,
): { group: PatternGroup; x: number; y: number } | null {
  let best: Place | null = null;
  let nearest = (REACH * g.ratio) ** 2;
  for (const place of places(g, patterns, candles)) {
    const distance = (place.x - px) ** 2 + (place.y - py) ** 2;
    if (distance > nearest) continue;
    nearest = distance;
    best = place;
  }
  return best;
}
