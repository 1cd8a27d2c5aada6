import type { Geometry } from "../charts/geometry.ts";
import type { Theme } from "../charts/theme.ts";
import type { CandleSeries } from "./series.ts";
import { ZONES, type Structure, type Thing } from "./structure.ts";
import { labelOf } from "./words.ts";

const FILL = 0.15;
/** Zones that are over stay faintly. */
const FILL_OVER = 0.05;
const EDGE = 0.75;
const LEAST_HEIGHT = 1.5;
/** So many open zones are drawn, those nearest to the price: more would bury it. */
const MOST_OPEN = 14;

interface Box {
  thing: Thing;
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** The zones that are drawn: all that are over, and of those that stand the nearest. */
export function shownZones(structure: Structure, price: number): Thing[] {
  const zones = structure.things.filter((thing) => ZONES.has(thing.kind));
  const open = zones.filter((thing) => thing.to === null);
  if (open.length <= MOST_OPEN) return zones;
  const distance = ({ top, bottom }: Thing): number => Math.max(bottom - price, price - top, 0);
  const near = new Set(open.sort((a, b) => distance(a) - distance(b)).slice(0, MOST_OPEN));
  return zones.filter((thing) => thing.to !== null || near.has(thing));
}

function* boxes(g: Geometry, structure: Structure, candles: CandleSeries): Generator<Box> {
  if (candles.length === 0) return;
  const half = (candles.span * g.perMs) / 2;
  const now = g.x(candles.lastTime) + half * 2;
  for (const thing of shownZones(structure, candles.close[candles.length - 1] as number)) {
    const left = g.x(thing.from) - half;
    const right = thing.to === null ? now : g.x(thing.to) + half;
    if (left > g.left + g.width || right < g.left) continue;
    const top = g.y(thing.top);
    const bottom = Math.max(g.y(thing.bottom), top + LEAST_HEIGHT * g.ratio);
    if (bottom < g.top || top > g.top + g.height) continue;
    yield { thing, left, right, top, bottom };
  }
}

/** Of what kind a zone is shows in its colour, its direction in words and on its edge. */
export function colourOf({ kind, direction }: Pick<Thing, "kind" | "direction">, theme: Theme): string {
  if (kind === "zone") return theme.equity;
  if (kind === "liquidity") return theme.amber;
  if (kind === "order_block") return theme.violet;
  return direction === "bearish" ? theme.down : theme.up;
}

/** Draw zones as shaded boxes, from the candle they lie on to where they ended, or to now. */
export function drawZones(
  ctx: CanvasRenderingContext2D, g: Geometry, structure: Structure, candles: CandleSeries, theme: Theme,
): void {
  ctx.save();
  ctx.font = scaled(theme.font, g.ratio);
  ctx.textBaseline = "middle";
  const named: Box[] = [];
  for (const box of boxes(g, structure, candles)) {
    const { thing, left, right, top, bottom } = box;
    const open = thing.to === null;
    const colour = colourOf(thing, theme);
    ctx.fillStyle = ctx.strokeStyle = colour;
    ctx.globalAlpha = open ? FILL : FILL_OVER;
    ctx.fillRect(left, top, right - left, bottom - top);
    if (!open) continue;
    ctx.globalAlpha = EDGE;
    ctx.lineWidth = g.ratio;
    ctx.setLineDash(thing.kind === "liquidity" ? [3 * g.ratio, 3 * g.ratio] : []);
    ctx.beginPath();
    // The edge that prices meet first.
    const edge = thing.direction === "bullish" ? top : bottom;
    ctx.moveTo(left, edge);
    ctx.lineTo(right, edge);
    ctx.stroke();
    ctx.setLineDash([]);
    named.push(box);
  }
  const taken: Box[] = [];
  // The latest first: where there is room for one name, it is that one's.
  for (const box of named.reverse()) {
    ctx.fillStyle = colourOf(box.thing, theme);
    label(ctx, g, box, taken, theme.surface);
  }
  ctx.restore();
}

/** The name, at the box's end nearest to now, where there is room for it. */
function label(ctx: CanvasRenderingContext2D, g: Geometry, box: Box, taken: Box[], surface: string): void {
  const text = labelOf(box.thing);
  const width = ctx.measureText(text).width;
  const right = Math.min(box.right, g.left + g.width) - 4 * g.ratio;
  const left = right - width;
  const middle = (box.top + box.bottom) / 2;
  const half = 6 * g.ratio;
  if (left < Math.max(box.left, g.left)) return;
  const place = { ...box, left, right, top: middle - half, bottom: middle + half };
  if (taken.some((other) => place.left < other.right && place.right > other.left && place.top < other.bottom && place.bottom > other.top)) return;
  taken.push(place);
  ctx.globalAlpha = 0.9;
  ctx.textAlign = "left";
  ctx.strokeStyle = surface;
  ctx.lineWidth = 3 * g.ratio;
  ctx.strokeText(text, left, middle);
  ctx.fillText(text, left, middle);
}

/** The smallest open zone that holds a point (canvas pixels), else the smallest that is over. */
export function zoneAt(g: Geometry, structure: Structure, candles: CandleSeries, px: number, py: number): Thing | null {
  let best: Box | null = null;
  const size = (box: Box): number => (box.bottom - box.top) * (box.thing.to === null ? 1 : 1e6);
  const reach = 2 * g.ratio;
  for (const box of boxes(g, structure, candles)) {
    if (px < box.left || px > box.right || py < box.top - reach || py > box.bottom + reach) continue;
    if (best === null || size(box) < size(best)) best = box;
  }
  return best?.thing ?? null;
}

/** A CSS font at the canvas' resolution. */
export function scaled(font: string, ratio: number): string {
  return font.replace(/^([\d.]+)px/, (_all, size) => `${Number(size) * ratio}px`);
}
