import type { WireMessage } from "../../stream/src/index.ts";
import { markerOf, type Marker } from "./marker.ts";
import { Rate } from "./rate.ts";
import { Column } from "./series.ts";
import { signalOf, Signals } from "./signal.ts";
import { SweepModel } from "./sweep.ts";

export type RunStatus = "pending" | "running" | "paused" | "complete" | "error" | "stopped" | "deleted";

export interface RunInfo {
  strategy: string;
  symbol: string;
  timeframes: string[];
  start: number | null;
  end: number | null;
  source: string;
  synthetic: boolean;
  initialCapital: number | null;
}

/** Fractions, except where the name says otherwise; null is "not known yet". */
export interface Summary {
  totalReturn: number | null;
  trades: number | null;
  winRate: number | null;
  /** Infinity when nothing was lost. */
  profitFactor: number | null;
  sharpe: number | null;
  maxDrawdown: number | null;
  balance: number | null;
}

/** A pace that was asked for and accepted; speed 0 is as fast as possible. */
export interface SetPace {
  speed: number;
  unit?: string;
}

export interface Failure {
  error: string;
  details: Record<string, unknown>;
}

const FINAL: ReadonlySet<string> = new Set(["complete", "error", "stopped", "deleted"]);

/** A run as its messages tell it. Knows no clock, no socket and no page. */
export class RunModel {
  readonly equityTime = new Column();
  readonly equity = new Column();
  readonly balance = new Column();
  readonly drawdown = new Column();
  markers: Marker[] = [];
  markerTimes = new Column();
  /** The entry of each trade. */
  readonly entries = new Map<string, Marker>();
  /** Strategies that have traded. */
  readonly strategies = new Set<string>();
  readonly signals = new Signals();
  /** The rows, where this is a sweep. */
  readonly sweep = new SweepModel();
  /** What `complete` says beyond the summary, as on the wire. */
  statistics: Record<string, number> = {};
  intervals: Record<string, number[]> = {};
  /** The metrics of `complete`, as on the wire. */
  final: Record<string, number> = {};
  info!: RunInfo;
  status!: RunStatus;
  summary!: Summary;
  failure: Failure | null = null;
  /** Null until someone sets one: the run's own is not told. */
  pace: SetPace | null = null;
  /** Percent, 0 to 100. */
  progress = 0;
  bar = 0;
  bars = 0;
  /** Market time of the run, epoch ms. */
  now = -Infinity;
  /** Market time of a replay's clock, which goes on between two messages. */
  clock = -Infinity;
  /** Why the run paused by itself. */
  reason = "";
  /** Messages that were merged into others on the way here. */
  conflated = 0;
  /** Seq of the latest change of status. */
  statusSeq = 0;
  startedAt: number | null = null;
  endedAt: number | null = null;
  seq = 0;
  /** Counts changes, so that a reader knows when to look again. */
  version = 0;
  rate!: Rate;
  private lost = 0;
  private won = 0;

  constructor() {
    this.reset();
  }

  /** Forget the story; it is going to be told again. */
  reset(): void {
    for (const column of [this.equityTime, this.equity, this.balance, this.drawdown]) column.clear();
    this.markers = [];
    this.markerTimes.clear();
    this.entries.clear();
    this.strategies.clear();
    this.signals.reset();
    this.sweep.reset();
    this.statistics = this.final = {};
    this.intervals = {};
    this.info = {
      strategy: "", symbol: "", timeframes: [], start: null, end: null,
      source: "", synthetic: false, initialCapital: null,
    };
    this.summary = {
      totalReturn: null, trades: null, winRate: null, profitFactor: null,
      sharpe: null, maxDrawdown: null, balance: null,
    };
    this.status = "pending";
    this.failure = this.pace = null;
    this.progress = this.bar = this.bars = this.seq = this.lost = this.won = 0;
    this.statusSeq = this.conflated = 0;
    this.reason = "";
    this.now = this.clock = -Infinity;
    this.startedAt = this.endedAt = null;
    this.rate = new Rate();
    this.version++;
  }

  get over(): boolean {
    return FINAL.has(this.status);
  }

  /** Where the drawn candles end: what the run has not seen is not shown. */
  get horizon(): number {
    return this.status === "complete" ? Infinity : this.present;
  }

  /** Up to where the story is told, epoch ms. */
  get present(): number {
    return Math.max(this.now, this.clock);
  }

  /** The run is gone from the server; what was told of it stays. */
  deleted(): void {
    this.status = "deleted";
    this.version++;
  }

  apply(message: WireMessage): void {
    const { data } = message;
    if (data === null || typeof data !== "object") return;
    if (typeof message.seq === "number" && message.seq > this.seq) this.seq = message.seq;
    if (typeof message.conflated === "number") this.conflated += message.conflated;
    this.version++;
    switch (message.type) {
      case "connected": return this.connected(data);
      case "status": return this.statusChanged(data, message);
      case "replay": return this.replayed(data);
      case "control": return this.controlled(data);
      case "progress": return this.progressed(data, message);
      case "equity": return this.point(Date.parse(data.time), data.equity, data.balance, data.drawdown);
      case "equity_columns": return this.points(data);
      case "trade": return this.trade(data, message.extra);
      case "signal": return this.signalled(data, message.extra);
      case "sweep": return this.swept(data, message);
      case "metrics": return this.metrics(data, 1);
      case "complete": return this.completed(data, message);
      case "error": return this.failed(data, message);
    }
  }

  private connected(data: any): void {
    if (typeof data.symbol === "string") this.info.symbol ||= data.symbol;
    if (typeof data.source === "string") this.info.source ||= data.source;
    if (typeof data.synthetic === "boolean") this.info.synthetic = data.synthetic;
    if (this.status === "pending" && data.status === "running") this.status = "running";
  }

  private replayed(data: any): void {
    const time = Date.parse(data.state === "ended" ? (data.end ?? data.time) : data.time);
    if (Number.isFinite(time)) this.clock = time;
  }

  private controlled({ action, accepted, value, unit }: any): void {
    if (action === "speed" && accepted === true) this.pace = { speed: value ?? 0, ...(unit && { unit }) };
  }

  private statusChanged(data: any, message: WireMessage): void {
    const info = this.info;
    const at = Date.parse(message.timestamp ?? "");
    this.reason = typeof data.reason === "string" ? data.reason : "";
    this.statusSeq = message.seq ?? this.statusSeq;
    if (typeof data.status === "string") {
      if ((this.status === "paused" || this.sweep.rows.length > 0) && data.status === "running") this.rate.restart(this.sweep.seen ? this.sweep.rows.length : this.bar, at);
      this.status = data.status as RunStatus;
    }
    if (typeof data.bars === "number") this.bars = data.bars;
    if (typeof data.strategy === "string") info.strategy = data.strategy;
    if (typeof data.symbol === "string") info.symbol = data.symbol;
    if (Array.isArray(data.timeframes)) info.timeframes = data.timeframes.map(String);
    if (typeof data.start === "string") info.start = Date.parse(data.start);
    if (typeof data.end === "string") info.end = Date.parse(data.end);
    if (typeof data.source === "string") info.source = data.source;
    if (typeof data.synthetic === "boolean") info.synthetic = data.synthetic;
    if (typeof data.initial_capital === "number") {
      info.initialCapital = data.initial_capital;
      this.summary.balance ??= data.initial_capital;
    }
    if (data.sweep !== undefined) this.sweep.begin(data.sweep);
    if (this.status === "running" && Number.isFinite(at)) this.startedAt ??= at;
    if (this.over && Number.isFinite(at)) this.endedAt ??= at;
  }

  private progressed(data: any, message: WireMessage): void {
    if (typeof data.progress === "number") this.progress = data.progress;
    this.reach(Date.parse(data.current_time));
    // A sweep counts its rows.
    const { bar, bars } = this.sweep.seen ? {} : (message.extra ?? {});
    if (typeof bars === "number") this.bars = bars;
    if (typeof bar === "number") {
      this.bar = bar;
      const at = Date.parse(message.timestamp ?? "");
      if (Number.isFinite(at)) this.rate.observe(bar, at);
    }
    const metrics = data.metrics ?? {};
    if (typeof metrics.balance === "number") this.summary.balance = metrics.balance;
    this.metrics(metrics, 1);
  }

  private points(data: any): void {
    const { time, equity, balance, drawdown } = data;
    if (!Array.isArray(time) || !Array.isArray(equity)) return;
    for (let i = 0; i < time.length; i++) this.point(time[i], equity[i], balance?.[i], drawdown?.[i]);
  }

  private point(time: number, equity: number, balance = NaN, drawdown = NaN): void {
    if (!Number.isFinite(time) || typeof equity !== "number") return;
    this.equityTime.push(time);
    this.equity.push(equity);
    this.balance.push(balance);
    this.drawdown.push(drawdown);
    this.reach(time);
    if (this.info.initialCapital) this.summary.totalReturn = equity / this.info.initialCapital - 1;
  }

  private trade(data: any, extra: any): void {
    const marker = markerOf(data, extra);
    if (marker === null) return;
    if (marker.strategy) this.strategies.add(marker.strategy);
    const entry = this.entries.get(marker.tradeId);
    if (marker.kind === "entry") this.entries.set(marker.tradeId, marker);
    else if (entry !== undefined) {
      marker.stopLoss = entry.stopLoss;
      marker.takeProfits = entry.takeProfits;
    }
    this.markers.push(marker);
    this.markerTimes.push(marker.time);
    this.reach(marker.time);
    if (marker.pnl !== null && marker.pnl < 0) this.lost -= marker.pnl;
    if (marker.pnl !== null && marker.pnl > 0) this.won += marker.pnl;
  }

  private swept(data: any, message: WireMessage): void {
    this.sweep.add(data);
    const at = Date.parse(message.timestamp ?? "");
    if (Number.isFinite(at)) this.rate.observe(this.sweep.rows.length, at);
  }

  private signalled(data: any, extra: any): void {
    const signal = signalOf(data, extra);
    if (signal !== null) this.signals.add(signal);
  }

  /** `unit` is 1 for fractions, 100 for percent. */
  private metrics(data: any, unit: 1 | 100): void {
    const summary = this.summary;
    if (typeof data.total_trades === "number") summary.trades = data.total_trades;
    if (typeof data.win_rate === "number") summary.winRate = data.win_rate;
    if (typeof data.sharpe_ratio === "number") summary.sharpe = data.sharpe_ratio;
    if (typeof data.max_drawdown === "number") summary.maxDrawdown = data.max_drawdown / unit;
    if (typeof data.profit_factor === "number") summary.profitFactor = data.profit_factor;
    // The wire writes an undefined ratio as 0.
    if (summary.trades === 0) summary.profitFactor = summary.winRate = summary.sharpe = null;
    else if (summary.profitFactor === 0 && this.lost === 0 && this.won > 0) summary.profitFactor = Infinity;
  }

  private completed(data: any, message: WireMessage): void {
    this.status = message.extra?.status === "stopped" ? "stopped" : "complete";
    if (typeof message.extra?.bars === "number" && !this.sweep.seen) this.bar = message.extra.bars;
    if (this.status === "complete") this.progress = 100;
    this.metrics(data.metrics ?? {}, 100);
    this.final = data.metrics ?? {};
    this.statistics = message.extra?.statistics ?? {};
    this.intervals = message.extra?.intervals ?? {};
    if (typeof data.metrics?.total_return === "number") this.summary.totalReturn = data.metrics.total_return / 100;
    if (typeof message.extra?.final_equity === "number") this.summary.balance = message.extra.final_equity;
    const at = Date.parse(message.timestamp ?? "");
    if (Number.isFinite(at)) this.endedAt = at;
  }

  private failed(data: any, message: WireMessage): void {
    // What is told of it is no failure of the run: its status says so.
    if (message.extra?.code === "deleted") return;
    this.failure = { error: String(data.error ?? "unknown error"), details: data.details ?? {} };
    // Without a seq it speaks of this connection, not of the run.
    if (message.seq === undefined) return;
    this.status = "error";
    const at = Date.parse(message.timestamp ?? "");
    if (Number.isFinite(at)) this.endedAt = at;
  }

  private reach(time: number): void {
    if (Number.isFinite(time) && time > this.now) this.now = time;
  }
}
