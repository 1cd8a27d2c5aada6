import type { PositionData } from "../../stream/src/index.ts";
import type { Geometry } from "../charts/geometry.ts";
import type { Theme } from "../charts/theme.ts";
import { fixed, money, quantity } from "../format.ts";
import { scaled } from "../market/zones.ts";
import type { OrderRow } from "./orders.ts";
import { orderWords } from "./words.ts";

/** A price of interest: where a position was opened, where it ends, where an order waits. */
export interface Level {
  price: number;
  text: string;
  colour: "up" | "down" | "win" | "loss" | "amber";
  dash: readonly number[];
}

const HEIGHT = 15;
const GAP = 1;

export function levelsOf(positions: Iterable<PositionData>, working: readonly OrderRow[], symbol: string, digits: number): Level[] {
  const levels: Level[] = [];
  for (const position of positions) {
    if (position.symbol !== symbol) continue;
    const { direction, entry_price: entry, stop_loss: stop, take_profit_levels: targets } = position;
    const held = `${direction} ${quantity(position.quantity)} @ ${fixed(entry, digits)}  ${money(position.unrealized_pnl, true)}`;
    levels.push({ price: entry, text: held, colour: direction === "long" ? "up" : "down", dash: [] });
    if (stop !== null) levels.push({ price: stop, text: `stop ${fixed(stop, digits)}`, colour: "loss", dash: [5, 3] });
    targets.forEach((price, i) => {
      const name = targets.length > 1 ? `target ${i + 1}` : "target";
      levels.push({ price, text: `${name} ${fixed(price, digits)}`, colour: "win", dash: [5, 3] });
    });
  }
  for (const { data } of working) {
    // Protection is shown with its position.
    if (data.symbol !== symbol || data.price === null || (data.role !== "entry" && data.role !== "exit")) continue;
    levels.push({ price: data.price, text: `${orderWords(data)} @ ${fixed(data.price, digits)}`, colour: "amber", dash: [2, 3] });
  }
  return levels;
}

/** Draw the levels as lines across, each with its name at the left; names give way to each other. */
export function drawLevels(ctx: CanvasRenderingContext2D, g: Geometry, levels: readonly Level[], theme: Theme): void {
  ctx.save();
  ctx.font = scaled(theme.font, g.ratio);
  ctx.textAlign = "left";
  ctx.textBaseline = "middle";
  const height = HEIGHT * g.ratio;
  const shown = levels
    .map((each) => ({ ...each, y: Math.round(g.y(each.price)) + 0.5 }))
    .filter(({ y }) => y >= g.top && y <= g.top + g.height)
    .sort((a, b) => a.y - b.y);
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
  const places = spread(shown.map(({ y }) => y - height / 2), height + GAP * g.ratio, g.top, g.top + g.height);
  shown.forEach(({ text, colour }, i) => {
    const top = places[i] as number;
    const left = g.left + 6 * g.ratio;
    const width = ctx.measureText(text).width + 12 * g.ratio;
    ctx.beginPath();
    ctx.roundRect(left, top, width, height, 3 * g.ratio);
    ctx.fillStyle = theme.surface;
    ctx.globalAlpha = 0.92;
    ctx.fill();
    ctx.globalAlpha = 1;
    ctx.strokeStyle = ctx.fillStyle = theme[colour];
    ctx.lineWidth = g.ratio;
    ctx.stroke();
    ctx.fillText(text, left + 6 * g.ratio, top + height / 2);
  });
  ctx.restore();
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
