import type { PositionData } from "../../stream/src/index.ts";
import { el, setShown, setText } from "../dom.ts";
import { latestTrades, type TradeRow } from "../model/trades.ts";
import { Table, Throttle } from "../view/table.ts";
import { orderCard } from "./cards.ts";
import { closedColumns, orderColumns, positionColumns, tradeColumns, type Shape } from "./columns.ts";
import type { OrderRow } from "./orders.ts";
import type { LiveSession } from "./session.ts";
import { count, waitingWords } from "./words.ts";

const MOST = 100;
const EVERY_MS = 200;

/** Narrower than this the tables show fewer columns, CSS pixels. */
const NARROW = 600;

type Shown = "orders" | "trades" | "closed";
const LISTS: [Shown, string, string][] = [
  ["orders", "Orders", "Those that wait, with stops and targets of what is held as protecting; then the latest that have ended"],
  ["trades", "Trades", "Each exit with its entry, and what is open: a position that is closed in parts has several exits"],
  ["closed", "Closed positions", "The latest that were closed to the last unit, and what each came to"],
];

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
  private narrow = false;
  private readonly resizes: ResizeObserver;

  constructor(private readonly session: LiveSession, private readonly jump: (time: number) => void, private readonly changed: () => void) {
    const held = (row: PositionData): string => row.position_id;
    this.positions = new Table("Positions", held, (row) => this.look(row.symbol, Date.parse(row.entry_time)));
    this.orders = new Table("Orders", (row) => row.data.order_id, (row) => this.choose(row));
    this.trades = new Table("Trades", (row) => row.key, (row) => this.lookAtTrade(row));
    this.closed = new Table("Closed positions", held, (row) => this.look(row.symbol, Date.parse(row.time)));
    const bar = el("div", "wb-tabs");
    bar.setAttribute("role", "tablist");
    for (const [kind, name, title] of LISTS) {
      const tab = el("button", "wb-tab", name);
      tab.title = title;
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
    this.resizes = new ResizeObserver(([entry]) => this.resized(entry?.contentRect.width ?? 0));
    this.resizes.observe(this.root);
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
    this.positions.show(positionColumns(this.shape), held, null);
    const exits = live.run.markers.reduce((sum, { kind }) => sum + (kind === "exit" ? 1 : 0), 0);
    const { working } = live.orders;
    const counts: Record<Shown, string> = {
      orders: working.length > 0 ? ` (${waitingWords(working)})` : "",
      trades: live.run.markers.length > 0 ? ` (${count(exits, "exit")}${held.length > 0 ? `, ${held.length} open` : ""})` : "",
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
    if (row !== undefined) this.detail.replaceChildren(...orderCard(row, this.shape.digits(row.data.symbol)));
  }

  destroy(): void {
    this.resizes.disconnect();
    this.throttle.stop();
  }

  private resized(width: number): void {
    const narrow = width > 0 && width < NARROW;
    if (narrow === this.narrow) return;
    this.narrow = narrow;
    this.refresh();
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
      this.orders.show(orderColumns(this.shape), latest, this.chosen);
      rows = latest.length;
    } else if (this.shown === "trades") {
      const latest = latestTrades(live.run.markers, live.run.entries, MOST);
      this.trades.show(tradeColumns(this.shape, this.session.symbol), latest, null);
      rows = latest.length;
    } else {
      this.closed.show(closedColumns(this.shape), live.closed, null);
      rows = live.closed.length;
    }
    for (const [kind, table] of Object.entries(lists)) setShown(table.root, kind === this.shown && rows > 0);
    return rows;
  }

  private get shape(): Shape {
    const { live } = this.session;
    return {
      digits: (symbol) => live.symbols.get(symbol)?.shortest?.digits ?? 2,
      symbols: live.names.length > 1, strategies: live.run.strategies.size > 1, narrow: this.narrow,
    };
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
