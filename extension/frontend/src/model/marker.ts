/** An entry or an exit, as the chart shows it. */
export interface Marker {
  kind: "entry" | "exit";
  tradeId: string;
  symbol: string;
  side: "long" | "short";
  /** Epoch ms, open time of the candle of the fill. */
  time: number;
  price: number;
  quantity: number | null;
  /** Units still open after it. */
  remaining: number | null;
  /** Name of the strategy that traded. */
  strategy: string;
  /** Of exits. */
  entryTime: number | null;
  entryPrice: number | null;
  pnl: number | null;
  pnlPercent: number | null;
  reason: string | null;
  /** Of entries; of exits those of the entry. */
  stopLoss: number | null;
  takeProfits: number[];
  confidence: number | null;
  rationale: string | null;
  /** The numbers the decision saw. */
  inputs: Readonly<Record<string, number>>;
}

const number = (value: unknown): number | null =>
  typeof value === "number" && Number.isFinite(value) ? value : null;

/** The marker of a `trade` message, or null when it lacks a time or a price. */
export function markerOf(data: any, extra: any): Marker | null {
  const entry = data.event === "entry";
  const time = Date.parse(entry ? data.entry_time : data.exit_time);
  const price = number(entry ? data.entry_price : data.exit_price);
  if (!Number.isFinite(time) || price === null) return null;
  const reasoning = (entry ? data.reasoning : extra?.reasoning) ?? null;
  return {
    kind: entry ? "entry" : "exit",
    tradeId: String(data.trade_id ?? ""),
    symbol: String(data.symbol ?? ""),
    side: data.direction === "short" ? "short" : "long",
    time,
    price,
    quantity: number(extra?.quantity) ?? number(data.quantity),
    remaining: number(extra?.remaining),
    strategy: String(extra?.strategy ?? ""),
    entryTime: entry ? null : Date.parse(data.entry_time),
    entryPrice: entry ? null : number(data.entry_price),
    pnl: entry ? null : number(data.pnl),
    pnlPercent: entry ? null : number(data.pnl_percent),
    reason: entry ? null : String(data.exit_reason ?? ""),
    stopLoss: entry ? number(data.stop_loss) : null,
    takeProfits: entry && Array.isArray(data.take_profit_levels) ? data.take_profit_levels : [],
    confidence: number(reasoning?.confidence),
    rationale: reasoning?.rationale ? String(reasoning.rationale) : null,
    inputs: { ...reasoning?.inputs, ...extra?.inputs },
  };
}
