import type { PositionData } from "../../stream/src/index.ts";
import { fixed, money, quantity } from "../format.ts";
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
  /** An order that waits; else something of what is held. */
  waits: boolean;
}

export function levelsOf(positions: Iterable<PositionData>, working: readonly OrderRow[], symbol: string, digits: number): Level[] {
  const levels: Level[] = [];
  const add = (price: number, text: string, brief: string, colour: Level["colour"], dash: readonly number[], waits = false): void => {
    levels.push({ price, told: fixed(price, digits), text, brief, colour, dash, waits });
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
    add(data.price, data.quantity === null && data.filled === 0 ? `${words}, sized at fill` : words, words, "amber", [2, 3], true);
  }
  return levels;
}

/** Names of levels are short where the pane is narrower than this, CSS pixels. */
const NARROW = 620;
/** Left and right of a name. */
export const PADDING = 6;
/** The names have so much of the width at most, and so many pixels more or less make no difference. */
const MOST_ROOM = 0.25;
const STEP = 24;

/** The name of a level in a pane of so many CSS pixels. */
export function nameOf(level: Level, width: number): string {
  return width < NARROW ? level.brief : level.text;
}

/** The part of a pane's width (CSS pixels) that the names of the levels take. */
export function roomFor(levels: readonly Level[], width: number, measure: (text: string) => number): number {
  if (levels.length === 0 || width <= 0) return 0;
  const widest = Math.max(...levels.map((level) => measure(nameOf(level, width)))) + 4 * PADDING;
  return Math.min(MOST_ROOM, (Math.ceil(widest / STEP) * STEP) / width);
}
