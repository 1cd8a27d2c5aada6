/** What is drawn over the candles. */
export type Layer = "patterns" | "zones" | "structure" | "gaps";

export const LAYERS: readonly { layer: Layer; name: string; key: string; title: string }[] = [
  { layer: "patterns", name: "Patterns", key: "p", title: "Candlestick patterns" },
  { layer: "zones", name: "Zones", key: "z", title: "Fair value gaps, order blocks, liquidity, support and resistance" },
  { layer: "structure", name: "Structure", key: "s", title: "Swings, breaks of structure, changes of character" },
  { layer: "gaps", name: "Gaps", key: "g", title: "Where prices are missing" },
];
