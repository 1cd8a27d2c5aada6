import assert from "node:assert/strict";
import { test } from "node:test";
import { candlesOf, priceDigits, timeframeMs, visibleCount } from "../src/model/candles.ts";
import { Rate } from "../src/model/rate.ts";
import { Request } from "../src/model/request.ts";
import { RunModel } from "../src/model/run.ts";
import { Column, lastNotAbove, lowerBound } from "../src/model/series.ts";
import type { WireMessage } from "../stream/src/index.ts";
import { describe } from "../src/view/progress.ts";

const at = (s: number): string => new Date(1_700_000_000_000 + s * 1000).toISOString();
const status = (data: object, s = 0): WireMessage => ({ type: "status", seq: 1, timestamp: at(s), data });
const running = status({
  status: "running", strategy: "SmaCross", symbol: "EUR-USD", timeframes: ["1H"], bars: 1000,
  start: "2017-01-01T22:00:00Z", end: "2017-12-29T21:00:00Z", synthetic: true, initial_capital: 10_000,
});
const progress = (bar: number, s: number, metrics = {}): WireMessage => ({
  type: "progress", seq: 2, timestamp: at(s), extra: { bar, bars: 1000 },
  data: { progress: bar / 10, current_time: "2017-02-01T00:00:00Z", metrics },
});
const exit = (pnl: number): WireMessage => ({
  type: "trade", seq: 3, extra: { quantity: 5 },
  data: {
    event: "exit", trade_id: "t", direction: "short", entry_price: 2, entry_time: "2017-01-02T00:00:00Z",
    exit_price: 1, exit_time: "2017-01-03T00:00:00Z", exit_reason: "stop_loss", pnl, pnl_percent: 1,
  },
});

function run(...messages: WireMessage[]): RunModel {
  const model = new RunModel();
  messages.forEach((message) => model.apply(message));
  return model;
}

test("status tells what the run is on", () => {
  const { info, status: now, summary, bars } = run(running);
  assert.equal(now, "running");
  assert.deepEqual([info.symbol, info.synthetic, info.start, bars], ["EUR-USD", true, Date.parse("2017-01-01T22:00:00Z"), 1000]);
  assert.equal(summary.balance, 10_000);
});

test("equity comes singly and in columns, and gives the return", () => {
  const model = run(
    running,
    { type: "equity", seq: 2, data: { time: "2017-01-01T22:00:00Z", equity: 10_000, balance: 10_000, drawdown: 0 } },
    { type: "equity_columns", seq: 4, data: { time: [1, 2], equity: [1, 11_000], balance: [1, 1], drawdown: [0, -0.1] } },
  );
  assert.deepEqual([...model.equity.values], [10_000, 1, 11_000]);
  assert.equal(model.seq, 4);
  assert.ok(Math.abs((model.summary.totalReturn as number) - 0.1) < 1e-12);
});

test("percent of complete become fractions", () => {
  const { summary, status: now } = run(running, {
    type: "complete", seq: 9, timestamp: at(5), extra: { status: "complete", bars: 1000, final_equity: 12_000 },
    data: { metrics: { total_trades: 2, total_return: 20, max_drawdown: -12.5, win_rate: 0.5, profit_factor: 2 } },
  });
  assert.equal(now, "complete");
  assert.deepEqual([summary.totalReturn, summary.maxDrawdown, summary.winRate, summary.balance], [0.2, -0.125, 0.5, 12_000]);
});

test("profit factor: none without a trade, infinite without a loss, 0 with losses alone", () => {
  const metrics = (trades: number): WireMessage => ({
    type: "metrics", seq: 5, data: { total_trades: trades, win_rate: 0, profit_factor: 0, sharpe_ratio: 0, max_drawdown: 0 },
  });
  assert.equal(run(running, metrics(0)).summary.profitFactor, null);
  assert.equal(run(running, metrics(0)).summary.sharpe, null);
  assert.equal(run(running, exit(10), metrics(1)).summary.sharpe, 0);
  assert.equal(run(running, exit(10), metrics(1)).summary.profitFactor, Infinity);
  assert.equal(run(running, exit(-10), metrics(1)).summary.profitFactor, 0);
});

test("an exit becomes a marker with all a tooltip needs", () => {
  const [marker] = run(running, exit(-10)).markers;
  assert.deepEqual(
    [marker?.kind, marker?.side, marker?.price, marker?.quantity, marker?.pnl, marker?.reason, marker?.entryPrice],
    ["exit", "short", 1, 5, -10, "stop_loss", 2],
  );
});

test("an error of the run has a seq, one of the connection does not end it", () => {
  const error = { error: "no", details: {} };
  assert.equal(run(running, { type: "error", data: error }).status, "running");
  assert.equal(run(running, { type: "error", seq: 2, data: error }).status, "error");
});

test("nothing is drawn beyond what the run has seen, until it is complete", () => {
  const model = run(running, progress(10, 1));
  assert.equal(model.horizon, Date.parse("2017-02-01T00:00:00Z"));
  model.apply({ type: "complete", seq: 9, extra: { status: "stopped" }, data: { metrics: {} } });
  assert.equal(model.horizon, Date.parse("2017-02-01T00:00:00Z"));
  model.apply({ type: "complete", seq: 9, extra: { status: "complete" }, data: { metrics: {} } });
  assert.equal(model.horizon, Infinity);
});

test("unknown types and broken data do no harm", () => {
  const model = run(running, { type: "later", seq: 7, data: {} }, { type: "trade", data: { event: "entry" } }, { type: "x", data: null });
  assert.equal(model.seq, 7);
  assert.equal(model.markers.length, 0);
});

test("reset forgets everything", () => {
  const model = run(running, exit(1), progress(10, 1));
  model.reset();
  assert.deepEqual([model.status, model.markers.length, model.seq, model.progress, model.info.symbol], ["pending", 0, 0, 0, ""]);
});

test("rate: steady progress gives the rate and the time left; a pause is no sample", () => {
  const rate = new Rate();
  for (let s = 1; s <= 5; s++) rate.observe(s * 100, s * 1000);
  assert.ok(Math.abs((rate.perSecond as number) - 100) < 1e-9);
  assert.ok(Math.abs((rate.secondsLeft(1000) as number) - 5) < 1e-9);
  rate.restart(500, 60_000);
  assert.equal(rate.secondsLeft(1000), null);
  rate.observe(600, 61_000);
  assert.ok(Math.abs((rate.perSecond as number) - 100) < 1e-9);
});

test("rate: two messages of one moment give none", () => {
  const rate = new Rate();
  rate.observe(100, 1_000);
  rate.observe(200, 1_002);
  assert.deepEqual([rate.perSecond, rate.secondsLeft(1_000)], [null, null]);
  rate.observe(30_000, 1_300);
  assert.ok((rate.perSecond as number) > 0);
});

test("what a run took is told only when it took long enough", () => {
  const failed = (s: number): string =>
    describe(run(running, progress(100, 0), { type: "error", seq: 9, timestamp: at(s), data: { error: "no" } })).join(" ");
  assert.match(failed(0.002), /candles/);
  assert.doesNotMatch(failed(0.002), /in |candles\/s/);
  assert.match(failed(2), /in 2\.0 s 50 candles\/s/);
});

test("why nothing will be ordered stands beside the bar while the run goes on, and after it", () => {
  const reason = "no candle is left after the warm-up, which ends at 2017-02-01T00:00:00Z";
  const told = status({ ...(running.data as object), reason });
  const model = run(told, progress(100, 1, { total_trades: 0 }));
  assert.match(describe(model).join(" "), /no candle is left after the warm-up, which ends at 2017-02-01 00:00( |$)/);
  model.apply({ type: "complete", seq: 9, timestamp: at(5), extra: { bars: 1000 }, data: { metrics: { total_trades: 0 } } });
  assert.match(describe(model).join(" "), /no candle is left/);
  assert.match(describe(run(running, status({ status: "paused", reason: "drawdown 10 %" }))).join(" "), /reached drawdown/);
});

test("a deleted run is over and has no time left", () => {
  const model = run(running, progress(100, 1), progress(200, 2));
  assert.match(describe(model).join(" "), /left/);
  model.deleted();
  assert.deepEqual([model.status, model.over, model.failure], ["deleted", true, null]);
  assert.doesNotMatch(describe(model).join(" "), /left/);
});

test("a request is pending until the stream shows it, whatever else comes", () => {
  const model = run(running);
  const request = new Request();
  const pendingAfter = (message: WireMessage): string | null => {
    model.apply(message);
    request.settle(model);
    return request.pending;
  };
  request.ask("pause", model);
  assert.equal(pendingAfter(progress(10, 1)), "pause");
  assert.equal(pendingAfter(status({ status: "paused" })), null);
  request.ask("step", model);
  request.settle(model);
  assert.equal(request.pending, "step");
  assert.equal(pendingAfter({ ...progress(11, 1), seq: 9 }), null);
  request.ask("resume", model);
  assert.equal(pendingAfter({ ...progress(11, 1), seq: 10 }), "resume");
  assert.equal(pendingAfter(status({ status: "running" })), null);
  request.ask("stop", model);
  request.refused("pause");
  assert.equal(pendingAfter(progress(20, 2)), "stop");
  assert.equal(pendingAfter({ type: "error", seq: 11, data: { error: "lost" } }), null);
  request.ask("stop", run(running));
  request.refused("stop");
  assert.equal(request.pending, null);
});

test("a paused run resumed does not show the pause as slowness", () => {
  const model = run(running, progress(100, 1), progress(200, 2), status({ status: "paused" }, 2), status({ status: "running" }, 100), progress(300, 101));
  assert.ok(Math.abs((model.rate.perSecond as number) - 100) < 1e-9);
});

test("columns grow without losing values", () => {
  const column = new Column();
  for (let i = 0; i < 5000; i++) column.push(i);
  assert.equal(column.values.length, 5000);
  assert.equal(column.at(4321), 4321);
});

test("searching ascending values", () => {
  const values = [1, 3, 3, 5];
  assert.deepEqual([0, 1, 2, 3, 6].map((v) => lowerBound(values, v)), [0, 0, 1, 1, 4]);
  assert.deepEqual([0, 1, 2, 3, 6].map((v) => lastNotAbove(values, v)), [-1, 0, 0, 2, 3]);
});

test("candles: a merged candle that is not over is not shown", () => {
  const body = { timeframe: "1H", time: [0, 4, 8].map((h) => h * 3_600_000), open: [1, 1, 1], high: [2, 2, 2], low: [0, 0, 0], close: [1, 1, 1] };
  const hour = 3_600_000;
  assert.deepEqual([0, 4, 5, 99].map((h) => visibleCount(candlesOf({ ...body, bucket: 4 }), h * hour)), [0, 1, 1, 2]);
  assert.deepEqual([-1, 0, 5, 99].map((h) => visibleCount(candlesOf({ ...body, bucket: 1 }), h * hour)), [0, 1, 2, 3]);
  assert.equal(visibleCount(candlesOf({ ...body, bucket: 4 }), Infinity), 3);
  assert.throws(() => candlesOf({ ...body, low: [] }), /low has 0 values, time has 3/);
});

test("digits of prices", () => {
  assert.equal(priceDigits([1.05236, 1.1]), 5);
  assert.equal(priceDigits([51_234.5]), 2);
  assert.equal(priceDigits([143.123]), 3);
  assert.equal(priceDigits([0.1 + 0.2]), 2);
  assert.equal(priceDigits([0.00001234]), 8);
  assert.deepEqual(["15M", "4h", "x"].map(timeframeMs), [900_000, 14_400_000, 0]);
});

test("the pace is the last one that was accepted", () => {
  const control = (data: object): WireMessage => ({ type: "control", seq: 4, data });
  const model = run(running);
  assert.equal(model.pace, null);
  model.apply(control({ action: "speed", accepted: true, value: 3600, unit: "x" }));
  model.apply(control({ action: "speed", accepted: false, value: 5 }));
  model.apply(control({ action: "pause", accepted: true }));
  assert.deepEqual(model.pace, { speed: 3600, unit: "x" });
  model.apply(control({ action: "speed", accepted: true, value: 0 }));
  assert.deepEqual(model.pace, { speed: 0 });
  model.reset();
  assert.equal(model.pace, null);
});
