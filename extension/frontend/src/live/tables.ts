import type { PositionData } from "../../stream/src/index.ts";
import { el, setShown, setText } from "../dom.ts";
import { dateTime, fixed, money, quantity } from "../format.ts";
import { latestTrades, type TradeRow } from "../model/trades.ts";
import { Table, Throttle, type Column } from "../view/table.ts";
import { orderCard } from "./cards.ts";
import { whyOf, type OrderRow } from "./orders.ts";
import type { LiveSession } from "./session.ts";
import { plain } from "./words.ts";

const MOST = 100;
const EVERY_MS = 200;

type Shown = "orders" | "trades" | "closed";
const LISTS: [Shown, string][] = [["orders", "Orders"], ["trades", "Trades"], ["closed", "Closed"]];

const gain = (value: number): string => (value > 0 ? "wb-gain" : value < 0 ? "wb-drop" : "");

/** What is held, and below it the orders, the trades, or what was closed. */
export class LiveTables {
  readonly root = el("div", "wb-live-tables");
  private readonly title = el("div", "wb-subtitle");
  private readonly none = el("div", "wb-muted wb-nothing", "Nothing is held");
  private readonly empty = el("div", "wb-muted wb-nothing");
  private readonly positions: Table<PositionData>;
  private readonly orders: Table<OrderRow>;
  private readonly trades: Table<TradeRow>;
  private readonly closed: Table<PositionData>;
  private readonly tabs = new Map<Shown, HTMLButtonElement>();
  private readonly detail = el("div", "wb-detail");
  private readonly throttle: Throttle;
  private shown: Shown = "orders";
  private chosen: string | null = null;
  private told = "";
  private again = true;

  constructor(private readonly session: LiveSession, private readonly jump: (time: number) => void, private readonly changed: () => void) {
    const held = (row: PositionData): string => row.position_id;
    this.positions = new Table("Positions", held, (row) => this.look(row.symbol, Date.parse(row.entry_time)));
    this.orders = new Table("Orders", (row) => row.data.order_id, (row) => this.choose(row));
    this.trades = new Table("Trades", (row) => row.key, (row) => this.lookAtTrade(row));
    this.closed = new Table("Closed positions", held, (row) => this.look(row.symbol, Date.parse(row.time)));
    const bar = el("div", "wb-tabs");
    bar.setAttribute("role", "tablist");
    for (const [kind, name] of LISTS) {
      const tab = el("button", "wb-tab", name);
      tab.type = "button";
      tab.setAttribute("role", "tab");
      tab.addEventListener("click", () => this.open(kind));
      this.tabs.set(kind, tab);
      bar.append(tab);
    }
    const list = el("div", "wb-live-list");
    list.append(this.orders.root, this.trades.root, this.closed.root, this.empty);
    const holding = el("div", "wb-live-list wb-live-held");
    holding.append(this.positions.root, this.none);
    this.root.append(this.title, holding, bar, list, this.detail);
    this.detail.hidden = true;
    this.throttle = new Throttle(EVERY_MS, changed);
  }

  /** Decimals of a symbol's prices. */
  private digits(symbol: string): number {
    return this.session.live.symbols.get(symbol)?.shortest?.digits ?? 2;
  }

  update(now: number): void {
    const { live } = this.session;
    if (!this.again && (`${live.seq}` === this.told || !this.throttle.due(now))) return;
    this.again = false;
    this.told = `${live.seq}`;
    const held = [...live.positions.values()];
    setText(this.title, held.length > 0 ? `Positions (${held.length})` : "Positions");
    setShown(this.positions.root, held.length > 0);
    setShown(this.none, held.length === 0);
    this.positions.show(this.positionColumns(false), held, null);
    const working = live.orders.working.length;
    const counts: Record<Shown, string> = {
      orders: working > 0 ? ` (${working} working)` : "",
      trades: live.run.markers.length > 0 ? ` (${live.run.markers.filter(({ kind }) => kind === "exit").length})` : "",
      closed: live.closed.length > 0 ? ` (${live.closed.length})` : "",
    };
    for (const [kind, name] of LISTS) {
      const tab = this.tabs.get(kind) as HTMLButtonElement;
      setText(tab, name + counts[kind]);
      tab.setAttribute("aria-selected", String(kind === this.shown));
    }
    const rows = this.showList();
    setShown(this.empty, rows === 0);
    setText(this.empty, { orders: "No orders yet", trades: "No trades yet", closed: "Nothing was closed yet" }[this.shown]);
    const row = this.chosen === null || this.shown !== "orders" ? undefined : live.orders.get(this.chosen);
    setShown(this.detail, row !== undefined);
    if (row !== undefined) this.detail.replaceChildren(...orderCard(row, this.digits(row.data.symbol)));
  }

  destroy(): void {
    this.throttle.stop();
  }

  private open(kind: Shown): void {
    this.shown = kind;
    this.refresh();
  }

  private refresh(): void {
    this.again = true;
    this.changed();
  }

  /** How many rows are shown. */
  private showList(): number {
    const { live } = this.session;
    const lists = { orders: this.orders, trades: this.trades, closed: this.closed };
    let rows = 0;
    if (this.shown === "orders") {
      const latest = live.orders.latest(MOST);
      this.orders.show(this.orderColumns(), latest, this.chosen);
      rows = latest.length;
    } else if (this.shown === "trades") {
      const latest = latestTrades(live.run.markers, live.run.entries, MOST);
      this.trades.show(this.tradeColumns(), latest, null);
      rows = latest.length;
    } else {
      this.closed.show(this.positionColumns(true), live.closed, null);
      rows = live.closed.length;
    }
    for (const [kind, table] of Object.entries(lists)) setShown(table.root, kind === this.shown && rows > 0);
    return rows;
  }

  private get several(): boolean {
    return this.session.live.names.length > 1;
  }

  private positionColumns(closed: boolean): Column<PositionData>[] {
    const price = (row: PositionData, value: number | null): string => (value === null ? "–" : fixed(value, this.digits(row.symbol)));
    const columns: Column<PositionData>[] = [
      { name: "Symbol", text: (row) => row.symbol },
      { name: "Side", text: (row) => row.direction, className: (row) => `wb-side wb-${row.direction}` },
      { name: "Quantity", numeric: true, text: (row) => quantity(row.quantity) },
      { name: "Entry", numeric: true, text: (row) => price(row, row.entry_price) },
      { name: closed ? "Last price" : "Price", numeric: true, text: (row) => price(row, row.price) },
      { name: "Stop", numeric: true, text: (row) => price(row, row.stop_loss) },
      { name: "Targets", numeric: true, text: (row) => row.take_profit_levels.map((value) => price(row, value)).join(" · ") || "–" },
      { name: "Unrealised", numeric: true, text: (row) => money(row.unrealized_pnl, true), className: (row) => gain(row.unrealized_pnl) },
      { name: "Realised", numeric: true, text: (row) => money(row.realized_pnl, true), className: (row) => gain(row.realized_pnl) },
      { name: "Since", wide: !closed, text: (row) => dateTime(Date.parse(row.entry_time)) },
    ];
    if (this.session.live.run.strategies.size > 1) columns.splice(1, 0, { name: "Strategy", text: (row) => row.strategy });
    if (!closed) return columns;
    const ended: Column<PositionData>[] = [
      { name: "Closed", text: (row) => dateTime(Date.parse(row.time)) },
      { name: "Why", wide: true, text: (row) => plain(row.exit_reason ?? "") },
    ];
    return [...columns.filter(({ name }) => !["Quantity", "Stop", "Targets", "Unrealised"].includes(name)), ...ended];
  }

  private orderColumns(): Column<OrderRow>[] {
    const columns: Column<OrderRow>[] = [
      { name: "Given", text: ({ given }) => (Number.isFinite(given) ? dateTime(given) : "") },
      { name: "Order", text: ({ data }) => `${data.side} ${data.kind}`, className: ({ data }) => (data.side === "buy" ? "wb-long" : "wb-short") },
      { name: "For", text: ({ data }) => plain(data.role) },
      {
        name: "Filled", numeric: true, text: ({ data }) =>
          `${quantity(data.filled)}${data.quantity === null || data.quantity === data.filled ? "" : ` / ${quantity(data.quantity)}`}`,
      },
      { name: "Price", numeric: true, text: ({ data }) => (data.price === null ? "market" : fixed(data.price, this.digits(data.symbol))) },
      { name: "Average", numeric: true, text: ({ data }) => (data.average_price === null ? "–" : fixed(data.average_price, this.digits(data.symbol))) },
      { name: "Status", text: ({ data }) => plain(data.status), className: ({ data }) => `wb-chip wb-order-${data.status}` },
      { name: "Why", wide: true, text: whyOf },
    ];
    if (this.several) columns.splice(1, 0, { name: "Symbol", text: ({ data }) => data.symbol });
    return columns;
  }

  private tradeColumns(): Column<TradeRow>[] {
    const digits = this.digits(this.session.symbol);
    const price = (value: number | null): string => (value === null ? "–" : fixed(value, digits));
    return [
      { name: "Entered", text: (row) => dateTime(row.entryTime) },
      { name: "Trade", text: (row) => row.tradeId },
      { name: "Side", text: (row) => row.side, className: (row) => `wb-side wb-${row.side}` },
      { name: "Quantity", numeric: true, text: (row) => (row.quantity === null ? "" : quantity(row.quantity)) },
      { name: "Entry", numeric: true, text: (row) => price(row.entryPrice) },
      { name: "Exit", numeric: true, text: (row) => price(row.exitPrice) },
      { name: "Reason", text: (row) => row.reason },
      { name: "P&L", numeric: true, text: (row) => (row.pnl === null ? "" : money(row.pnl, true)), className: (row) => (row.pnl === null ? "" : gain(row.pnl)) },
      { name: "Rationale", wide: true, text: (row) => row.rationale },
    ];
  }

  private look(symbol: string, time: number): void {
    this.session.show(symbol);
    if (Number.isFinite(time)) this.jump(time);
    this.refresh();
  }

  private lookAtTrade(row: TradeRow): void {
    const marker = this.session.live.run.entries.get(row.tradeId);
    this.look(marker?.symbol ?? this.session.symbol, row.entryTime);
  }

  private choose(row: OrderRow): void {
    this.chosen = this.chosen === row.data.order_id ? null : row.data.order_id;
    this.look(row.data.symbol, row.given);
  }
}
