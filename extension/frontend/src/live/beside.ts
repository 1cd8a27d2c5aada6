import { markerOf, type Marker } from "../model/marker.ts";
import { Column } from "../model/series.ts";
import { SymbolModel } from "./symbol.ts";

/** What a session is compared with: the equity of its backtest by time, and what that traded. */
export interface Beside {
  name: string;
  time: Float64Array;
  equity: Float64Array;
  /** Markers by symbol. */
  symbols: ReadonlyMap<string, SymbolModel>;
}

/** Read the widget's trait: columns of time and equity, and trades in rows; null where there is nothing in it. */
export function besideOf(trait: any): Beside | null {
  const times: unknown[] = Array.isArray(trait?.time) ? trait.time : [];
  const time = new Column();
  const equity = new Column();
  times.forEach((at, i) => {
    const value: unknown = trait.equity?.[i];
    if (!Number.isFinite(at) || !Number.isFinite(value)) return;
    time.push(at as number);
    equity.push(value as number);
  });
  if (time.length === 0) return null;
  const markers = (Array.isArray(trait.trades) ? trait.trades : []).flatMap(markersOf);
  const symbols = new Map<string, SymbolModel>();
  for (const marker of markers.sort((a: Marker, b: Marker) => a.time - b.time)) {
    const symbol = symbols.get(marker.symbol) ?? new SymbolModel(marker.symbol);
    symbols.set(marker.symbol, symbol);
    symbol.traded(marker);
  }
  return { name: String(trait.name ?? "backtest"), time: time.values, equity: equity.values, symbols };
}

/** Where a trade began, and where it ended if it has. */
function markersOf(trade: any): Marker[] {
  const { direction, entry_price: from, exit_price: to } = trade;
  const pnl = (to - from) * (direction === "short" ? -1 : 1);
  const entry = markerOf({ ...trade, event: "entry" }, undefined);
  const exit = typeof to === "number" ? markerOf({ ...trade, event: "exit", pnl }, undefined) : null;
  return [entry, exit].filter((marker) => marker !== null);
}
