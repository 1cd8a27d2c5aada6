import { lastNotAbove } from "./series.ts";

/** Candles as columns; `time` is the open time in epoch ms. */
export interface Candles {
  symbol: string;
  timeframe: string;
  time: Float64Array;
  open: Float64Array;
  high: Float64Array;
  low: Float64Array;
  close: Float64Array;
  /** Candles merged into each one. */
  bucket: number;
  /** Length of one merged candle in ms. */
  span: number;
  synthetic: boolean;
  /** Decimals the prices are written with. */
  digits: number;
}

const UNIT_MS: Record<string, number> = { M: 60_000, H: 3_600_000, D: 86_400_000, W: 604_800_000 };

/** Length in ms of a timeframe such as 15M, or 0 when it is none. */
export function timeframeMs(name: string): number {
  const match = /^(\d+)([MHDW])$/.exec(name.trim().toUpperCase());
  return match ? Number(match[1]) * (UNIT_MS[match[2] as string] as number) : 0;
}

/** Read the server's reply; throws when columns are missing or of unequal length. */
export function candlesOf(body: any): Candles {
  const time = Float64Array.from(body?.time ?? []);
  const column = (name: string): Float64Array => {
    const values = Float64Array.from(body?.[name] ?? []);
    if (values.length !== time.length) {
      throw new Error(`candles: ${name} has ${values.length} values, time has ${time.length}`);
    }
    return values;
  };
  const bucket = Math.max(1, Number(body?.bucket) || 1);
  const close = column("close");
  const single = timeframeMs(String(body?.timeframe ?? "")) || (time.length > 1 ? shortestStep(time) / bucket : 1);
  return {
    symbol: String(body?.symbol ?? ""),
    timeframe: String(body?.timeframe ?? ""),
    time,
    open: column("open"),
    high: column("high"),
    low: column("low"),
    close,
    bucket,
    span: single * bucket,
    synthetic: Boolean(body?.synthetic),
    digits: priceDigits(close),
  };
}

function shortestStep(time: Float64Array): number {
  let step = Infinity;
  for (let i = 1; i < time.length; i++) step = Math.min(step, (time[i] as number) - (time[i - 1] as number));
  return step > 0 && Number.isFinite(step) ? step : 1;
}

/** Decimals that show these prices without noise: those they have, at most seven digits in all. */
export function priceDigits(prices: ArrayLike<number>): number {
  if (prices.length === 0) return 2;
  const step = Math.max(1, Math.floor(prices.length / 200));
  let found = 0;
  let largest = 0;
  for (let i = 0; i < prices.length; i += step) {
    const price = Math.abs(prices[i] as number);
    largest = Math.max(largest, price);
    const text = String(Number(price.toPrecision(10)));
    const exponent = /e-(\d+)$/.exec(text);
    const decimals = exponent ? 10 : (text.split(".")[1]?.length ?? 0);
    found = Math.max(found, decimals);
  }
  const whole = largest >= 1 ? Math.floor(Math.log10(largest)) + 1 : 1 + Math.floor(Math.log10(largest || 1));
  return Math.min(Math.max(found, 2), Math.max(2, Math.min(10, 6 - whole)));
}

/**
 * How many candles, from the first, may be drawn at `now`: none that holds prices the run has not
 * seen. A merged candle is over when the next one has begun; its own end cannot be told (nights,
 * weekends).
 */
export function visibleCount(candles: Candles, now: number): number {
  if (now === Infinity) return candles.time.length;
  const begun = lastNotAbove(candles.time, now) + 1;
  return candles.bucket === 1 ? begun : Math.max(0, begun - 1);
}
