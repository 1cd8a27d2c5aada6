/** A growing column of numbers over a doubling Float64Array. */
export class Column {
  private store = new Float64Array(1024);
  private view: Float64Array | null = null;
  length = 0;

  push(value: number): void {
    if (this.length === this.store.length) {
      const larger = new Float64Array(this.store.length * 2);
      larger.set(this.store);
      this.store = larger;
    }
    this.store[this.length++] = value;
    this.view = null;
  }

  at(index: number): number {
    return this.store[index] as number;
  }

  /** The values so far, without copying; valid until the next push. */
  get values(): Float64Array {
    return this.view ??= this.store.subarray(0, this.length);
  }

  clear(): void {
    this.length = 0;
    this.view = null;
  }
}

/** First index whose value is not below `wanted`, in ascending `values`. */
export function lowerBound(values: ArrayLike<number>, wanted: number, length = values.length): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((values[middle] as number) < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Index of the last value not above `wanted`, or -1. */
export function lastNotAbove(values: ArrayLike<number>, wanted: number, length = values.length): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((values[middle] as number) <= wanted) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
