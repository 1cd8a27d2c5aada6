import type { Marker } from "./marker.ts";

/** A trade as the list shows it: each exit, and what is open still. */
export interface TradeRow {
  /** Names this row and what it tells: another one is another row. */
  key: string;
  tradeId: string;
  side: "long" | "short";
  strategy: string;
  quantity: number | null;
  entryTime: number;
  entryPrice: number | null;
  exitTime: number | null;
  exitPrice: number | null;
  reason: string;
  pnl: number | null;
  rationale: string;
}

/** The latest `most` rows of the trades, the newest first. */
export function latestTrades(markers: readonly Marker[], entries: ReadonlyMap<string, Marker>, most: number): TradeRow[] {
  const rows: TradeRow[] = [];
  const closed = new Set<string>();
  for (let i = markers.length - 1; i >= 0 && rows.length < most; i--) {
    const marker = markers[i] as Marker;
    const entry = marker.kind === "entry" ? marker : entries.get(marker.tradeId);
    if (marker.kind === "exit") {
      if (marker.remaining === 0 || marker.remaining === null) closed.add(marker.tradeId);
    } else if (closed.has(marker.tradeId)) continue;
    const open = marker.kind === "entry";
    rows.push({
      key: `${marker.tradeId} ${i}`,
      tradeId: marker.tradeId,
      side: marker.side,
      strategy: marker.strategy,
      quantity: marker.quantity,
      entryTime: (open ? marker.time : marker.entryTime) ?? marker.time,
      entryPrice: open ? marker.price : marker.entryPrice,
      exitTime: open ? null : marker.time,
      exitPrice: open ? null : marker.price,
      reason: open ? "open" : (marker.reason ?? "").replaceAll("_", " "),
      pnl: marker.pnl,
      rationale: entry?.rationale ?? marker.rationale ?? "",
    });
  }
  return rows;
}
