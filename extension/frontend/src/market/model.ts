import type {
  CandleData, ConfluenceData, DataGapData, FeedData, PatternData, StructureData, WireMessage,
} from "../../stream/src/index.ts";
import { timeframeMs } from "../model/candles.ts";
import type { Failure } from "../model/run.ts";
import { Column } from "../model/series.ts";
import { Patterns } from "./patterns.ts";
import { CandleSeries } from "./series.ts";
import { Structure } from "./structure.ts";

const MOST_SCORES = 20_000;
const MOST_GAPS = 500;

/** What the market is, as far as it was told. */
export interface MarketInfo {
  symbol: string;
  feed: string;
  source: string;
  synthetic: boolean;
  /** Shortest first. */
  timeframes: string[];
}

/** Where prices are missing. */
export interface MarketGap {
  what: string;
  missing: number;
  start: number;
  end: number;
  filled: boolean;
}

/** The latest score with its terms. */
export type Confluence = ConfluenceData;

/** All that is known of one timeframe. */
export class TimeframeModel {
  readonly candles: CandleSeries;
  readonly patterns = new Patterns();
  readonly structure = new Structure();

  constructor(symbol: string, readonly name: string) {
    this.candles = new CandleSeries(symbol, name);
  }
}

/** A market as its messages tell it. Knows no clock, no socket and no page. */
export class MarketModel {
  info!: MarketInfo;
  /** What the feed does; empty until told. */
  state!: string;
  /** In the feed's words, and the code where something is wrong. */
  word!: { message: string; code: string };
  failure: Failure | null = null;
  confluence: Confluence | null = null;
  gaps: MarketGap[] = [];
  /** The score over time, bearish ones below zero. */
  readonly scoreTime = new Column();
  readonly score = new Column();
  seq = 0;
  /** Messages that were merged into later ones on the way. */
  conflated = 0;
  private readonly frames = new Map<string, TimeframeModel>();

  constructor() {
    this.reset();
  }

  /** Forget what was told; it is going to be told again. */
  reset(): void {
    this.info = { symbol: "", feed: "", source: "", synthetic: false, timeframes: [] };
    this.state = "";
    this.word = { message: "", code: "" };
    this.failure = this.confluence = null;
    this.gaps = [];
    this.scoreTime.clear();
    this.score.clear();
    this.seq = 0;
    this.frames.clear();
  }

  /** Null while nothing was told of it. */
  frame(timeframe: string): TimeframeModel | null {
    return this.frames.get(timeframe) ?? null;
  }

  /** What prices are now: the last candle of the shortest timeframe. */
  get price(): number | null {
    for (const name of this.info.timeframes) {
      const candles = this.frames.get(name)?.candles;
      if (candles && candles.length > 0) return candles.close[candles.length - 1] as number;
    }
    return null;
  }

  apply(message: WireMessage): void {
    const { type, data } = message;
    if (typeof message.seq === "number" && message.seq > this.seq) this.seq = message.seq;
    this.conflated += message.conflated ?? 0;
    switch (type) {
      case "connected": return this.know(data, data.status);
      case "candle": return this.candle(data);
      case "pattern": return this.pattern(data);
      case "structure": return this.fact(data);
      case "confluence": return this.scored(data);
      case "feed": return this.told(data);
      case "data_gap": return this.gap(data);
      case "error":
        this.failure = message.extra?.code === "deleted"
          ? { error: "The market was deleted", details: {} }
          : { error: String(data.error ?? "unknown error"), details: data.details ?? {} };
        return;
    }
  }

  private know(data: Partial<FeedData>, state: unknown): void {
    const { info } = this;
    const timeframes = data.timeframes?.length ? byLength(data.timeframes) : info.timeframes;
    this.info = {
      symbol: data.symbol || info.symbol,
      feed: data.feed || info.feed,
      source: data.source || info.source,
      synthetic: data.synthetic ?? info.synthetic,
      timeframes,
    };
    if (typeof state === "string" && state) this.state = state;
  }

  private told(data: FeedData): void {
    this.know(data, data.state);
    this.word = { message: data.message ?? "", code: data.code ?? "" };
    if (data.state === "live") this.failure = null;
  }

  private candle(data: CandleData): void {
    const time = Date.parse(data.time);
    const values = [data.open, data.high, data.low, data.close, data.volume];
    if (!Number.isFinite(time) || !values.every((value) => typeof value === "number")) return;
    const frame = this.frameOf(data);
    frame.candles.put(time, values, data.closed);
    if (data.closed) frame.patterns.settle(time);
  }

  private pattern(data: PatternData): void {
    const frame = this.frameOf(data);
    // Told late, of a candle that has closed since.
    if (data.provisional && Date.parse(data.bar_time) <= frame.candles.closedTo) return;
    frame.patterns.take(data);
  }

  private fact(data: StructureData): void {
    this.frameOf(data).structure.take(data);
  }

  private scored(data: ConfluenceData): void {
    const time = Date.parse(data.bar_time);
    if (!Number.isFinite(time)) return;
    const count = this.scoreTime.length;
    const last = count > 0 ? this.scoreTime.at(count - 1) : -Infinity;
    if (time < last) return;
    this.confluence = data;
    if (time === last) return;
    if (count >= MOST_SCORES) this.halve();
    this.scoreTime.push(time);
    this.score.push(data.direction === "bearish" ? -data.score : data.direction === "bullish" ? data.score : 0);
  }

  private halve(): void {
    const keep = Math.floor(MOST_SCORES / 2);
    for (const column of [this.scoreTime, this.score]) {
      const kept = column.values.slice(-keep);
      column.clear();
      kept.forEach((value) => column.push(value));
    }
  }

  private gap(data: DataGapData): void {
    const gap = {
      what: data.what, missing: data.missing, start: Date.parse(data.start), end: Date.parse(data.end), filled: data.filled,
    };
    if (!Number.isFinite(gap.start) || !Number.isFinite(gap.end)) return;
    // One that could be filled afterwards is told again.
    this.gaps = this.gaps.filter(({ what, start, end }) => what !== gap.what || start !== gap.start || end !== gap.end);
    this.gaps.push(gap);
    if (this.gaps.length > MOST_GAPS) this.gaps = this.gaps.slice(-MOST_GAPS / 2);
  }

  private frameOf({ symbol, timeframe }: { symbol: string; timeframe: string }): TimeframeModel {
    const known = this.frames.get(timeframe);
    if (known !== undefined) return known;
    const made = new TimeframeModel(symbol, timeframe);
    this.frames.set(timeframe, made);
    if (!this.info.timeframes.includes(timeframe)) {
      this.info = { ...this.info, symbol: this.info.symbol || symbol, timeframes: byLength([...this.info.timeframes, timeframe]) };
    }
    return made;
  }
}

function byLength(timeframes: readonly string[]): string[] {
  return [...timeframes].sort((a, b) => timeframeMs(a) - timeframeMs(b));
}
