import assert from "node:assert/strict";
import { test } from "node:test";
import { Grid, type Choice } from "../src/model/grid.ts";
import { joinedOf } from "../src/model/joined.ts";
import { SweepModel, type Row } from "../src/model/sweep.ts";

const DAY = 86_400_000;
const choice = (more: Partial<Choice> = {}): Choice => ({ x: "fast", y: "slow", metric: "sharpe_ratio", better: 1, split: 0, fixed: {}, ...more });

function begun(space: object, excluded?: number[]): SweepModel {
  const model = new SweepModel();
  model.begin({ space, metric: "sharpe_ratio", maximize: true, method: "grid", rows: 1, splits: 0, excluded });
  return model;
}

function gridOf(model: SweepModel, more: Partial<Choice> = {}): Grid {
  const grid = new Grid(model, choice(more));
  grid.update();
  return grid;
}

const excludedOf = (grid: Grid): number[] => grid.cells.flatMap((_, place) => (grid.excluded(place) ? [place] : []));

test("what the constraint excludes is known before a row is there", () => {
  // Asked for in another order than the axes have: slow changes fastest.
  const model = begun({ fast: [9, 5], slow: [8, 4] }, [0, 2, 1, 1]);
  assert.deepEqual(excludedOf(gridOf(model)), [0, 1, 3]);
  assert.deepEqual(excludedOf(gridOf(model, { x: "slow", y: null })), [0]);
});

test("a place is excluded only if all that it stands for is", () => {
  const model = begun({ fast: [1, 2], trend: [true, false] }, [0, 1, 3]);
  assert.deepEqual(excludedOf(gridOf(model, { y: null })), []);
  assert.deepEqual(excludedOf(gridOf(model, { y: null, fixed: { trend: true } })), [0]);
  assert.deepEqual(excludedOf(gridOf(model, { y: null, fixed: { trend: false } })), []);
});

test("without word of it nothing is excluded", () => {
  assert.deepEqual(excludedOf(gridOf(begun({ fast: [1, 2], slow: [3, 4] }))), []);
});

function part(split: number, growth: number[], more: { fall?: number; open?: boolean; error?: string } = {}): Row {
  const last = growth[growth.length - 1] as number;
  return {
    number: 0, params: { fast: 5 }, metrics: more.error ? {} : { total_return: 100 * (last - 1), max_drawdown: more.fall ?? 0 },
    error: more.error ?? "", few: false, sample: "out", split, start: "", end: "",
    curve: more.error ? null : {
      time: growth.map((_, i) => DAY * (10 * split + i)), growth, high: Math.max(1, ...growth), low: Math.min(1, ...growth),
      open: more.open ?? false, periods: 252,
    },
  };
}

const near = (found: readonly number[], wanted: readonly number[]): void => {
  assert.equal(found.length, wanted.length);
  found.forEach((value, i) => assert.ok(Math.abs(value - (wanted[i] as number)) < 1e-9, `${found} is not ${wanted}`));
};

test("the parts are one account: a fall goes on from part to part", () => {
  const whole = joinedOf([part(0, [1.2, 1.1], { fall: -10 }), part(1, [0.95, 0.9], { fall: -10 })]);
  near(whole.growth, [1.2, 1.1, 1.1 * 0.95, 1.1 * 0.9]);
  near([whole.max_drawdown, whole.total_return], [100 * ((1.1 * 0.9) / 1.2 - 1), -1]);
  assert.deepEqual(whole.starts, [0, 2]);
  const returns = [0.2, 1.1 / 1.2 - 1, -0.05, 0.9 / 0.95 - 1];
  const mean = returns.reduce((a, b) => a + b) / 4;
  near([whole.sharpe_ratio], [(mean / Math.sqrt(returns.reduce((a, b) => a + (b - mean) ** 2, 0) / 3)) * Math.sqrt(252)]);
});

test("a period that goes on behind a part is one, unless the next part failed", () => {
  near(joinedOf([part(0, [1.1, 1.2], { open: true }), part(1, [1.5, 1.4])]).growth, [1.1, 1.8, 1.2 * 1.4]);
  near(joinedOf([part(0, [1.1, 1.2], { open: true }), part(1, [1], { error: "no" }), part(2, [1.5])]).growth, [1.1, 1.2, 1.8]);
});

test("without a part that was traded there is no figure", () => {
  const none = joinedOf([part(0, [1], { error: "no" })]);
  assert.equal(none.parts, 0);
  assert.ok(Number.isNaN(none.max_drawdown) && Number.isNaN(none.sharpe_ratio));
});
