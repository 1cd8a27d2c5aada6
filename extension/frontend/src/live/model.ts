import type {
  Breach, FeedData, LiveFacts, PnlData, PositionData, RiskData, WireMessage,
} from "../../stream/src/index.ts";
import { RunModel } from "../model/run.ts";
import { Column } from "../model/series.ts";
import { Course } from "./course.ts";
import { Orders } from "./orders.ts";
import { SymbolModel } from "./symbol.ts";

const MOST_BREACHES = 200;
const MOST_CLOSED = 100;

/** Worst first: what one symbol's feed does is what is said of all. */
const WORST: FeedData["state"][] = ["failed", "reconnecting", "backfilling", "starting", "stopped", "live", "ended"];

/** A limit that was met, and when. */
export interface Met extends Breach {
  time: number;
}

/** A live session as its messages tell it. Knows no clock, no socket and no page. */
export class LiveModel {
  /** Status, equity, trades and figures: what it has in common with any run. */
  readonly run = new RunModel();
  readonly orders = new Orders();
  readonly course = new Course();
  readonly symbols = new Map<string, SymbolModel>();
  /** What has been paid so far, after each trade. */
  readonly feesTime = new Column();
  readonly fees = new Column();
  /** Open ones by id, in order of entry. */
  readonly positions = new Map<string, PositionData>();
  /** The latest that were closed, the newest first. */
  closed: PositionData[] = [];
  breaches: Met[] = [];
  facts: LiveFacts | null = null;
  risk: RiskData | null = null;
  pnl: PnlData | null = null;
  /** When the last price of the symbol that waits longest came, epoch ms; null until told. */
  pricedAt: number | null = null;
  /** Market time of the last price. */
  marketTime = -Infinity;
  private readonly seqs = new Map<string, number>();

  /** Forget what was told; it is going to be told again. */
  reset(): void {
    this.run.reset();
    this.orders.clear();
    this.course.clear();
    this.symbols.clear();
    this.feesTime.clear();
    this.fees.clear();
    this.positions.clear();
    this.seqs.clear();
    this.closed = [];
    this.breaches = [];
    this.facts = this.risk = this.pnl = this.pricedAt = null;
    this.marketTime = -Infinity;
  }

  get seq(): number {
    return this.run.seq;
  }

  /** In the order of the session. */
  get names(): string[] {
    const asked = this.facts?.symbols ?? [];
    return [...asked, ...[...this.symbols.keys()].filter((name) => !asked.includes(name))];
  }

  /** What the feed does, of the symbol that fares worst; empty until told. */
  get feed(): SymbolModel["feed"] {
    const told = [...this.symbols.values()].map(({ feed }) => feed).filter(({ state }) => state !== "");
    const rank = (state: string): number => WORST.indexOf(state as FeedData["state"]);
    return told.sort((a, b) => rank(a.state) - rank(b.state))[0] ?? { state: "", message: "", code: "" };
  }

  get entriesPaused(): boolean {
    return this.risk?.entries === "paused";
  }

  /** Profit now: as told, else as the curve has it. */
  get profit(): { equity: number | null; realized: number | null; unrealized: number | null; fees: number | null } {
    const { run, pnl } = this;
    if (pnl !== null) return pnl;
    const last = run.equity.length - 1;
    const capital = run.info.initialCapital;
    if (last < 0) return { equity: capital, realized: null, unrealized: null, fees: null };
    const [equity, balance] = [run.equity.at(last), run.balance.at(last)];
    const fees = this.fees.length > 0 ? this.fees.at(this.fees.length - 1) : 0;
    return { equity, realized: capital === null ? null : balance - capital, unrealized: equity - balance, fees };
  }

  apply(message: WireMessage): void {
    const { type, data } = message;
    if (data === null || typeof data !== "object") return;
    const traded = this.run.markers.length;
    this.run.apply(message);
    switch (type) {
      case "status":
        if (data.live !== undefined) this.facts = data.live;
        return;
      case "candle": return this.candle(message);
      case "feed":
        this.symbol(data.symbol).feed = { state: data.state, message: data.message ?? "", code: data.code ?? "" };
        return;
      case "data_gap": return this.symbol(data.symbol).gap(data);
      case "trade": return this.traded(traded, message);
      case "position": return this.position(data, message.seq ?? 0);
      case "order": return this.orders.take(data);
      case "risk": return this.risked(data, message);
      case "pnl":
        if (this.newer("pnl", message.seq)) this.pnl = data;
        return;
    }
  }

  private symbol(name: string): SymbolModel {
    let known = this.symbols.get(name);
    if (known === undefined) this.symbols.set(name, (known = new SymbolModel(name)));
    return known;
  }

  /** What was merged on the way may come late: what is known is newer then. */
  private newer(key: string, seq = 0): boolean {
    if (seq > 0 && seq < (this.seqs.get(key) ?? 0)) return false;
    this.seqs.set(key, seq);
    return true;
  }

  private candle({ data, extra, timestamp }: WireMessage): void {
    const symbol = this.symbol(data.symbol);
    symbol.candle(data);
    const last = symbol.shortest?.lastTime ?? -Infinity;
    if (last > this.marketTime) this.marketTime = last;
    if (extra?.origin !== undefined && extra.origin !== "live") return;
    this.priced(Date.parse(timestamp ?? ""));
  }

  private priced(at: number): void {
    if (Number.isFinite(at) && at > (this.pricedAt ?? -Infinity)) this.pricedAt = at;
  }

  private traded(before: number, { extra }: WireMessage): void {
    const marker = this.run.markers[before];
    if (marker === undefined) return;
    this.symbol(marker.symbol).traded(marker);
    const paid = (extra?.commission ?? 0) + (extra?.financing ?? 0);
    this.feesTime.push(marker.time);
    this.fees.push((this.fees.length > 0 ? this.fees.at(this.fees.length - 1) : 0) + paid);
  }

  private position(data: PositionData, seq: number): void {
    if (!this.newer(`position ${data.position_id}`, seq)) return;
    if (data.event !== "close") {
      this.positions.set(data.position_id, data);
      return;
    }
    this.positions.delete(data.position_id);
    this.closed = [data, ...this.closed.filter(({ position_id: id }) => id !== data.position_id)].slice(0, MOST_CLOSED);
  }

  private risked(data: RiskData, { seq, timestamp }: WireMessage): void {
    if (data.breach !== undefined) {
      this.breaches = [{ ...data.breach, time: Date.parse(data.time) }, ...this.breaches].slice(0, MOST_BREACHES);
    }
    if (!this.newer("risk", seq)) return;
    this.risk = data;
    if (typeof data.data_age === "number") this.pricedAt = Date.parse(timestamp ?? "") - data.data_age * 1000;
  }
}
