import type { Span } from "../charts/viewport.ts";
import type { Level } from "./levels.ts";

/** Of a name and of the gap to the next, CSS pixels. */
export const HEIGHT = 15;
export const GAP = 1;
/** Names take so much of the axis at most: the rest is its scale's. */
const MOST_SHARE = 0.5;
const LEAST_NAMES = 3;

/** A level whose name is told, and where: distances from the top of the pane in CSS pixels. */
export interface Named extends Level {
  y: number;
  top: number;
}

/** Which levels in view are told by name, and how many more there are. */
export interface Naming {
  named: Named[];
  /** In view, but drawn as lines only. */
  lines: Level[];
  /** How many levels that are not told by name lie above the price, and below it. */
  above: number;
  below: number;
}

/**
 * Choose which levels have their names told in a pane of `height` CSS pixels that shows `range`.
 * What is held comes first, then what is nearest to the price.
 */
export function namingOf(levels: readonly Level[], [low, high]: Span, height: number, price: number): Naming {
  const perPixel = (high - low) / Math.max(1, height);
  const at = Number.isFinite(price) ? price : (low + high) / 2;
  const inView = levels
    .filter((level) => level.price >= low && level.price <= high)
    .sort((a, b) => Number(a.waits) - Number(b.waits) || Math.abs(a.price - at) - Math.abs(b.price - at));
  const most = Math.max(LEAST_NAMES, Math.floor((height * MOST_SHARE) / (HEIGHT + GAP)));
  const chosen = new Set(inView.slice(0, most));
  const rest = levels.filter((level) => !chosen.has(level));
  const above = rest.filter((level) => level.price > at).length;
  const below = rest.length - above;
  const named = [...chosen].sort((a, b) => b.price - a.price).map((level) => ({ ...level, y: (high - level.price) / perPixel }));
  // How many more there are is told at the edges.
  const [first, last] = [above > 0 ? HEIGHT + 2 * GAP : 0, below > 0 ? height - HEIGHT - 2 * GAP : height];
  const tops = spread(named.map(({ y }) => y - HEIGHT / 2), HEIGHT + GAP, first, last);
  return {
    named: named.map((level, i) => ({ ...level, top: tops[i] as number })),
    lines: inView.slice(most),
    above,
    below,
  };
}

/** Where on the axis the prices of the named levels stand, as values: `range` is what a pane of `height` CSS pixels shows. */
export function pricesTaken({ named }: Naming, [low, high]: Span, height: number): number[] {
  const perPixel = (high - low) / Math.max(1, height);
  return named.map(({ top }) => high - (top + HEIGHT / 2) * perPixel);
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
