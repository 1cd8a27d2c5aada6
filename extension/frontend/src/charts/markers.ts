import { lowerBound } from "../model/series.ts";
import type { Marker } from "../model/marker.ts";
import type { Column } from "../model/series.ts";
import type { Geometry } from "./geometry.ts";
import type { Theme } from "./theme.ts";

/** What was traded, by time. */
export interface Marks {
  readonly markers: readonly Marker[];
  readonly markerTimes: Column;
}

/** Room a marker needs, in CSS pixels; with less of it they would bury the price. */
const ROOM = 6;
const DOT = 3;
const DOT_ALPHA = 0.3;

const KINDS = ["win", "loss", "long", "short"] as const;
type Kind = (typeof KINDS)[number];

function kindOf(marker: Marker): Kind {
  if (marker.kind === "entry") return marker.side;
  return (marker.pnl ?? 0) >= 0 ? "win" : "loss";
}

function inView(run: Marks, g: Geometry): [number, number] {
  const times = run.markerTimes.values;
  const reach = (10 * g.ratio) / g.perMs;
  return [lowerBound(times, g.min - reach), lowerBound(times, g.max + reach)];
}

function sizeFor(count: number, g: Geometry): number {
  const spacing = g.width / g.ratio / Math.max(1, count);
  return Math.min(6.5, Math.max(3, spacing * 0.8)) * g.ratio;
}

/** Whether the markers in view are too many for shapes. */
export function isDense(g: Geometry, run: Marks): boolean {
  const [from, to] = inView(run, g);
  return (to - from) * ROOM * g.ratio > g.width;
}

/** Draw the markers in view, or their outlines; several of one kind on one spot are drawn once. */
export function drawMarkers(ctx: CanvasRenderingContext2D, g: Geometry, run: Marks, theme: Theme, hollow = false): void {
  const [from, to] = inView(run, g);
  if (to <= from) return;
  const size = sizeFor(to - from, g);
  if (!hollow) drawLinks(ctx, g, run.markers, from, to, theme);
  const paths = { long: new Path2D(), short: new Path2D(), win: new Path2D(), loss: new Path2D() };
  const taken = new Set<number>();
  for (let i = from; i < to; i++) {
    const marker = run.markers[i] as Marker;
    const kind = kindOf(marker);
    const x = g.x(marker.time);
    const y = g.y(marker.price);
    const cell = ((Math.round(x / 2) * 16384 + Math.round(y / 2)) * 4) + KINDS.indexOf(kind);
    if (taken.has(cell)) continue;
    taken.add(cell);
    shape(paths[kind], kind, x, y, size);
  }
  ctx.lineJoin = "round";
  ctx.lineWidth = (hollow ? 1.5 : 2) * g.ratio;
  for (const [kind, colour] of [
    ["win", theme.win], ["loss", theme.loss], ["long", theme.up], ["short", theme.down],
  ] as const) {
    ctx.strokeStyle = hollow ? colour : theme.surface;
    ctx.stroke(paths[kind]);
    ctx.fillStyle = colour;
    if (!hollow) ctx.fill(paths[kind]);
  }
}

/** Draw the markers in view as faint dots, to lie under the candles. */
export function drawDots(ctx: CanvasRenderingContext2D, g: Geometry, run: Marks, theme: Theme): void {
  const [from, to] = inView(run, g);
  const { markers } = run;
  const colours = { long: theme.up, short: theme.down, win: theme.win, loss: theme.loss };
  const size = Math.round(DOT * g.ratio);
  ctx.save();
  ctx.globalAlpha = DOT_ALPHA;
  const taken = new Set<number>();
  for (const kind of KINDS) {
    ctx.fillStyle = colours[kind];
    taken.clear();
    for (let i = from; i < to; i++) {
      const marker = markers[i] as Marker;
      if (kindOf(marker) !== kind) continue;
      const x = Math.round(g.x(marker.time) - size / 2);
      const y = Math.round(g.y(marker.price) - size / 2);
      const cell = Math.round(x / 2) * 16384 + Math.round(y / 2);
      if (taken.has(cell)) continue;
      taken.add(cell);
      ctx.fillRect(x, y, size, size);
    }
  }
  ctx.restore();
}

function shape(path: Path2D, kind: Kind, x: number, y: number, size: number): void {
  if (kind === "long" || kind === "short") {
    const way = kind === "long" ? 1 : -1;
    path.moveTo(x, y);
    path.lineTo(x + size * 0.8, y + way * size * 1.4);
    path.lineTo(x - size * 0.8, y + way * size * 1.4);
    path.closePath();
    return;
  }
  const r = size * 0.62;
  path.moveTo(x, y - r);
  path.lineTo(x + r, y);
  path.lineTo(x, y + r);
  path.lineTo(x - r, y);
  path.closePath();
}

function drawLinks(
  ctx: CanvasRenderingContext2D, g: Geometry, markers: readonly Marker[], from: number, to: number, theme: Theme,
): void {
  const win = new Path2D();
  const loss = new Path2D();
  for (let i = from; i < to; i++) {
    const marker = markers[i] as Marker;
    if (marker.entryTime === null || marker.entryPrice === null) continue;
    const path = (marker.pnl ?? 0) >= 0 ? win : loss;
    path.moveTo(g.x(marker.entryTime), g.y(marker.entryPrice));
    path.lineTo(g.x(marker.time), g.y(marker.price));
  }
  ctx.lineWidth = 1.25 * g.ratio;
  ctx.setLineDash([4 * g.ratio, 3 * g.ratio]);
  ctx.strokeStyle = theme.win;
  ctx.stroke(win);
  ctx.strokeStyle = theme.loss;
  ctx.stroke(loss);
  ctx.setLineDash([]);
}

/** The marker nearest to a point (canvas pixels), if it is within reach. */
export function markerAt(g: Geometry, run: Marks, px: number, py: number): Marker | null {
  const reach = 11 * g.ratio;
  const times = run.markerTimes.values;
  const [from, to] = inView(run, g);
  const size = isDense(g, run) ? 0 : sizeFor(to - from, g);
  const first = lowerBound(times, g.min + (px - g.left - reach) / g.perMs);
  const last = lowerBound(times, g.min + (px - g.left + reach) / g.perMs);
  let best: Marker | null = null;
  let nearest = reach * reach;
  for (let i = first; i < last; i++) {
    const marker = run.markers[i] as Marker;
    const lift = marker.kind === "exit" ? 0 : (marker.side === "long" ? 0.8 : -0.8) * size;
    const dx = g.x(marker.time) - px;
    const dy = g.y(marker.price) + lift - py;
    const distance = dx * dx + dy * dy;
    if (distance <= nearest) {
      nearest = distance;
      best = marker;
    }
  }
  return best;
}
