import assert from "node:assert/strict";
import { mock, test } from "node:test";
import type { Geometry } from "../src/charts/geometry.ts";
import { isDense } from "../src/charts/markers.ts";
import { priceBounds } from "../src/charts/prices.ts";
import { bounds, reduce } from "../src/charts/reduce.ts";
import { CandleSource } from "../src/charts/source.ts";
import { Viewport } from "../src/charts/viewport.ts";
import { dateTime, duration, fixed, percent, tickLabel } from "../src/format.ts";

import { CandleSeries } from "../src/market/series.ts";
import { candlesOf } from "../src/model/candles.ts";
import { RunModel } from "../src/model/run.ts";

const HOUR = 3_600_000;

/** A run with an entry at each hour in `prices`. */
function traded(prices: number[]): RunModel {
  const run = new RunModel();
  prices.forEach((price, i) =>
    run.apply({ type: "trade", seq: i + 1, data: { event: "entry", entry_price: price, entry_time: new Date(i * HOUR).toISOString() } }));
  return run;
}

const body = (hours: number[], bucket = 1): object => ({
  timeframe: "1H", bucket, time: hours.map((h) => h * HOUR),
  open: hours.map(() => 5), high: hours.map(() => 6), low: hours.map(() => 4), close: hours.map(() => 5),
});

test("the price axis is that of the trades where there are no candles yet", () => {
  const run = traded([50, 40, 70, 10]);
  assert.deepEqual(priceBounds([0, 3 * HOUR], null, 0, run), [40, 70]);
  assert.deepEqual(priceBounds([0, 9 * HOUR], candlesOf(body([0, 1])), 0, run), [10, 70]);
  assert.deepEqual(priceBounds([0, 9 * HOUR], candlesOf(body([0, 1])), 2, run), [4, 70]);
  assert.deepEqual(priceBounds([0, 9 * HOUR], candlesOf(body([0, 1, 2, 3])), 4, run), [4, 6]);
  assert.equal(priceBounds([0, 9 * HOUR], null, 0, new RunModel()), null);
});

test("markers are dense at more than one in six pixels of the view, and not when zoomed in", () => {
  const run = traded(Array.from({ length: 101 }, () => 1));
  const over = (hours: number, width: number): Geometry =>
    ({ min: 0, max: hours * HOUR, width, ratio: 2, perMs: width / (hours * HOUR) }) as Geometry;
  assert.equal(isDense(over(200, 2 * 605), run), true);
  assert.equal(isDense(over(200, 2 * 607), run), false);
  assert.equal(isDense(over(20, 2 * 605), run), false);
});

test("a view that never rests gets detailed candles all the same", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const asked: string[] = [];
  const source = new CandleSource((_path, query) => {
    if (query["start"]) asked.push(String(query["start"]));
    return Promise.resolve(query["start"] ? body([0, 1, 2]) : body([0, 100, 200], 100));
  }, () => undefined);
  source.load(10_000);
  await new Promise(setImmediate);
  let best = source.forSpan([0, HOUR]);
  assert.equal(best?.bucket, 100);
  for (let i = 1; i < 20; i++) {
    best = source.forSpan([i * 0.1 * HOUR, (i * 0.1 + 1) * HOUR]);
    mock.timers.tick(100);
    await new Promise(setImmediate);
  }
  assert.equal(best?.bucket, 1);
  assert.ok(asked.length > 1 && asked.length < 19);
  source.destroy();
  mock.timers.reset();
});

test("reduction keeps every extreme, the last point and the order", () => {
  const count = 100_000;
  const time = Float64Array.from({ length: count }, (_, i) => i);
  const values = Float64Array.from({ length: count }, (_, i) => Math.sin(i / 50));
  values[54_321] = 9;
  values[12_345] = -9;
  const { x, y } = reduce(time, values, 0, count, 500);
  assert.ok(x.length <= 1_002);
  assert.equal(Math.max(...y), 9);
  assert.equal(Math.min(...y), -9);
  assert.equal(x[x.length - 1], count - 1);
  for (let i = 1; i < x.length; i++) assert.ok((x[i] as number) > (x[i - 1] as number));
});

test("a few points are left as they are, with one on either side of the view", () => {
  const time = Float64Array.from([0, 10, 20, 30, 40]);
  const { x } = reduce(time, time, 15, 25, 500);
  assert.deepEqual([...x], [10, 20, 30]);
});

test("bounds of nothing are null", () => {
  assert.equal(bounds([], [], 0, 0), null);
  assert.deepEqual(bounds([1, 0], [2, 3], 0, 2), [0, 3]);
});

function viewport(now: number, over = false): Viewport {
  const view = new Viewport();
  view.update({ start: 0, end: 6_000 * HOUR, now: now * HOUR, over, candle: HOUR });
  return view;
}

test("fit shows what there is, in steps that double, and all of it at the end", () => {
  const width = (now: number, over = false): number => {
    const [min, max] = viewport(now, over).span;
    return (max - min) / HOUR;
  };
  assert.ok(width(10) < 200);
  assert.equal(width(100), width(150));
  assert.ok(width(200) > width(150));
  assert.ok(width(6_000, true) > 6_000 && width(6_000, true) < 6_120);
  const [, max] = viewport(3_000, true).span;
  assert.ok(max < 3_100 * HOUR, "a stopped run ends where it stopped");
});

test("a zoom holds the point under the pointer and survives updates", () => {
  const view = viewport(6_000, true);
  view.zoom(1_000 * HOUR, 0.5);
  const [min, max] = view.span;
  const share = (1_000 * HOUR - min) / (max - min);
  view.zoom(1_000 * HOUR, 0.5);
  const [low, high] = view.span;
  assert.ok(Math.abs((1_000 * HOUR - low) / (high - low) - share) < 1e-9);
  view.update({ start: 0, end: null, now: 9_000 * HOUR, over: false, candle: HOUR });
  assert.deepEqual(view.span, [low, high]);
  view.fit();
  assert.notDeepEqual(view.span, [low, high]);
});

test("follow keeps the width and moves with the run", () => {
  const view = viewport(1_000);
  view.set(500 * HOUR, 600 * HOUR);
  view.follow();
  const before = view.span;
  view.update({ start: 0, end: null, now: 2_000 * HOUR, over: false, candle: HOUR });
  assert.equal(view.span[1] - before[1], 1_000 * HOUR);
  assert.ok(view.span[1] > 2_000 * HOUR && view.span[0] < 2_000 * HOUR);
});

test("a pan does not leave the run", () => {
  const view = viewport(1_000, true);
  view.set(0, 100 * HOUR);
  for (let i = 0; i < 100; i++) view.pan(90 * HOUR);
  assert.ok(view.span[0] < 1_010 * HOUR);
});

test("a zoom out ends with all there is, wherever it is made", () => {
  for (const at of [0, 500, 999]) {
    const view = viewport(1_000, true);
    view.fit();
    const [low, high] = view.span;
    view.set(at * HOUR, (at + 20) * HOUR);
    for (let i = 0; i < 40; i++) {
      view.zoom(at * HOUR, 1.4);
      assert.ok(view.span[0] >= low && view.span[1] <= high);
    }
    assert.deepEqual(view.span, [low, high]);
  }
});

test("room is left right of the present for names of what is there", () => {
  const view = viewport(1_000, true);
  view.update({ start: 0, end: null, now: 1_000 * HOUR, over: true, candle: HOUR, room: 0.2 });
  const free = (): number => (view.span[1] - 1_000 * HOUR) / (view.span[1] - view.span[0]);
  assert.ok(Math.abs(free() - 0.2) < 0.01);
  view.set(800 * HOUR, 900 * HOUR);
  view.follow();
  assert.ok(Math.abs(free() - 0.2) < 1e-9);
});

test("columns of candles are those there are after each change", () => {
  const series = new CandleSeries("A", "1H", 8);
  for (let i = 0; i < 9; i++) {
    series.put(i * HOUR, [i, i, i, i, 1], true);
    assert.equal(series.close.at(-1), i);
    assert.equal(series.time, series.time, "they are not made anew for each look");
  }
  assert.deepEqual([...series.close], [2, 3, 4, 5, 6, 7, 8]);
  series.put(2.5 * HOUR, [50, 50, 50, 50, 1], true);
  assert.deepEqual([...series.close], [2, 50, 3, 4, 5, 6, 7, 8]);
});

test("numbers and times as written", () => {
  assert.equal(fixed(-0.001, 2), "0.00");
  assert.equal(fixed(-1234.5, 2), "−1,234.50");
  assert.equal(percent(0.123, 1, true), "+12.3%");
  assert.deepEqual([0.02, 5, 59.6, 61, 3_725].map(duration), ["20 ms", "5.0 s", "1 min 00 s", "1 min 01 s", "1 h 02 min"]);
  const day = Date.UTC(2017, 2, 5);
  assert.equal(dateTime(day + 8.5 * HOUR), "2017-03-05 08:30");
  assert.deepEqual(
    [tickLabel(day + 8 * HOUR, HOUR), tickLabel(day, HOUR), tickLabel(Date.UTC(2017, 2, 1), HOUR), tickLabel(Date.UTC(2017, 0, 1), HOUR)],
    ["08:00", "5 Mar", "Mar", "2017"],
  );
});
