import type { Charts } from "../charts/charts.ts";
import { el, setShown, setText } from "../dom.ts";
import { dateTime, fixed, money, quantity } from "../format.ts";
import type { RunModel } from "../model/run.ts";
import { countsInWords, type Outcome, type Signal } from "../model/signal.ts";
import { latestTrades, type TradeRow } from "../model/trades.ts";
import { Table, Throttle, type Column } from "./table.ts";

const MOST = 200;
const EVERY_MS = 250;

type Kind = "trades" | "signals";
type Filter = "unfilled" | Outcome;

const FILTERS: [Filter, string][] = [
  ["unfilled", "Not filled"], ["rejected", "Rejected"], ["expired", "Expired"], ["cancelled", "Cancelled"], ["declined", "Declined"],
];

/** The latest trades, or the signals that were not filled, under the charts; a click goes there. */
export class Lists {
  readonly root = el("div", "wb-lists");
  /** Opens the trades. */
  readonly tradesButton = el("button", "wb-text-button", "Trades");
  /** Says how many signals were not filled, and opens them. */
  readonly signalsButton = el("button", "wb-text-button wb-unfilled");
  private readonly trades: Table<TradeRow>;
  private readonly signals: Table<Signal>;
  private readonly filter = el("select", "wb-select");
  private readonly note = el("span", "wb-muted");
  private readonly bar = el("div", "wb-lists-bar");
  private readonly throttle: Throttle;
  private open: Kind | null = null;
  private shown = "";
  private selected: string | null = null;

  constructor(private readonly charts: Charts, private readonly changed: () => void) {
    for (const button of [this.tradesButton, this.signalsButton]) {
      button.type = "button";
      button.hidden = true;
    }
    this.tradesButton.title = "Latest trades (l)";
    this.tradesButton.addEventListener("click", () => this.toggle("trades"));
    this.signalsButton.addEventListener("click", () => this.toggle("signals"));
    this.trades = new Table<TradeRow>("Trades", (row) => row.key, (row) => this.chooseTrade(row));
    this.signals = new Table<Signal>("Signals that were not filled", (row) => row.id || `${row.time}`, (row) => this.chooseSignal(row));
    this.filter.setAttribute("aria-label", "Which signals");
    for (const [value, text] of FILTERS) {
      const option = el("option", "", text);
      option.value = value;
      this.filter.append(option);
    }
    this.filter.addEventListener("change", () => this.again());
    this.bar.append(this.filter, this.note);
    this.root.append(this.bar, this.trades.root, this.signals.root);
    this.root.hidden = true;
    this.throttle = new Throttle(EVERY_MS, changed);
  }

  toggle(kind: Kind): void {
    this.open = this.open === kind ? null : kind;
    this.again();
  }

  update(run: RunModel, now: number): void {
    const { signals } = run;
    const words = countsInWords(signals.counts);
    setText(this.signalsButton, words || `${signals.counts.declined.toLocaleString("en-US")} declined`);
    this.signalsButton.title = "Signals that were not filled";
    setShown(this.signalsButton, signals.total + signals.counts.declined > 0);
    setShown(this.tradesButton, run.markers.length > 0);
    if (this.open === "signals" && this.signalsButton.hidden) this.open = null;
    for (const [button, kind] of [[this.tradesButton, "trades"], [this.signalsButton, "signals"]] as const) {
      button.setAttribute("aria-expanded", String(this.open === kind));
    }
    setShown(this.root, this.open !== null);
    if (this.open === null) return;
    const news = `${run.markers.length} ${signals.total} ${signals.counts.declined}`;
    if (news === this.shown || (this.shown !== "" && !this.throttle.due(now))) return;
    this.shown = news;
    setShown(this.trades.root, this.open === "trades");
    setShown(this.signals.root, this.open === "signals");
    setShown(this.filter, this.open === "signals");
    if (this.open === "trades") this.showTrades(run);
    else this.showSignals(run);
  }

  destroy(): void {
    this.throttle.stop();
  }

  private again(): void {
    this.shown = "";
    this.changed();
  }

  private showTrades(run: RunModel): void {
    const rows = latestTrades(run.markers, run.entries, MOST);
    const { digits } = this.charts;
    const price = (value: number | null): string => (value === null ? "" : fixed(value, digits));
    const columns: Column<TradeRow>[] = [
      { name: "Entered", text: (row) => dateTime(row.entryTime) },
      { name: "", text: (row) => row.side, className: (row) => `wb-${row.side}` },
      { name: "Quantity", numeric: true, text: (row) => (row.quantity === null ? "" : quantity(row.quantity)) },
      { name: "Entry", numeric: true, text: (row) => price(row.entryPrice) },
      { name: "Exit", numeric: true, text: (row) => price(row.exitPrice) },
      { name: "Exited", text: (row) => (row.exitTime === null ? "" : dateTime(row.exitTime)) },
      { name: "Reason", text: (row) => row.reason },
      {
        name: "P&L", numeric: true, text: (row) => (row.pnl === null ? "" : money(row.pnl, true)),
        className: (row) => (row.pnl === null ? "" : row.pnl >= 0 ? "wb-gain" : "wb-drop"),
      },
      { name: "Rationale", wide: true, text: (row) => row.rationale },
    ];
    if (run.strategies.size > 1) columns.splice(1, 0, { name: "Strategy", text: (row) => row.strategy });
    setText(this.note, rows.length < MOST ? "" : `the latest ${MOST}`);
    this.trades.show(columns, rows, this.selected);
  }

  private showSignals(run: RunModel): void {
    const { unfilled, declined } = run.signals;
    const filter = this.filter.value as Filter;
    const of = filter === "declined" ? declined : filter === "unfilled" ? unfilled : unfilled.filter((signal) => signal.outcome === filter);
    const rows = of.slice(-MOST).reverse();
    const columns: Column<Signal>[] = [
      { name: "Time", text: (row) => dateTime(row.time) },
      { name: "Decision", text: (row) => row.decision.replaceAll("_", " ") },
      { name: "Outcome", text: (row) => row.outcome, className: (row) => `wb-${row.outcome}` },
      { name: "Code", text: (row) => row.code },
      { name: "Message", wide: true, text: (row) => row.message },
    ];
    const strategies = new Set(rows.map((row) => row.strategy));
    if (strategies.size > 1) columns.splice(1, 0, { name: "Strategy", text: (row) => row.strategy });
    setText(this.note, of.length > MOST ? `the latest ${MOST} of ${of.length.toLocaleString("en-US")}` : "");
    this.signals.show(columns, rows, this.selected);
  }

  private chooseTrade(row: TradeRow): void {
    this.selected = row.key;
    this.charts.jump({ from: row.entryTime, to: row.exitTime ?? row.entryTime, tradeId: row.tradeId });
    this.again();
  }

  private chooseSignal(row: Signal): void {
    this.selected = row.id || `${row.time}`;
    this.charts.jump({ from: row.time, to: row.time, signal: row });
    this.again();
  }
}
