import type { PositionData } from "../../stream/src/index.ts";
import type { Geometry } from "../charts/geometry.ts";
import type { Theme } from "../charts/theme.ts";
import type { Span } from "../charts/viewport.ts";
import { fixed, money, quantity } from "../format.ts";
import { scaled } from "../market/zones.ts";
import type { OrderRow } from "./orders.ts";
import { orderWords } from "./words.ts";

/** A price of interest: where a position was opened, where it ends, where an order waits. */
export interface Level {
  price: number;
  /** The price as the axis tells it. */
  told: string;
  text: string;
  /** Said where there is little room. */
  brief: string;
  colour: "up" | "down" | "win" | "loss" | "amber";
  dash: readonly number[];
}

const HEIGHT = 15;
const GAP = 1;

export function levelsOf(positions: Iterable<PositionData>, working: readonly OrderRow[], symbol: string, digits: number): Level[] {
  const levels: Level[] = [];
  const add = (price: number, text: string, brief: string, colour: Level["colour"], dash: readonly number[]): void => {
    levels.push({ price, told: fixed(price, digits), text, brief, colour, dash });
  };
  for (const position of positions) {
    if (position.symbol !== symbol) continue;
    const { direction, entry_price: entry, stop_loss: stop, take_profit_levels: targets } = position;
    const profit = money(position.unrealized_pnl, true);
    add(entry, `${direction} ${quantity(position.quantity)}  ${profit}`, `${direction} ${profit}`, direction === "long" ? "up" : "down", []);
    if (stop !== null) add(stop, "stop", "stop", "loss", [5, 3]);
    targets.forEach((price, i) => {
      const name = targets.length > 1 ? `target ${i + 1}` : "target";
      add(price, name, name, "win", [5, 3]);
    });
  }
  for (const { data } of working) {
    // Protection is shown with its position.
    if (data.symbol !== symbol || data.price === null || (data.role !== "entry" && data.role !== "exit")) continue;
    const words = orderWords(data);
    add(data.price, data.quantity === null && data.filled === 0 ? `${words}, sized at fill` : words, words, "amber", [2, 3]);
  }
  return levels;
}

/** Names of levels are short where the pane is narrower than this, CSS pixels. */
const NARROW = 620;
const PADDING = 6;
/** The names have so much of the width at most, and so many pixels more or less make no difference. */
const MOST_ROOM = 0.25;
const STEP = 24;

function nameOf(level: Level, width: number): string {
  return width < NARROW ? level.brief : level.text;
}

/** The part of a pane's width (CSS pixels) that the names of the levels take. */
export function roomFor(levels: readonly Level[], width: number, measure: (text: string) => number): number {
  if (levels.length === 0 || width <= 0) return 0;
  const widest = Math.max(...levels.map((level) => measure(nameOf(level, width)))) + 4 * PADDING;
  return Math.min(MOST_ROOM, (Math.ceil(widest / STEP) * STEP) / width);
}

/** Where on the axis the prices of the levels stand, as values: `range` is what a pane of `height` CSS pixels shows. */
export function pricesTaken(levels: readonly Level[], [low, high]: Span, height: number): number[] {
  const perPixel = (high - low) / Math.max(1, height);
  const tops = levels
    .map(({ price }) => (high - price) / perPixel)
    .filter((y) => y >= 0 && y <= height)
    .sort((a, b) => a - b)
    .map((y) => y - HEIGHT / 2);
  return spread(tops, HEIGHT + GAP, 0, height).map((top) => high - (top + HEIGHT / 2) * perPixel);
}

/** A level that is in view, and where its name stands, in canvas pixels. */
interface Placed extends Level {
  y: number;
  top: number;
}

function placed(g: Geometry, levels: readonly Level[]): Placed[] {
  const height = HEIGHT * g.ratio;
  const shown = levels
    .map((each) => ({ ...each, y: Math.round(g.y(each.price)) + 0.5 }))
    .filter(({ y }) => y >= g.top && y <= g.top + g.height)
    .sort((a, b) => a.y - b.y);
  const tops = spread(shown.map(({ y }) => y - height / 2), height + GAP * g.ratio, g.top, g.top + g.height);
  return shown.map((each, i) => ({ ...each, top: tops[i] as number }));
}

/** Draw the levels as lines across, each with its name at the right axis; names give way to each other. */
export function drawLevels(ctx: CanvasRenderingContext2D, g: Geometry, levels: readonly Level[], theme: Theme): void {
  if (levels.length === 0) return;
  ctx.save();
  ctx.font = scaled(theme.font, g.ratio);
  ctx.textAlign = "left";
  ctx.textBaseline = "middle";
  const shown = placed(g, levels);
  for (const { y, colour, dash } of shown) {
    ctx.strokeStyle = theme[colour];
    ctx.lineWidth = 1.25 * g.ratio;
    ctx.setLineDash(dash.map((length) => length * g.ratio));
    ctx.beginPath();
    ctx.moveTo(g.left, y);
    ctx.lineTo(g.left + g.width, y);
    ctx.stroke();
  }
  ctx.setLineDash([]);
  for (const level of shown) {
    const text = nameOf(level, g.width / g.ratio);
    const width = ctx.measureText(text).width + 2 * PADDING * g.ratio;
    drawName(ctx, g, level, text, g.left + g.width - width - 2 * g.ratio, width, theme);
  }
  ctx.restore();
}

/** Draw the prices of the levels on the axis, each beside its name. */
export function drawPrices(ctx: CanvasRenderingContext2D, g: Geometry, levels: readonly Level[], theme: Theme): void {
  if (levels.length === 0) return;
  ctx.save();
  ctx.font = scaled(theme.font, g.ratio);
  ctx.textAlign = "left";
  ctx.textBaseline = "middle";
  for (const level of placed(g, levels)) {
    const width = ctx.measureText(level.told).width + 2 * PADDING * g.ratio;
    drawName(ctx, g, level, level.told, g.left + g.width + g.ratio, width, theme);
  }
  ctx.restore();
}

function drawName(
  ctx: CanvasRenderingContext2D, g: Geometry, { top, colour }: Placed, text: string, left: number, width: number, theme: Theme,
): void {
  const height = HEIGHT * g.ratio;
  ctx.beginPath();
  ctx.roundRect(left, top, width, height, 3 * g.ratio);
  ctx.fillStyle = theme.surface;
  ctx.fill();
  ctx.strokeStyle = ctx.fillStyle = theme[colour];
  ctx.lineWidth = g.ratio;
  ctx.stroke();
  ctx.fillText(text, left + PADDING * g.ratio, top + height / 2);
}

/** Ascending `tops` moved as little as it takes that each has `height` for itself between `low` and `high`. */
export function spread(tops: readonly number[], height: number, low: number, high: number): number[] {
  const places: number[] = [];
  for (const top of tops) places.push(Math.max(top, low, (places.at(-1) ?? -Infinity) + height));
  for (let i = places.length - 1, end = high; i >= 0; i--) {
    places[i] = Math.min(places[i] as number, end - height);
    end = places[i] as number;
  }
  return places;
}
