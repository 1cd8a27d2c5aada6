import { priceDigits, timeframeMs, type Candles } from "../model/candles.ts";
import { lastNotAbove } from "../model/series.ts";

const FIRST = 1_024;
/** So many are kept of a timeframe; a view that stands open for weeks must not grow for ever. */
const MOST = 20_000;

const VALUES = ["open", "high", "low", "close", "volume"] as const;
type Name = "time" | (typeof VALUES)[number];

/** The candles of one timeframe, the last of them growing, in columns that the charts can draw. */
export class CandleSeries implements Candles {
  readonly bucket = 1;
  readonly synthetic = false;
  readonly span: number;
  length = 0;
  /** Open time of the last closed candle. */
  closedTo = -Infinity;
  private store: Record<Name, Float64Array>;
  /** The columns as they are read: drawing asks for them once a candle. */
  private views: Partial<Record<Name, Float64Array>> = {};
  private known = 2;
  private measured = -1;

  constructor(readonly symbol: string, readonly timeframe: string, private readonly most = MOST) {
    this.span = timeframeMs(timeframe) || 60_000;
    this.store = allocate(FIRST);
  }

  /** Take a candle as it is told; late ones find their place. */
  put(time: number, values: readonly number[], closed: boolean): void {
    // What is told of a growing candle may come after its end.
    if (!closed && time <= this.closedTo) return;
    const at = lastNotAbove(this.store.time, time, this.length);
    if (at >= 0 && this.store.time[at] === time) this.write(at, time, values);
    else this.insert(at + 1, time, values);
    if (closed && time > this.closedTo) this.closedTo = time;
  }

  /** Whether the last candle still grows. */
  get growing(): boolean {
    return this.length > 0 && this.lastTime > this.closedTo;
  }

  /** Open time of the last candle; -Infinity while there is none. */
  get lastTime(): number {
    return this.length > 0 ? (this.store.time[this.length - 1] as number) : -Infinity;
  }

  /** Index of the candle that opened at `time` or is the last before it; -1 for none. */
  at(time: number): number {
    return lastNotAbove(this.store.time, time, this.length);
  }

  get time(): Float64Array {
    return this.column("time");
  }

  get open(): Float64Array {
    return this.column("open");
  }

  get high(): Float64Array {
    return this.column("high");
  }

  get low(): Float64Array {
    return this.column("low");
  }

  get close(): Float64Array {
    return this.column("close");
  }

  get volume(): Float64Array {
    return this.column("volume");
  }

  get digits(): number {
    // Prices of a market keep their decimals: a look now and then is enough.
    if (this.measured < 0 || this.length > this.measured * 2) {
      this.known = priceDigits(this.close);
      this.measured = this.length;
    }
    return this.known;
  }

  private column(name: Name): Float64Array {
    return this.views[name] ??= this.store[name].subarray(0, this.length);
  }

  private write(at: number, time: number, values: readonly number[]): void {
    this.store.time[at] = time;
    VALUES.forEach((name, i) => (this.store[name][at] = values[i] as number));
  }

  private insert(at: number, time: number, values: readonly number[]): void {
    if (this.length === this.most) {
      this.forget(Math.ceil(this.most / 4));
      at = lastNotAbove(this.store.time, time, this.length) + 1;
    }
    if (this.length === this.store.time.length) this.grow();
    if (at < this.length) for (const column of Object.values(this.store)) column.copyWithin(at + 1, at, this.length);
    this.length++;
    this.views = {};
    this.write(at, time, values);
  }

  private forget(count: number): void {
    for (const column of Object.values(this.store)) column.copyWithin(0, count, this.length);
    this.length -= count;
    this.views = {};
  }

  private grow(): void {
    const larger = allocate(this.store.time.length * 2);
    for (const name of Object.keys(this.store) as Name[]) larger[name].set(this.store[name]);
    this.store = larger;
  }
}

function allocate(size: number): Record<Name, Float64Array> {
  const column = (): Float64Array => new Float64Array(size);
  return { time: column(), open: column(), high: column(), low: column(), close: column(), volume: column() };
}
