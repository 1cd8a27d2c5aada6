import assert from "node:assert/strict";
import { test } from "node:test";
import { aboutOf } from "../src/model/about.ts";
import { RunModel } from "../src/model/run.ts";
import { countsInWords, firstFrom } from "../src/model/signal.ts";
import { grouped, titleOf, written } from "../src/model/statistics.ts";
import { latestTrades } from "../src/model/trades.ts";
import type { WireMessage } from "../stream/src/index.ts";

const hour = (n: number): string => new Date(1_483_308_000_000 + n * 3_600_000).toISOString();
const signal = (n: number, outcome: string, seq: number): WireMessage => ({
  type: "signal", seq,
  data: {
    signal_id: `signal_${n}`, symbol: "X", strategy: "S", decision: "enter_long", time: hour(n), outcome, code: outcome,
    message: "m", numbers: { needed: 12 }, reasoning: { decision: "enter_long", confidence: 0.5, rationale: "r" },
  },
  extra: { decided: n, bar: n, inputs: { fast: 1.5 } },
});
const fill = (event: "entry" | "exit", id: string, n: number, more: object = {}, extra: object = {}): WireMessage => ({
  type: "trade", seq: n,
  data: {
    event, trade_id: id, direction: "long", entry_price: 10, entry_time: hour(event === "entry" ? n : 0), quantity: 2, stop_loss: 9,
    take_profit_levels: [12], exit_price: 11, exit_time: hour(n), exit_reason: "take_profit", pnl: 5, pnl_percent: 1,
    reasoning: { decision: "enter_long", confidence: 1, rationale: `why ${id}` }, ...more,
  },
  extra: { quantity: 2, remaining: event === "entry" ? 2 : 0, strategy: "S", ...extra },
});

function run(...messages: WireMessage[]): RunModel {
  const model = new RunModel();
  messages.forEach((message) => model.apply(message));
  return model;
}

test("signals stand by when they were given, whenever they end", () => {
  const { signals } = run(signal(5, "rejected", 1), signal(1, "expired", 2), signal(9, "rejected", 3), signal(7, "cancelled", 4), signal(8, "declined", 5));
  assert.deepEqual(signals.unfilled.map(({ id }) => id), ["signal_1", "signal_5", "signal_7", "signal_9"]);
  assert.deepEqual(signals.declined.map(({ id }) => id), ["signal_8"]);
  assert.equal(signals.total, 4);
  assert.equal(countsInWords(signals.counts), "2 rejected, 1 expired, 1 cancelled");
  assert.deepEqual([0, 5, 6, 10].map((n) => firstFrom(signals.unfilled, Date.parse(hour(n)))), [0, 1, 2, 4]);
  assert.deepEqual([signals.unfilled[0]?.numbers, signals.unfilled[0]?.inputs, signals.unfilled[0]?.rationale], [{ needed: 12 }, { fast: 1.5 }, "r"]);
});

test("an outcome of a later server is none of ours, and a reset forgets", () => {
  const model = run(signal(1, "rejected", 1), signal(2, "postponed", 2));
  assert.equal(model.signals.total, 1);
  assert.equal(model.signals.unfilled.length, 1);
  model.reset();
  assert.equal(countsInWords(model.signals.counts), "");
});

test("of what was declined only the latest is kept, and all of it counted", () => {
  const model = new RunModel();
  for (let i = 0; i < 10_000; i++) model.apply(signal(i, "declined", i));
  assert.equal(model.signals.counts.declined, 10_000);
  assert.ok(model.signals.declined.length <= 4_000);
  assert.equal(model.signals.declined.at(-1)?.id, "signal_9999");
});

test("trades: exits, and what is open, the newest first, with why they were entered", () => {
  const { markers, entries } = run(
    fill("entry", "a", 0), fill("exit", "a", 3, {}, { quantity: 1, remaining: 1 }), fill("entry", "b", 4),
    fill("exit", "a", 5), fill("entry", "c", 6, {}, { strategy: "T" }),
  );
  const rows = latestTrades(markers, entries, 200);
  assert.deepEqual(rows.map(({ tradeId, reason }) => `${tradeId} ${reason}`), ["c open", "a take profit", "b open", "a take profit"]);
  assert.equal(rows[1]?.rationale, "why a");
  assert.deepEqual([rows[0]?.exitTime, rows[0]?.strategy, rows[1]?.entryPrice], [null, "T", 10]);
  assert.equal(new Set(rows.map(({ key }) => key)).size, rows.length);
  assert.equal(latestTrades(markers, entries, 2).length, 2);
});

test("an exit knows the stop and the targets its entry had", () => {
  const { markers, strategies } = run(fill("entry", "a", 0), fill("exit", "a", 3, { stop_loss: undefined, take_profit_levels: undefined }, { strategy: "T" }));
  assert.deepEqual([markers[1]?.stopLoss, markers[1]?.takeProfits], [9, [12]]);
  assert.deepEqual([...strategies], ["S", "T"]);
});

test("statistics by group with their units, what is unknown last and as it is", () => {
  const groups = grouped(
    { cagr: 14.2, sortino_ratio: 1.6, longest_drawdown_duration: 4_320_000, longest_losing_streak: 4, of_tomorrow: 0.5, expectancy: 21.5 },
    { sharpe_ratio: [0.4, 2.1], cagr: [1, 20.5] }, { sharpe_ratio: 1.32, total_return: 9 },
  );
  const texts = groups.map(([group, found]) => [group, ...found.map(({ title, text }) => `${title}: ${text}`)]);
  assert.deepEqual(texts, [
    ["Return", "CAGR: 14.20% [1.00%, 20.50%]"],
    ["Risk", "Sharpe ratio: 1.32 [0.40, 2.10]", "Sortino ratio: 1.60", "Longest drawdown duration: 50 days"],
    ["Trades", "Expectancy: 21.50", "Longest losing streak: 4"],
    ["Other", "Of tomorrow: 0.50"],
  ]);
  assert.deepEqual(grouped({}, {}, { sharpe_ratio: 1 }), []);
  assert.deepEqual([written("win_rate", 0.55), written("total_return", -3.1), written("x", Infinity)], ["55.0%", "−3.10%", "∞"]);
  assert.equal(titleOf("average_loss"), "Average loss");
});

test("complete brings statistics, a reset takes them away", () => {
  const model = run({
    type: "complete", seq: 1, timestamp: "", data: { metrics: { sharpe_ratio: 1 } },
    extra: { status: "complete", bars: 1, final_equity: 1, statistics: { sqn: 2 }, intervals: { sqn: [1, 3] } },
  });
  assert.deepEqual([model.statistics, model.intervals, model.final], [{ sqn: 2 }, { sqn: [1, 3] }, { sharpe_ratio: 1 }]);
  model.reset();
  assert.deepEqual([model.statistics, model.final], [{}, {}]);
});

test("the name that people gave, and the strategies with their parameters", () => {
  const spec = { strategy_ids: ["sma_cross"], strategy_params: { fast: 9, on: true } };
  assert.deepEqual(aboutOf({ name: "Backtest", spec }), { name: "", strategies: "sma_cross(fast=9, on=True)", sweep: false });
  assert.equal(aboutOf({ name: "sma_cross", spec })?.name, "");
  assert.equal(aboutOf({ name: "Mine", spec: { ...spec, sweep: {} } })?.sweep, true);
  const two = { strategy_ids: ["a", "b"], strategy_params: { a: { n: 1 } } };
  assert.equal(aboutOf({ name: "Mine", spec: two })?.strategies, "a(n=1) + b");
  assert.equal(aboutOf({ symbol: "X" }), null);
  assert.equal(aboutOf(null), null);
});
