import { markerOf } from "../model/marker.ts";
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

/** Read the widget's trait; null where there is nothing in it. */
export function besideOf(trait: any): Beside | null {
  const points: [number, number][] = Array.isArray(trait?.equity) ? trait.equity : [];
  if (points.length === 0) return null;
  const time = new Column();
  const equity = new Column();
  for (const [at, value] of points) {
    if (!Number.isFinite(at) || !Number.isFinite(value)) continue;
    time.push(at);
    equity.push(value);
  }
  const symbols = new Map<string, SymbolModel>();
  for (const { data, extra } of Array.isArray(trait.trades) ? trait.trades : []) {
    const marker = markerOf(data ?? {}, extra);
    if (marker === null) continue;
    const symbol = symbols.get(marker.symbol) ?? new SymbolModel(marker.symbol);
    symbols.set(marker.symbol, symbol);
    symbol.traded(marker);
  }
  return { name: String(trait.name ?? "backtest"), time: time.values, equity: equity.values, symbols };
}
