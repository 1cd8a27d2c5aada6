/** The range that colours or heights stand for. */
export interface Scale {
  low: number;
  high: number;
  /** Distance of its round values. */
  step: number;
}

/** A round number near a `count`-th of a range: 1, 2 or 5 times a power of ten. */
export function roundStep(range: number, count: number): number {
  const rough = range / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough));
  const times = rough / power;
  return (times <= 1 ? 1 : times <= 2 ? 2 : times <= 5 ? 5 : 10) * power;
}

/**
 * The range of values, widened to round numbers: so it changes seldom while values come in, and
 * each change means that all is drawn anew.
 */
export function scaleOf(low: number, high: number): Scale {
  if (!(low <= high)) return { low: 0, high: 1, step: 0.5 };
  const range = high - low || Math.abs(high) * 0.1 || 1;
  const step = roundStep(range, 8);
  const from = Math.floor(low / step + 1e-9) * step;
  const to = Math.ceil(high / step - 1e-9) * step;
  return to > from ? { low: from, high: to, step } : { low: from - step, high: from + step, step };
}

export function same(a: Scale, b: Scale): boolean {
  return a.low === b.low && a.high === b.high;
}

/** The round values of a scale, at most about `most`. */
export function ticksOf(scale: Scale, most: number): number[] {
  const step = Math.max(scale.step, roundStep(scale.high - scale.low, most));
  const first = Math.ceil(scale.low / step - 1e-9);
  const ticks: number[] = [];
  for (let i = first; i * step <= scale.high + step * 1e-9; i++) ticks.push(i * step);
  return ticks;
}
