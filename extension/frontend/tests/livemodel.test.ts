import assert from "node:assert/strict";
import { test } from "node:test";
import type { WireMessage } from "../stream/src/index.ts";
import { besideOf } from "../src/live/beside.ts";
import { askedOf, type Asked } from "../src/live/asked.ts";
import { levelsOf, roomFor, type Level } from "../src/live/levels.ts";
import { LiveModel } from "../src/live/model.ts";
import { namingOf, pricesTaken, spread } from "../src/live/naming.ts";
import { whyOf } from "../src/live/orders.ts";
import { requestWords, type Request } from "../src/live/request.ts";
import { LiveSession } from "../src/live/session.ts";
import { brokerWords, level, limitName, measure, sizeWords, waitingWords } from "../src/live/words.ts";
import { Refusal, type Control, type Subscriber, type Transport } from "../src/transport/index.ts";

const MINUTE = 60_000;
const START = Date.parse("2024-01-01T00:00:00Z");
const iso = (bar: number): string => new Date(START + bar * MINUTE).toISOString();
let count = 0;
const message = (type: string, data: object, extra?: object): WireMessage => (
  { type, seq: ++count, timestamp: iso(0), data, ...(extra && { extra }) }
);

const live = { symbols: ["B", "A"], broker: "paper", feed: "replay", real_time: false, warm_up: {}, allocation: {} };
const begun = (): WireMessage => message("status", { status: "running", strategy: "S", symbol: "B", initial_capital: 1000, live });

function candle(bar: number, close: number, closed = true, symbol = "A", timeframe = "1M", extra?: object): WireMessage {
  return message("candle", { symbol, timeframe, time: iso(bar), open: close, high: close, low: close, close, volume: 1, closed }, extra);
}

function equity(bar: number, value: number, balance = value): WireMessage {
  return message("equity", { time: iso(bar), equity: value, balance, drawdown: 0 });
}

function position(id: string, event: string, more: object = {}): WireMessage {
  return message("position", {
    session: "live_1", strategy: "S", symbol: "A", position_id: id, event, direction: "long", quantity: 2, entry_price: 10,
    entry_time: iso(1), price: 11, time: iso(2), stop_loss: 9, take_profit_levels: [12, 13], unrealized_pnl: 2, realized_pnl: 0, fees: 0, ...more,
  });
}

function order(id: string, status: string, more: object = {}): WireMessage {
  return message("order", {
    session: "live_1", strategy: "S", symbol: "A", order_id: id, status, role: "entry", side: "buy", kind: "limit", quantity: 2,
    price: 9.5, filled: 0, average_price: null, fees: 0, time: iso(1), broker: "paper", ...more,
  });
}

function trade(event: "entry" | "exit", bar: number, price: number, symbol = "A", commission = 1, direction = "long"): WireMessage {
  const common = { event, trade_id: `t${symbol}`, symbol, direction, entry_price: price, entry_time: iso(bar) };
  const data = event === "entry" ? { ...common, quantity: 2 } : { ...common, exit_price: price, exit_time: iso(bar), pnl: 1 };
  return message("trade", data, { quantity: 2, remaining: event === "entry" ? 2 : 0, commission });
}

function risk(more: object = {}): WireMessage {
  return message("risk", {
    session: "live_1", time: iso(2), equity: 1000, exposure: 20, entries: "open", limits: [], data_age: null, ...more,
  });
}

function told(...messages: WireMessage[]): LiveModel {
  const model = new LiveModel();
  messages.forEach((each) => model.apply(each));
  return model;
}

test("candles and trades are kept by symbol, in the order of the session", () => {
  const model = told(begun(), candle(0, 1), candle(0, 5, true, "B"), candle(1, 2, false), trade("entry", 1, 2), trade("entry", 1, 5, "B"));
  assert.deepEqual(model.names, ["B", "A"]);
  assert.equal(model.symbols.get("A")?.price, 2);
  assert.deepEqual(model.symbols.get("B")?.markers.map(({ price }) => price), [5]);
  assert.equal(model.run.markers.length, 2);
});

test("a position is held until it is closed, and what comes late changes nothing", () => {
  const model = told(begun(), position("t1", "open"));
  const late = position("t1", "modify", { price: 10.5 });
  model.apply(position("t1", "modify", { price: 12 }));
  model.apply(late);
  assert.equal(model.positions.get("t1")?.price, 12);
  const older = position("t1", "modify");
  model.apply(position("t1", "close", { quantity: 0, exit_reason: "stop_loss" }));
  model.apply(older);
  assert.equal(model.positions.size, 0);
  assert.deepEqual(model.closed.map(({ exit_reason }) => exit_reason), ["stop_loss"]);
});

test("working orders stand first, each with why it was given", () => {
  const reasoning = { decision: "enter", confidence: 1, rationale: "It rose" };
  const model = told(
    order("s1", "new", { reasoning }), order("s2", "new", { reasoning }), order("s1", "accepted"),
    order("s2", "rejected", { code: "risk_limit", message: "Too much" }), order("s3", "filled"),
  );
  assert.deepEqual(model.orders.latest(10).map(({ data }) => data.order_id), ["s1", "s3", "s2"]);
  assert.deepEqual(model.orders.latest(2).map(({ data }) => data.order_id), ["s1", "s3"]);
  assert.deepEqual(model.orders.latest(10).map(whyOf), ["It rose", "", "Too much"]);
  for (let i = 0; i < 2000; i++) model.apply(order(`x${i}`, "filled"));
  assert.ok(model.orders.latest(5000).length <= 500);
  assert.equal(model.orders.working.length, 1);
});

test("exposure, profit and fees over time follow from trades, candles and the curve", () => {
  const model = told(begun(), candle(0, 10), equity(0, 1000));
  model.course.update(model);
  for (const each of [trade("entry", 1, 10), candle(1, 11), equity(1, 1001, 999)]) model.apply(each);
  for (const each of [trade("entry", 2, 5, "B", 1, "short"), candle(2, 12), candle(2, 4, true, "B"), equity(2, 1004, 998)]) model.apply(each);
  model.course.update(model);
  for (const each of [trade("exit", 3, 12), candle(3, 12), candle(3, 4, true, "B"), equity(3, 1003, 1001)]) model.apply(each);
  model.course.update(model);
  assert.deepEqual([...model.course.exposure.values], [0, 22, 32, 8]);
  assert.deepEqual([...model.course.realized.values], [0, -1, -2, 1]);
  assert.deepEqual([...model.course.unrealized.values], [0, 2, 6, 2]);
  assert.deepEqual([...model.fees.values], [1, 2, 3]);
});

test("breaches are kept, the newest first, and a merged one does not undo what is known", () => {
  const breach = { limit: "max_exposure", value: 2, allowed: 1, action: "reject", message: "m" };
  const model = told(risk({ breach }), risk({ breach: { ...breach, limit: "max_daily_loss" }, entries: "paused" }));
  assert.deepEqual(model.breaches.map(({ limit }) => limit), ["max_daily_loss", "max_exposure"]);
  assert.equal(model.entriesPaused, true);
  model.apply({ ...risk(), seq: 1 });
  assert.equal(model.entriesPaused, true);
});

test("what is said of the feeds is what the worst of them does", () => {
  const feed = (symbol: string, state: string): WireMessage => message("feed", { symbol, state, message: state });
  assert.equal(told(feed("A", "live"), feed("B", "reconnecting")).feed.state, "reconnecting");
  assert.equal(told(feed("A", "live"), feed("B", "ended")).feed.state, "live");
  assert.equal(told(begun()).feed.state, "");
});

test("the age of the last price is that of the prices of the market, not of its history", () => {
  const at = (time: number, each: WireMessage): WireMessage => ({ ...each, timestamp: new Date(time).toISOString() });
  const model = told(at(5_000, candle(0, 1, true, "A", "1M", { origin: "history" })));
  assert.equal(model.pricedAt, null);
  model.apply(at(6_000, candle(1, 1, false)));
  assert.equal(model.pricedAt, 6_000);
  model.apply(at(9_000, risk({ data_age: 2.5 })));
  assert.equal(model.pricedAt, 6_500);
});

test("levels are those of the symbol, and protection is told with its position alone", () => {
  const model = told(
    position("t1", "open"), position("t2", "open", { symbol: "B" }), order("s1", "accepted"),
    order("t1:stop", "accepted", { role: "stop_loss", kind: "stop", price: 9 }), order("s2", "accepted", { kind: "market", price: null }),
  );
  const levels = levelsOf(model.positions.values(), model.orders.working, "A", 2);
  assert.deepEqual(levels.map(({ text, told, colour }) => [text, told, colour]), [
    ["long 2  +2.00", "10.00", "up"], ["stop", "9.00", "loss"], ["target 1", "12.00", "win"], ["target 2", "13.00", "win"],
    ["buy limit 2", "9.50", "amber"],
  ]);
});

test("names of levels give way to each other within the pane", () => {
  assert.deepEqual(spread([0, 2, 50], 10, 0, 100), [0, 10, 50]);
  assert.deepEqual(spread([95, 97], 10, 0, 100), [80, 90]);
  assert.deepEqual(spread([-20, 3], 10, 0, 100), [0, 10]);
});

test("limits are told in their units and by how much of them is used", () => {
  assert.equal(limitName("account.max_daily_loss"), "Account: daily loss");
  assert.equal(limitName("max_orders_per_minute"), "Orders per minute");
  assert.deepEqual([0.74, 0.75, 1].map((used) => level({ used })), ["ok", "near", "breached"]);
  assert.deepEqual(
    [measure(0.051, "fraction"), measure(2, "x"), measure(1234.5, "money"), measure(3, "count"), measure(90, "seconds")],
    ["5.1%", "2.00×", "1,234.50", "3", "1 min 30 s"],
  );
});

test("real money is said aloud", () => {
  const exchange = { ...live, broker: "exchange", exchange: "kraken", account: "main" } as const;
  assert.equal(brokerWords(live as any).badge, "PAPER");
  assert.equal(brokerWords({ ...exchange, sandbox: true } as any).badge, "SANDBOX");
  assert.equal(brokerWords({ ...exchange, sandbox: false } as any).badge, "LIVE");
  assert.equal(brokerWords(exchange as any).badge, "LIVE");
});

test("what a session is compared with is read with its markers by symbol and time", () => {
  const row = (bar: number, direction: string, to: number | null) => ({
    symbol: "B", direction, entry_time: iso(bar), entry_price: 10, exit_time: to === null ? null : iso(bar + 5), exit_price: to,
  });
  const trades = [row(1, "long", 11), row(2, "short", 11), row(9, "long", null)];
  const beside = besideOf({ name: "backtest", time: [1, 3], equity: [2, 4], trades });
  assert.deepEqual([...(beside?.time ?? [])], [1, 3]);
  const markers = beside?.symbols.get("B")?.markers ?? [];
  assert.deepEqual(markers.map(({ kind }) => kind), ["entry", "entry", "exit", "exit", "entry"]);
  assert.deepEqual(markers.filter(({ kind }) => kind === "exit").map(({ pnl }) => Math.sign(pnl ?? 0)), [1, -1]);
  assert.equal(besideOf({}), null);
});

interface Driven {
  refuse?: Error;
  control?: () => Promise<void>;
  now?: () => number;
  body?: object;
}

/** A session on a transport that a test drives. */
function opened({ refuse, control, now, body }: Driven = {}) {
  const asked: Control[] = [];
  let subscriber: Subscriber | undefined;
  const direct: Transport = {
    canControl: true,
    subscribe(given) {
      subscriber = given;
      return () => undefined;
    },
    get: async () => body ?? { name: "Backtest", spec: { strategy_ids: ["S"], live: { symbols: ["B", "A"], keep: true } } },
    control: async (request) => {
      asked.push(request);
      if (refuse !== undefined) throw refuse;
      await control?.();
    },
  };
  const session = new LiveSession({
    direct, relay: null, snapshot: () => ({}), title: "t", id: "live_1", chosen: () => undefined, ...(now && { now }),
  });
  const say = (...messages: WireMessage[]): void => messages.forEach((each) => subscriber?.message(each));
  const greet = (): void => {
    say({ type: "connected", data: { epoch: "e", seq: 0 } });
    subscriber?.status({ state: "live" }, "direct");
  };
  if (body === undefined) {
    greet();
    say(begun(), candle(0, 1), candle(0, 1, true, "B"));
  }
  return { session, asked, say, greet };
}

test("a control is under way until the stream shows what it did", async () => {
  const { session, asked, say } = opened();
  say(risk(), position("t1", "open"), order("s1", "accepted"));
  await session.control("flatten");
  assert.deepEqual(asked, [{ action: "flatten" }]);
  assert.equal(session.pending, "flatten");
  say(order("s1", "cancelled"), position("t1", "close"));
  assert.equal(session.pending, "flatten");
  say(risk({ entries: "paused" }));
  assert.equal(session.pending, null);
  assert.equal(session.asked?.keep, true);
  session.destroy();
});

test("who may not control is told so from then on, and an ended session takes nothing", async () => {
  const { session, say } = opened({ refuse: new Refusal("You may only read", 403) });
  assert.equal(session.barred, "");
  await assert.rejects(session.control("stop"), /only read/);
  assert.deepEqual([session.barred, session.pending], ["You may only read", null]);
  say(message("complete", { metrics: {} }, { status: "stopped" }));
  assert.equal(session.barred, "The session has ended");
  session.destroy();
});

test("a request that nobody seems to have heard is said to be so, and can be asked for again", async () => {
  let now = 0;
  let answer = (): void => undefined;
  const { session, asked, say } = opened({ now: () => now, control: () => new Promise((resolve) => (answer = resolve)) });
  say(risk(), position("t1", "open"));
  const done = session.control("flatten");
  const words = (): string => requestWords(session.request as Request, session.id, now);
  now = 3_999;
  assert.deepEqual([words(), session.mayAsk("flatten", now)], ["Flattening…", false]);
  now = 4_000;
  assert.equal(words(), "No answer yet. It may not have been done: try `workbench live flatten live_1`");
  assert.equal(session.mayAsk("flatten", now), true);
  answer();
  await done;
  assert.deepEqual([words(), session.mayAsk("flatten", now)], ["Flattening… asked for 4 s ago, not done yet", false]);
  say(position("t1", "close"), risk({ entries: "paused" }));
  assert.equal(session.request, null);
  assert.equal(asked.length, 1);
  session.destroy();
});

test("a server that gives no sign of life is not called connected, until it gives one", () => {
  let now = 0;
  const { session, say } = opened({ now: () => now });
  let told = 0;
  session.onChange(() => told++);
  now = 4_999;
  assert.deepEqual([session.quietFor(now), session.standsStill(now)], [0, false]);
  say({ type: "heartbeat", data: {} });
  assert.equal(told, 0, "a sign of life alone is nothing to draw");
  now = 9_999;
  assert.deepEqual([session.quietFor(now), session.standsStill(now), session.restless(now)], [5_000, true, true]);
  say({ type: "heartbeat", data: {} });
  assert.deepEqual([session.quietFor(now), told], [0, 1]);
  say(message("complete", { metrics: {} }, { status: "stopped" }));
  now += 60_000;
  assert.equal(session.standsStill(now), false);
  session.destroy();
});

test("before it tells of itself a session is what it was asked to be", async () => {
  const spec = { strategy_ids: ["Cross"], timeframes: ["1H"], live: { symbols: ["A"], feed: { feed: "synthetic" } } };
  const { session, greet } = opened({ body: { name: "mine", reason: "waits for a place", spec } });
  assert.equal(session.facts, null);
  greet();
  await new Promise(setImmediate);
  assert.equal(session.live.facts, null);
  assert.equal(brokerWords(session.facts as any).badge, "PAPER");
  const { name, strategy, symbols, keep, waits } = session.asked as Asked;
  assert.deepEqual([name, strategy, symbols, keep, waits], ["mine", "Cross", ["A"], false, "waits for a place"]);
  const badge = (live: object): string => brokerWords(askedOf({ spec: { live: { broker: "exchange", ...live } } }).facts as any).badge;
  assert.deepEqual([badge({}), badge({ sandbox: false })], ["SANDBOX", "LIVE"]);
  assert.equal(askedOf({ spec: {} }).facts, null);
  session.destroy();
});

test("sizes of orders are told, or when they will be known", () => {
  const of = (quantity: number | null, filled: number, status: any): string => sizeWords({ quantity, filled, status });
  assert.deepEqual(
    [of(2, 0, "accepted"), of(null, 0, "accepted"), of(null, 1.5, "filled"), of(null, 0, "expired")],
    ["2", "sized at fill", "1.5", "–"],
  );
  const model = told(order("s1", "accepted"), order("t1:stop", "accepted", { role: "stop_loss" }), order("t1:close", "accepted", { role: "exit" }));
  assert.equal(waitingWords(model.orders.working), "2 waiting, 1 protecting");
});

test("names of levels have room of their own, as much as they need and no more than a part", () => {
  const levels = levelsOf([], told(order("s1", "accepted")).orders.working, "A", 2);
  assert.equal(roomFor([], 1000, () => 100), 0);
  assert.equal(roomFor(levels, 1000, () => 100), 0.144);
  assert.equal(roomFor(levels, 1000, () => 90), roomFor(levels, 1000, () => 95));
  assert.equal(roomFor(levels, 200, () => 100), 0.25);
  assert.deepEqual(pricesTaken(namingOf(levels, [9, 10], 100, 9.6), [9, 10], 100).map((price) => price.toFixed(2)), ["9.50"]);
  assert.deepEqual(pricesTaken(namingOf(levels, [10, 11], 100, 10.5), [10, 11], 100), []);
});

test("what others asked for, and were refused, is a notice", () => {
  const { session, say } = opened();
  say(message("control", { action: "flatten", accepted: false, by: "ann", reason: "it has ended" }));
  assert.equal(session.notice, "ann asked for flatten, which was refused: it has ended");
  say(message("control", { action: "pause_entries", accepted: true, by: "ann" }));
  assert.equal(session.notice, "ann asked for pause entries");
  session.destroy();
});

test("the symbol and the timeframe that are shown are among those there are", () => {
  const { session, say } = opened();
  assert.deepEqual([session.symbol, session.timeframe], ["B", "1M"]);
  say(candle(0, 1, true, "A", "1H"));
  session.show("A", "1H");
  assert.deepEqual([session.symbol, session.timeframe], ["A", "1H"]);
  session.show("B");
  assert.deepEqual([session.symbol, session.timeframe], ["B", "1M"]);
  session.show("nothing");
  assert.equal(session.symbol, "B");
  session.destroy();
});

const waiting = (price: number, waits = true): Level => ({ price, told: "", text: "", brief: "", colour: "amber", dash: [], waits });

test("of many levels what is held and what is nearest to the price is named, the rest is counted", () => {
  const orders = Array.from({ length: 40 }, (_, i) => waiting(81 + i));
  const stop = waiting(85, false);
  const naming = namingOf([...orders, stop, waiting(300)], [80, 121], 320, 100.2);
  assert.equal(naming.named.length, 10);
  const prices = naming.named.map(({ price }) => price);
  assert.deepEqual(prices, [104, 103, 102, 101, 100, 99, 98, 97, 96, 85]);
  assert.equal(naming.lines.length, 31);
  assert.deepEqual([naming.above, naming.below], [17, 15]);
  const tops = naming.named.map(({ top }) => top);
  assert.ok(tops.every((top, i) => top >= 16 && top <= 320 - 32 && (i === 0 || top - (tops[i - 1] as number) >= 16)));
});

test("few levels are all named, and those out of view are counted", () => {
  const naming = namingOf([waiting(90), waiting(110), waiting(50)], [80, 120], 320, 100);
  assert.deepEqual(naming.named.map(({ price }) => price), [110, 90]);
  assert.deepEqual([naming.lines.length, naming.above, naming.below], [0, 0, 1]);
  assert.deepEqual(namingOf([], [0, 1], 320, NaN), { named: [], lines: [], above: 0, below: 0 });
});
