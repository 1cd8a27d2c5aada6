import assert from "node:assert/strict";
import { test } from "node:test";
import { aboutOf } from "../src/model/about.ts";
import { Axis, Grid, type Choice } from "../src/model/grid.ts";
import { RunModel } from "../src/model/run.ts";
import {
  byFigure, byParam, figure, first, lineFor, pythonCall, requestFor, SweepModel, type Row, type Value,
} from "../src/model/sweep.ts";
import { stepAt } from "../src/sweep/colours.ts";
import { boxOf, cellAt, everyNth, layoutOf } from "../src/sweep/layout.ts";
import { shareOf } from "../src/sweep/paint.ts";
import { scaleOf, ticksOf } from "../src/sweep/scale.ts";
import { efficiency, splitsOf } from "../src/sweep/splits.ts";
import { describe } from "../src/view/progress.ts";

type Params = Record<string, Value>;

const row = (number: number, params: Params, sharpe: number | null, more: object = {}): object => ({
  backtest_id: "r", number, params, metrics: sharpe === null ? {} : { sharpe_ratio: sharpe }, error: "", sample: "all", split: 0,
  start: "2017-01-01T22:00:00Z", end: "2017-12-29T21:00:00Z", ...more,
});

function sweep(...rows: object[]): SweepModel {
  const model = new SweepModel();
  rows.forEach((each) => model.add(each));
  return model;
}

const choice = (more: Partial<Choice> = {}): Choice => ({ x: "fast", y: "slow", metric: "sharpe_ratio", better: 1, split: 0, fixed: {}, ...more });
const at = (grid: Grid, x: number, y: number): number | undefined => grid.at(x, y)?.row.number;

test("values of a parameter are ordered: numbers ascending, others as they came", () => {
  const model = sweep(row(0, { n: 10, kind: "z", on: true }, 1), row(1, { n: 9, kind: "a", on: false }, 1), row(2, { n: 100, kind: "z", on: true }, 1));
  assert.deepEqual(model.params.get("n"), [9, 10, 100]);
  assert.deepEqual(model.params.get("kind"), ["z", "a"]);
  assert.deepEqual(model.params.get("on"), [true, false]);
  assert.deepEqual(model.varying, ["n", "kind", "on"]);
});

test("a row that is told twice counts once, one of another split does not", () => {
  const model = sweep(
    row(0, { n: 1 }, 1), row(0, { n: 1 }, 1), row(0, { n: 1 }, 1, { sample: "in", split: 1 }), row(1, { n: 2 }, null, { error: "no" }),
  );
  assert.equal(model.rows.length, 3);
  assert.equal(model.failed, 1);
  assert.deepEqual(model.splits, [1]);
});

test("what the first status says lays the axes out before a row is there", () => {
  const run = new RunModel();
  run.apply({ type: "status", seq: 1, timestamp: "", data: {
    status: "running", sweep: { space: { slow: [30, 10, 20], fast: [5] }, metric: "volatility", maximize: false, method: "grid", rows: 3, splits: 0 },
  } });
  assert.equal(run.sweep.seen, true);
  assert.deepEqual(run.sweep.facts, { metric: "volatility", better: -1, method: "grid", total: 3, minTrades: 1 });
  assert.deepEqual(run.sweep.params.get("slow"), [10, 20, 30]);
  const grid = new Grid(run.sweep, choice());
  grid.update();
  assert.deepEqual([grid.x.size, grid.y.size, grid.filled], [1, 3, 0]);
});

test("the progress of a sweep counts its rows, whatever is said of candles", () => {
  const run = new RunModel();
  const time = (s: number): string => new Date(1_700_000_000_000 + s * 1000).toISOString();
  run.apply({ type: "status", seq: 1, timestamp: time(0), data: { status: "running", bars: 6200, sweep: { space: {}, metric: "m", maximize: true, rows: 100 } } });
  for (let i = 0; i < 20; i++) run.apply({ type: "sweep", seq: i + 2, timestamp: time(i / 10), data: row(i, { n: i }, 1, i === 3 ? { error: "x" } : {}) });
  run.apply({ type: "progress", seq: 30, timestamp: time(2), data: { progress: 20, metrics: {} }, extra: { bar: 3000, bars: 6200 } });
  const parts = describe(run);
  assert.deepEqual(parts.slice(0, 3), ["20 / 100 combinations", "1 failed", "10/s"]);
  assert.match(parts[3] as string, /^8\.\d s left$/);
});

test("each cell holds the best over the other parameters, or the one at a fixed value", () => {
  const rows = [
    row(0, { fast: 1, slow: 2, on: true }, 0.5), row(1, { fast: 1, slow: 2, on: false }, 0.9), row(2, { fast: 2, slow: 2, on: true }, 0.1),
  ];
  const free = new Grid(sweep(...rows), choice());
  free.update();
  assert.deepEqual([at(free, 0, 0), at(free, 1, 0), free.at(0, 0)?.count, free.best], [1, 2, 2, 0]);
  const fixed = new Grid(sweep(...rows), choice({ fixed: { on: true } }));
  fixed.update();
  assert.equal(at(fixed, 0, 0), 0);
  const least = new Grid(sweep(...rows), choice({ better: -1 }));
  least.update();
  assert.deepEqual([at(least, 0, 0), least.best], [0, 1]);
});

test("what comes later changes only its own cells; a value that was not known changes all", () => {
  const model = sweep(row(0, { fast: 1, slow: 1 }, 1), row(1, { fast: 2, slow: 2 }, 2));
  const grid = new Grid(model, choice());
  assert.equal(grid.update(), null);
  assert.deepEqual(grid.update(), []);
  model.add(row(2, { fast: 2, slow: 1 }, 3));
  assert.deepEqual(grid.update(), [1]);
  model.add(row(3, { fast: 2, slow: 1 }, 0));
  assert.deepEqual(grid.update(), []);
  assert.equal(grid.at(1, 0)?.count, 2);
  model.add(row(4, { fast: 3, slow: 1 }, 3));
  assert.equal(grid.update(), null);
  assert.equal(grid.filled, 4);
  model.reset();
  assert.equal(grid.update(), null);
  assert.equal(grid.filled, 0);
});

test("failed rows and undefined figures are in their cells, and lose against any figure", () => {
  const model = sweep(row(0, { fast: 1, slow: 1 }, null, { error: "boom" }), row(1, { fast: 2, slow: 1 }, null));
  const grid = new Grid(model, choice());
  grid.update();
  assert.deepEqual([grid.filled, grid.best, Number.isNaN(grid.low)], [2, -1, true]);
  assert.equal(grid.cells[0]?.row.error, "boom");
  model.add(row(2, { fast: 1, slow: 1 }, -5));
  grid.update();
  assert.deepEqual([at(grid, 0, 0), grid.low, grid.high], [2, -5, -5]);
});

test("of a walk-forward the in-sample rows of one split are drawn", () => {
  const model = sweep(
    row(0, { fast: 1, slow: 1 }, 1, { sample: "in" }), row(0, { fast: 1, slow: 1 }, 2, { sample: "in", split: 1 }),
    row(0, { fast: 1, slow: 1 }, 9, { sample: "out" }),
  );
  const grid = new Grid(model, choice({ split: 1 }));
  grid.update();
  assert.equal(grid.cells[0]?.value, 2);
  assert.equal(grid.cells[0]?.count, 1);
  const [split] = splitsOf(model);
  assert.equal(efficiency(split as NonNullable<typeof split>, "sharpe_ratio"), 9);
  assert.equal(splitsOf(model).length, 1);
});

test("what is not defined is not there, and who never trades is never best", () => {
  const idle = { sharpe_ratio: 0, total_return: 0, max_drawdown: 0, profit_factor: 0, win_rate: 0, total_trades: 0, average_loss: 0 };
  const lucky = { sharpe_ratio: -1, volatility: 3, total_return: -2, max_drawdown: -5, profit_factor: 0, win_rate: 1, total_trades: 2 };
  const usual = { ...lucky, profit_factor: 9, win_rate: 0.5 };
  const model = sweep(
    row(0, { fast: 1, slow: 1 }, null, { metrics: idle }), row(1, { fast: 2, slow: 1 }, null, { metrics: usual }),
    row(2, { fast: 3, slow: 1 }, null, { metrics: lucky }),
  );
  assert.deepEqual(Object.keys((model.rows[0] as Row).metrics), ["total_return", "max_drawdown", "total_trades"]);
  for (const metric of ["total_return", "max_drawdown", "sharpe_ratio", "profit_factor"]) {
    const grid = new Grid(model, choice({ metric }));
    grid.update();
    const best = metric === "profit_factor" ? 2 : 1;
    assert.equal(grid.best, best, metric);
    assert.equal(first(model.rows, 3, byFigure(metric, 1))[0]?.number, best, metric);
    assert.equal(first(model.rows, 3, byFigure(metric, 1))[2]?.number, 0, metric);
  }
  const grid = new Grid(model, choice({ metric: "profit_factor" }));
  grid.update();
  assert.deepEqual([grid.low, grid.high, grid.cells[2]?.value], [9, 9, Infinity]);
  assert.equal(shareOf(Infinity, scaleOf(1, 9), 1), 1);
});

test("the title of a sweep says what is swept", () => {
  const spec = {
    strategy_ids: ["sma_cross"], strategy_params: { shorts: true },
    sweep: { space: { fast: [9, 5, 7], slow: [30, 40], mode: ["a", "b", "c", "d", "e"] } },
  };
  assert.equal(aboutOf({ name: "sma_cross", spec })?.strategies, "sma_cross(fast=5…9, slow=30 | 40, mode=a | b | c | …, shorts=True)");
});

test("an efficiency against a loss says nothing", () => {
  const model = sweep(row(0, { n: 1 }, -1, { sample: "in" }), row(0, { n: 1 }, 2, { sample: "out" }));
  assert.ok(Number.isNaN(efficiency(splitsOf(model)[0] as ReturnType<typeof splitsOf>[number], "sharpe_ratio")));
});

test("arrows find the next cell there is something in, and stop at the edge", () => {
  const model = sweep(row(0, { fast: 1, slow: 1 }, 1), row(1, { fast: 2, slow: 2 }, 1), row(2, { fast: 3, slow: 1 }, 1));
  const grid = new Grid(model, choice());
  grid.update();
  assert.equal(grid.next(0, 1, 0), 2);
  assert.equal(grid.next(2, 1, 0), -1);
  assert.equal(grid.next(0, 0, 1), -1);
});

test("an axis of very many numbers puts them into ranges", () => {
  const axis = new Axis("n", Array.from({ length: 1001 }, (_, i) => i / 10));
  assert.equal(axis.size, 40);
  assert.deepEqual([0, 2.4, 2.6, 50, 100].map((value) => axis.place(value)), [0, 0, 1, 20, 39]);
  assert.equal(axis.label(0), "1.25");
  assert.equal(new Axis("n", [1, 5]).place(3), -1);
});

test("the best are those a sort of all would find, failed ones last", () => {
  const rows: object[] = [];
  for (let i = 0; i < 500; i++) rows.push(row(i, { n: (i * 37) % 101 }, i % 7 === 0 ? null : Math.sin(i), i % 11 === 0 ? { error: "x" } : {}));
  const all = sweep(...rows).rows;
  for (const compare of [byFigure("sharpe_ratio", 1), byFigure("sharpe_ratio", -1), byParam("n", 1), byParam("n", -1)]) {
    assert.deepEqual(first(all, 50, compare), [...all].sort(compare).slice(0, 50));
    assert.deepEqual(first(all, 1000, compare), [...all].sort(compare));
  }
  const worst = [...all].sort(byFigure("sharpe_ratio", -1)).at(-1) as Row;
  assert.ok(Number.isNaN(figure(worst, "sharpe_ratio")));
});

test("a line of Python and the request for a row", () => {
  const [whole, out] = sweep(row(3, { fast: 9, on: true, kind: "a\"b" }, 1), row(4, { fast: 9 }, 1, { sample: "out", split: 2 })).rows as [Row, Row];
  assert.equal(lineFor(whole), "sweep.open(fast=9, on=True, kind=\"a\\\"b\")");
  assert.equal(lineFor(out), "sweep.open(4, sample=\"out\", split=2)");
  assert.deepEqual(requestFor(out), { number: 4, sample: "out", split: 2 });
  assert.equal(pythonCall("X", { off: false }), "X(off=False)");
});

test("a point is in the cell whose box it is in, for every cell", () => {
  const layout = layoutOf(317, 211, 13, 7, { left: 30, bottom: 36, top: 2 });
  for (let index = 0; index < 13 * 7; index++) {
    const box = boxOf(layout, index);
    assert.equal(cellAt(layout, box.x + box.width / 2, box.y + box.height / 2), index);
  }
  assert.ok(boxOf(layout, 0).y > boxOf(layout, 13).y, "values grow upwards");
  assert.equal(cellAt(layout, 29, 50), -1);
  assert.equal(cellAt(layout, 50, layout.top + layout.height + 1), -1);
  assert.ok(layoutOf(2000, 2000, 2, 2, { left: 0, bottom: 0, top: 0 }).width < 200, "few cells do not get huge");
  assert.deepEqual([everyNth(50, 20), everyNth(10, 20), everyNth(1, 20)], [1, 3, 26]);
});

test("the scale is of round numbers, holds all values and stays while they move a little", () => {
  const scale = scaleOf(-0.37, 1.62);
  assert.deepEqual([scale.low, scale.high], [-0.5, 2]);
  assert.deepEqual(scaleOf(-0.36, 1.6), scale);
  assert.deepEqual(ticksOf(scale, 6).map((tick) => Number(tick.toFixed(6))), [-0.5, 0, 0.5, 1, 1.5, 2]);
  const flat = scaleOf(3, 3);
  assert.ok(flat.low <= 3 && flat.high > 3 - 1e-9 && flat.low < flat.high);
  assert.deepEqual(scaleOf(NaN, NaN), { low: 0, high: 1, step: 0.5 });
});

test("better is brighter, and text on a colour can be read", () => {
  const scale = scaleOf(0, 10);
  assert.ok(shareOf(9, scale, 1) > shareOf(1, scale, 1));
  assert.ok(shareOf(9, scale, -1) < shareOf(1, scale, -1));
  const light = (colour: string): number => {
    const [r, g, b] = (/^#/.test(colour) ? colour.slice(1).match(/../g)!.map((v) => parseInt(v, 16)) : colour.match(/\d+/g)!.map(Number)) as [number, number, number];
    const linear = (v: number): number => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4);
    return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  };
  let before = -1;
  for (let i = 0; i <= 255; i++) {
    const { fill, ink } = stepAt(i / 255);
    const [a, b] = [light(fill), light(ink)];
    assert.ok((Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) >= 3, `${fill} ${ink}`);
    assert.ok(a > before - 0.002, `step ${i} is darker than the one before`);
    before = a;
  }
});
