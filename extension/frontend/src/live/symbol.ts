import type { CandleData, DataGapData } from "../../stream/src/index.ts";
import { CandleSeries } from "../market/series.ts";
import type { MarketGap } from "../market/model.ts";
import { timeframeMs } from "../model/candles.ts";
import type { Marker } from "../model/marker.ts";
import { Column } from "../model/series.ts";

const MOST_GAPS = 200;

/** What a session knows of one symbol: its candles, what was traded, what its feed does. */
export class SymbolModel {
  readonly markers: Marker[] = [];
  readonly markerTimes = new Column();
  readonly gaps: MarketGap[] = [];
  /** As told; empty until then. */
  feed = { state: "", message: "", code: "" };
  private readonly frames = new Map<string, CandleSeries>();

  constructor(readonly name: string) {}

  /** Shortest first. */
  get timeframes(): string[] {
    return [...this.frames.keys()].sort((a, b) => timeframeMs(a) - timeframeMs(b));
  }

  /** Null while nothing was told of it. */
  candles(timeframe: string): CandleSeries | null {
    return this.frames.get(timeframe) ?? null;
  }

  /** Those of the shortest timeframe. */
  get shortest(): CandleSeries | null {
    const [first] = this.timeframes;
    return first === undefined ? null : this.candles(first);
  }

  /** The last close of the shortest timeframe, growing or not. */
  get price(): number | null {
    const candles = this.shortest;
    return candles === null || candles.length === 0 ? null : (candles.close[candles.length - 1] as number);
  }

  candle(data: CandleData): void {
    const time = Date.parse(data.time);
    const values = [data.open, data.high, data.low, data.close, data.volume];
    if (!Number.isFinite(time) || !values.every((value) => typeof value === "number")) return;
    let series = this.frames.get(data.timeframe);
    if (series === undefined) this.frames.set(data.timeframe, (series = new CandleSeries(this.name, data.timeframe)));
    series.put(time, values, data.closed);
  }

  traded(marker: Marker): void {
    this.markers.push(marker);
    this.markerTimes.push(marker.time);
  }

  gap({ what, missing, start, end, filled }: DataGapData): void {
    const gap = { what, missing, filled, start: Date.parse(start), end: Date.parse(end) };
    if (!Number.isFinite(gap.start) || !Number.isFinite(gap.end)) return;
    // One that could be filled afterwards is told again.
    const known = this.gaps.findIndex((other) => other.what === what && other.start === gap.start && other.end === gap.end);
    if (known >= 0) this.gaps[known] = gap;
    else this.gaps.push(gap);
    if (this.gaps.length > MOST_GAPS) this.gaps.shift();
  }
}
