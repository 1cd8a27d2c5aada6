import type { Candles } from "../model/candles.ts";
import type { Marker } from "../model/marker.ts";
import type { RunModel } from "../model/run.ts";
import { lastNotAbove, lowerBound } from "../model/series.ts";
import { firstFrom, type Signal } from "../model/signal.ts";
import type { Geometry } from "./geometry.ts";
import type { Theme } from "./theme.ts";

const SIZE = 4;
/** Above the candle's close; those of one candle stand above each other. */
const LIFT = 14;
const REACH = 9;

/** What was chosen in a list, to be found again in the chart. */
export interface Spot {
  from: number;
  to: number;
  tradeId?: string;
  signal?: Signal;
}

interface Place {
  signal: Signal;
  x: number;
  y: number;
}

/** Where the signals in view stand: over the close of the candle they were given at. */
function* places(g: Geometry, run: RunModel, candles: Candles, count: number): Generator<Place> {
  const { unfilled } = run.signals;
  const taken = new Map<number, number>();
  for (let i = firstFrom(unfilled, g.min); i < unfilled.length; i++) {
    const signal = unfilled[i] as Signal;
    if (signal.time > g.max) return;
    const candle = lastNotAbove(candles.time, signal.time, count);
    if (candle < 0) continue;
    const x = g.x(signal.time);
    // A few on one spot are seen; of more of them, the last ones are hidden.
    const spot = Math.round(x / (6 * g.ratio));
    const above = taken.get(spot) ?? 0;
    if (above > 3) continue;
    taken.set(spot, above + 1);
    yield { signal, x, y: g.y(candles.close[candle] as number) - (LIFT + above * 2.6 * SIZE) * g.ratio };
  }
}

/** Draw what was not filled, hollow: rejected a crossed ring, expired a square, cancelled a diamond. */
export function drawSignals(
  ctx: CanvasRenderingContext2D, g: Geometry, run: RunModel, candles: Candles, count: number, theme: Theme,
): void {
  if (run.signals.total === 0) return;
  const paths = { rejected: new Path2D(), expired: new Path2D(), cancelled: new Path2D() };
  const r = SIZE * g.ratio;
  for (const { signal, x, y } of places(g, run, candles, count)) {
    if (signal.outcome === "rejected") {
      paths.rejected.moveTo(x + r, y);
      paths.rejected.arc(x, y, r, 0, 2 * Math.PI);
      paths.rejected.moveTo(x - r * 0.7, y + r * 0.7);
      paths.rejected.lineTo(x + r * 0.7, y - r * 0.7);
    } else if (signal.outcome === "expired") paths.expired.rect(x - r * 0.85, y - r * 0.85, r * 1.7, r * 1.7);
    else if (signal.outcome === "cancelled") {
      paths.cancelled.moveTo(x, y - r * 1.15);
      paths.cancelled.lineTo(x + r * 1.15, y);
      paths.cancelled.lineTo(x, y + r * 1.15);
      paths.cancelled.lineTo(x - r * 1.15, y);
      paths.cancelled.closePath();
    }
  }
  for (const [outcome, colour] of [["rejected", theme.loss], ["expired", theme.amber], ["cancelled", theme.text]] as const) {
    ctx.strokeStyle = theme.surface;
    ctx.lineWidth = 3.5 * g.ratio;
    ctx.stroke(paths[outcome]);
    ctx.strokeStyle = colour;
    ctx.lineWidth = 1.4 * g.ratio;
    ctx.stroke(paths[outcome]);
  }
}

/** The signal at a point (canvas pixels), and where it is drawn; null where there is none. */
export function signalAt(
  g: Geometry, run: RunModel, candles: Candles, count: number, px: number, py: number,
): { signal: Signal; x: number; y: number } | null {
  let best: Place | null = null;
  let nearest = (REACH * g.ratio) ** 2;
  if (run.signals.total === 0) return null;
  for (const place of places(g, run, candles, count)) {
    const distance = (place.x - px) ** 2 + (place.y - py) ** 2;
    if (distance > nearest) continue;
    nearest = distance;
    best = place;
  }
  return best;
}

/** Draw attention to what was chosen: a line at its time, rings around the fills of a trade. */
export function drawSpot(ctx: CanvasRenderingContext2D, g: Geometry, run: RunModel, spot: Spot, theme: Theme): void {
  ctx.strokeStyle = theme.equity;
  ctx.lineWidth = g.ratio;
  ctx.beginPath();
  for (const time of new Set([spot.from, spot.to])) {
    ctx.moveTo(g.x(time), g.top);
    ctx.lineTo(g.x(time), g.top + g.height);
  }
  ctx.setLineDash([2 * g.ratio, 4 * g.ratio]);
  ctx.stroke();
  ctx.setLineDash([]);
  ctx.lineWidth = 2 * g.ratio;
  for (const { time, price } of fillsOf(run, spot)) {
    ctx.beginPath();
    ctx.arc(g.x(time), g.y(price), 11 * g.ratio, 0, 2 * Math.PI);
    ctx.stroke();
  }
}

function fillsOf(run: RunModel, { from, to, tradeId }: Spot): Marker[] {
  if (tradeId === undefined) return [];
  const times = run.markerTimes.values;
  return run.markers.slice(lowerBound(times, from), lowerBound(times, to + 1)).filter((marker) => marker.tradeId === tradeId);
}
