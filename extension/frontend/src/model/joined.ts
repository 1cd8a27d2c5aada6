import type { Row } from "./sweep.ts";

/** The out-of-sample parts of a walk-forward as one account; see `workbench.sweeps.joined`. */
export interface Joined {
  /** Ends of the return periods, milliseconds since the epoch. */
  time: number[];
  /** Equity there, over that at the start. */
  growth: number[];
  /** Places in these at which a part begins. */
  starts: number[];
  /** Parts that were traded. */
  parts: number;
  /** Percent. */
  total_return: number;
  /** The deepest at any close: percent, 0 or below. */
  max_drawdown: number;
  /** Annualised; NaN where no two returns differ. */
  sharpe_ratio: number;
}

/** Join what was traded, `out` rows in the order of their splits: each with what the one before left. */
export function joinedOf(rows: readonly Row[]): Joined {
  const found: Joined = { time: [], growth: [], starts: [], parts: 0, total_return: 0, max_drawdown: NaN, sharpe_ratio: NaN };
  let level = 1;
  let peak = 1;
  let deepest = 0;
  let periods = 0;
  let within = -1;
  for (const { error, metrics, curve, split } of rows) {
    const gained = metrics["total_return"];
    if (error || gained === undefined || level <= 0) continue;
    let fall = (metrics["max_drawdown"] ?? 0) / 100;
    if (curve !== null) {
      fall = Math.min(fall, (level * curve.low) / peak - 1);
      peak = Math.max(peak, level * curve.high);
      if (split === within) {
        // The part before ended within the period that this one begins with.
        found.time.pop();
        found.growth.pop();
      }
      found.starts.push(found.time.length);
      found.time.push(...curve.time);
      for (const one of curve.growth) found.growth.push(level * one);
      within = curve.open ? split + 1 : -1;
      periods = Math.max(periods, curve.periods);
    }
    found.parts++;
    deepest = Math.min(deepest, fall);
    level *= 1 + gained / 100;
  }
  found.total_return = 100 * (level - 1);
  if (found.parts > 0) found.max_drawdown = 100 * deepest;
  found.sharpe_ratio = sharpe(found.growth, periods);
  return found;
}

function sharpe(growth: readonly number[], periods: number): number {
  const returns: number[] = [];
  let before = 1;
  for (const level of growth) {
    returns.push(level / before - 1);
    if (level <= 0) break;
    before = level;
  }
  const mean = returns.reduce((sum, one) => sum + one, 0) / returns.length;
  const squares = returns.reduce((sum, one) => sum + (one - mean) ** 2, 0);
  return returns.length > 1 && squares > 0 ? (mean / Math.sqrt(squares / (returns.length - 1))) * Math.sqrt(periods) : NaN;
}
