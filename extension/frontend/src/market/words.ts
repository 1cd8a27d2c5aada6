import type { Kind, Thing } from "./structure.ts";

const KINDS: Record<Kind, string> = {
  swing_high: "Swing high", swing_low: "Swing low", bos: "Break of structure", choch: "Change of character",
  fvg: "Fair value gap", order_block: "Order block", liquidity: "Liquidity", zone: "Zone",
};

const SHORT: Record<Kind, string> = {
  swing_high: "H", swing_low: "L", bos: "BOS", choch: "CHoCH", fvg: "FVG", order_block: "OB", liquidity: "LIQ", zone: "S/R",
};

const STATES: Record<string, string> = {
  starting: "Starting", live: "Live", reconnecting: "Reconnecting", backfilling: "Backfilling", stopped: "Stopped",
  ended: "Ended", failed: "Failed",
};

/** What a thing is called, in full. */
export function nameOf({ kind, direction }: Pick<Thing, "kind" | "direction">): string {
  if (kind === "zone" && direction !== "neutral") return direction === "bullish" ? "Support" : "Resistance";
  return KINDS[kind] ?? plain(kind);
}

/** What a thing is called in the chart. */
export function labelOf({ kind, direction }: Pick<Thing, "kind" | "direction">): string {
  if (kind === "zone" && direction !== "neutral") return direction === "bullish" ? "Support" : "Resistance";
  return SHORT[kind] ?? kind;
}

/** What the feed does, in a word. */
export function stateOf(state: string): string {
  return STATES[state] ?? (plain(state) || "Waiting");
}

export function plain(name: string): string {
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
