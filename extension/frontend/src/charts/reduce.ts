import { lowerBound } from "../model/series.ts";

export interface Reduced {
  x: Float64Array | number[];
  y: Float64Array | number[];
}

/**
 * The points of a curve in [min, max], at most two per pixel column: the least and the greatest of
 * each, in the order they came, so that no extreme is lost. One point on either side is kept, and
 * the last one always.
 */
export function reduce(
  time: Float64Array, values: Float64Array, min: number, max: number, columns: number,
): Reduced {
  const from = Math.max(0, lowerBound(time, min) - 1);
  const to = Math.min(time.length, lowerBound(time, max) + 1);
  if (to - from <= columns * 4) return { x: time.slice(from, to), y: values.slice(from, to) };
  const x: number[] = [];
  const y: number[] = [];
  const scale = columns / (max - min);
  let i = from;
  while (i < to) {
    const column = Math.floor(((time[i] as number) - min) * scale);
    let low = i;
    let high = i;
    let j = i + 1;
    for (; j < to && Math.floor(((time[j] as number) - min) * scale) === column; j++) {
      if ((values[j] as number) < (values[low] as number)) low = j;
      if ((values[j] as number) > (values[high] as number)) high = j;
    }
    const first = Math.min(low, high);
    const second = Math.max(low, high);
    x.push(time[first] as number);
    y.push(values[first] as number);
    if (second !== first) {
      x.push(time[second] as number);
      y.push(values[second] as number);
    }
    i = j;
  }
  const last = to - 1;
  if (x[x.length - 1] !== time[last]) {
    x.push(time[last] as number);
    y.push(values[last] as number);
  }
  return { x, y };
}

/** Least and greatest of `low` and `high` over [from, to), or null when there is none. */
export function bounds(
  low: ArrayLike<number>, high: ArrayLike<number>, from: number, to: number,
): [number, number] | null {
  let least = Infinity;
  let greatest = -Infinity;
  for (let i = from; i < to; i++) {
    const a = low[i] as number;
    const b = high[i] as number;
    if (a < least) least = a;
    if (b > greatest) greatest = b;
  }
  return least <= greatest ? [least, greatest] : null;
}
