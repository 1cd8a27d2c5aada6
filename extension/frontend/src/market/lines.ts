import type { Geometry } from "../charts/geometry.ts";
import type { Theme } from "../charts/theme.ts";
import type { MarketGap } from "./model.ts";
import type { CandleSeries } from "./series.ts";
import type { Structure, Thing } from "./structure.ts";
import { labelOf } from "./words.ts";
import { scaled } from "./zones.ts";

/** Candles narrower than this (CSS pixels) leave no room for names. */
const NAMED = 4;
const REACH = 5;

/** Height of a label, CSS pixels. */
const LABEL = 12;

interface Extent {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

interface Label extends Extent {
  text: string;
  colour: string;
}

interface Line {
  thing: Thing;
  left: number;
  right: number;
  y: number;
}

/** Swings as short lines at their candle, breaks as lines from the swing to the candle that broke it. */
function* lines(g: Geometry, structure: Structure, candles: CandleSeries): Generator<Line> {
  const pitch = candles.span * g.perMs;
  for (const thing of structure.things) {
    const swing = thing.kind === "swing_high" || thing.kind === "swing_low";
    if (!swing && thing.kind !== "bos" && thing.kind !== "choch") continue;
    const at = g.x(thing.from);
    let left = at - 1.5 * pitch;
    let right = at + 1.5 * pitch;
    if (!swing) {
      const broken = structure.swingAt(thing.price, thing.from);
      left = broken ? g.x(broken.from) : at - 8 * pitch;
      right = at;
    }
    if (left > g.left + g.width || right < g.left) continue;
    yield { thing, left, right, y: g.y(thing.price) };
  }
}

export function drawLines(
  ctx: CanvasRenderingContext2D, g: Geometry, structure: Structure, candles: CandleSeries, theme: Theme,
): void {
  const named = candles.span * g.perMs >= NAMED * g.ratio;
  ctx.save();
  ctx.font = scaled(theme.font, g.ratio);
  const labels: Label[] = [];
  for (const { thing, left, right, y } of lines(g, structure, candles)) {
    const swing = thing.kind === "swing_high" || thing.kind === "swing_low";
    const colour = swing ? theme.text : thing.direction === "bearish" ? theme.down : theme.up;
    ctx.strokeStyle = ctx.fillStyle = colour;
    ctx.globalAlpha = thing.status === "superseded" ? 0.4 : 0.95;
    ctx.lineWidth = (swing ? 1 : 1.25) * g.ratio;
    ctx.setLineDash(thing.kind === "choch" ? [4 * g.ratio, 3 * g.ratio] : []);
    ctx.beginPath();
    ctx.moveTo(left, Math.round(y) + 0.5);
    ctx.lineTo(right, Math.round(y) + 0.5);
    ctx.stroke();
    // What was superseded is there to be pointed at, not to be read.
    if (!named || thing.status === "superseded") continue;
    const above = swing ? thing.kind === "swing_high" : thing.direction !== "bearish";
    const text = labelOf(thing);
    const short = right - left < ctx.measureText(text).width + 12 * g.ratio;
    // Of a break at its end, or after it: at the beginning stands the name of the swing.
    const width = ctx.measureText(text).width;
    const start = swing ? (left + right - width) / 2 : short ? right + 2 * g.ratio : right - width;
    const top = above ? y - 2 * g.ratio - LABEL * g.ratio : y + 3 * g.ratio;
    labels.push({ text, colour, left: start, right: start + width, top, bottom: top + LABEL * g.ratio });
  }
  ctx.globalAlpha = 0.95;
  ctx.textAlign = "left";
  ctx.textBaseline = "middle";
  for (const { text, colour, left, top, bottom } of thinned(labels, g)) {
    ctx.fillStyle = colour;
    ctx.fillText(text, left, (top + bottom) / 2);
  }
  ctx.restore();
}

/** The labels there is room for: none over another or cut by the edge, and the latest first. */
export function thinned<T extends Extent>(labels: readonly T[], { left, width }: Pick<Geometry, "left" | "width">): T[] {
  const shown: T[] = [];
  for (const label of [...labels].reverse()) {
    if (label.left < left || label.right > left + width) continue;
    const over = (other: T): boolean =>
      label.left < other.right && label.right > other.left && label.top < other.bottom && label.bottom > other.top;
    if (!shown.some(over)) shown.push(label);
  }
  return shown;
}

/** The line at a point (canvas pixels). */
export function lineAt(g: Geometry, structure: Structure, candles: CandleSeries, px: number, py: number): Thing | null {
  let best: Line | null = null;
  let nearest = REACH * g.ratio;
  for (const line of lines(g, structure, candles)) {
    if (px < line.left - nearest || px > line.right + nearest) continue;
    const distance = Math.abs(py - line.y);
    if (distance > nearest) continue;
    nearest = distance;
    best = line;
  }
  return best?.thing ?? null;
}

/** Shade where prices are missing. */
export function drawGaps(ctx: CanvasRenderingContext2D, g: Geometry, gaps: readonly MarketGap[], theme: Theme): void {
  ctx.save();
  ctx.fillStyle = theme.amber;
  for (const gap of gaps) {
    const [left, right] = extent(g, gap);
    if (left > g.left + g.width || right < g.left) continue;
    ctx.globalAlpha = gap.filled ? 0.07 : 0.2;
    ctx.fillRect(left, g.top, right - left, g.height);
    ctx.globalAlpha = gap.filled ? 0.3 : 0.8;
    ctx.fillRect(left, g.top, right - left, 2 * g.ratio);
  }
  ctx.restore();
}

export function gapAt(g: Geometry, gaps: readonly MarketGap[], px: number): MarketGap | null {
  const found = gaps.filter((gap) => {
    const [left, right] = extent(g, gap);
    return px >= left && px <= right;
  });
  return found.at(-1) ?? null;
}

function extent(g: Geometry, { start, end }: MarketGap): [number, number] {
  const left = g.x(start);
  return [left, Math.max(g.x(end), left + 3 * g.ratio)];
}

/** A line across at the latest price. */
export function drawPriceLine(ctx: CanvasRenderingContext2D, g: Geometry, price: number, colour: string): void {
  const y = Math.round(g.y(price)) + 0.5;
  ctx.save();
  ctx.strokeStyle = colour;
  ctx.lineWidth = g.ratio;
  ctx.setLineDash([2 * g.ratio, 3 * g.ratio]);
  ctx.beginPath();
  ctx.moveTo(g.left, y);
  ctx.lineTo(g.left + g.width, y);
  ctx.stroke();
  ctx.restore();
}
