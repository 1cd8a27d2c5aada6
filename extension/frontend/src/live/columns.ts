import type { PositionData } from "../../stream/src/index.ts";
import { dateTime, fixed, money, quantity } from "../format.ts";
import type { TradeRow } from "../model/trades.ts";
import type { Column } from "../view/table.ts";
import { whyOf, type OrderRow } from "./orders.ts";
import { plain, sizeWords } from "./words.ts";

/** What the columns depend on beside their rows. */
export interface Shape {
  /** Decimals of a symbol's prices. */
  digits: (symbol: string) => number;
  /** More than one symbol is traded. */
  symbols: boolean;
  /** More than one strategy trades. */
  strategies: boolean;
  /** There is room for the most important ones only. */
  narrow: boolean;
}

const gain = (value: number): string => (value > 0 ? "wb-gain" : value < 0 ? "wb-drop" : "");

/** Of narrow tables the columns of these names stay. */
function fitting<T>(columns: Column<T>[], { narrow }: Shape, names: readonly string[]): Column<T>[] {
  return narrow ? columns.filter(({ name }) => names.includes(name)) : columns;
}

export function positionColumns(shape: Shape): Column<PositionData>[] {
  return fitting(
    [
      ...common(shape), { name: "Quantity", numeric: true, text: (row) => quantity(row.quantity) }, ...prices(shape, "Price"),
      { name: "Stop", numeric: true, text: (row) => price(shape, row, row.stop_loss) },
      { name: "Targets", numeric: true, text: (row) => row.take_profit_levels.map((value) => price(shape, row, value)).join(" · ") || "–" },
      { name: "Unrealised", numeric: true, text: (row) => money(row.unrealized_pnl, true), className: (row) => gain(row.unrealized_pnl) },
      realised(), { name: "Since", wide: true, text: (row) => dateTime(Date.parse(row.entry_time)) },
    ],
    shape, ["Symbol", "Side", "Quantity", "Entry", "Unrealised"],
  );
}

export function closedColumns(shape: Shape): Column<PositionData>[] {
  return fitting(
    [
      ...common(shape), ...prices(shape, "Last price"), realised(),
      { name: "Since", text: (row) => dateTime(Date.parse(row.entry_time)) },
      { name: "Closed", text: (row) => dateTime(Date.parse(row.time)) },
      { name: "Why", wide: true, text: (row) => plain(row.exit_reason ?? "") },
    ],
    shape, ["Symbol", "Side", "Realised", "Closed", "Why"],
  );
}

function common({ strategies }: Shape): Column<PositionData>[] {
  return [
    { name: "Symbol", text: (row) => row.symbol },
    ...(strategies ? [{ name: "Strategy", text: (row: PositionData) => row.strategy }] : []),
    { name: "Side", text: (row) => row.direction, className: (row) => `wb-side wb-${row.direction}` },
  ];
}

function prices(shape: Shape, last: string): Column<PositionData>[] {
  return [
    { name: "Entry", numeric: true, text: (row) => price(shape, row, row.entry_price) },
    { name: last, numeric: true, text: (row) => price(shape, row, row.price) },
  ];
}

function price({ digits }: Shape, { symbol }: { symbol: string }, value: number | null): string {
  return value === null ? "–" : fixed(value, digits(symbol));
}

function realised(): Column<PositionData> {
  return { name: "Realised", numeric: true, text: (row) => money(row.realized_pnl, true), className: (row) => gain(row.realized_pnl) };
}

export function orderColumns(shape: Shape): Column<OrderRow>[] {
  const columns: Column<OrderRow>[] = [
    { name: "Given", text: ({ given }) => (Number.isFinite(given) ? dateTime(given) : "") },
    ...(shape.symbols ? [{ name: "Symbol", text: ({ data }: OrderRow) => data.symbol }] : []),
    { name: "Order", text: ({ data }) => `${data.side} ${plain(data.kind)}`, className: ({ data }) => (data.side === "buy" ? "wb-long" : "wb-short") },
    { name: "For", text: ({ data }) => plain(data.role) },
    { name: "Size", numeric: true, text: ({ data }) => sizeWords(data) },
    { name: "Filled", numeric: true, text: ({ data }) => quantity(data.filled) },
    { name: "Price", numeric: true, text: ({ data }) => (data.price === null ? "market" : price(shape, data, data.price)) },
    { name: "Average", numeric: true, text: ({ data }) => price(shape, data, data.average_price) },
    { name: "Status", text: ({ data }) => plain(data.status), className: ({ data }) => `wb-chip wb-order-${data.status}` },
    { name: "Why", wide: true, text: whyOf },
  ];
  return fitting(columns, shape, ["Symbol", "Order", "Size", "Price", "Status"]);
}

export function tradeColumns(shape: Shape, symbol: string): Column<TradeRow>[] {
  const written = (value: number | null): string => price(shape, { symbol }, value);
  return fitting(
    [
      { name: "Entered", text: (row) => dateTime(row.entryTime) },
      { name: "Trade", text: (row) => row.tradeId },
      { name: "Side", text: (row) => row.side, className: (row) => `wb-side wb-${row.side}` },
      { name: "Quantity", numeric: true, text: (row) => (row.quantity === null ? "" : quantity(row.quantity)) },
      { name: "Entry", numeric: true, text: (row) => written(row.entryPrice) },
      { name: "Exit", numeric: true, text: (row) => written(row.exitPrice) },
      { name: "Reason", text: (row) => row.reason },
      { name: "P&L", numeric: true, text: (row) => (row.pnl === null ? "" : money(row.pnl, true)), className: (row) => (row.pnl === null ? "" : gain(row.pnl)) },
      { name: "Rationale", wide: true, text: (row) => row.rationale },
    ],
    shape, ["Entered", "Side", "Quantity", "Reason", "P&L"],
  );
}
