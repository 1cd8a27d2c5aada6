import assert from "node:assert/strict";
import { test } from "node:test";
import type { WireMessage } from "../stream/src/index.ts";
import { besideOf } from "../src/live/beside.ts";
import { spread, levelsOf } from "../src/live/levels.ts";
import { LiveModel } from "../src/live/model.ts";
import { whyOf } from "../src/live/orders.ts";
import { LiveSession } from "../src/live/session.ts";
import { brokerWords, level, limitName, measure } from "../src/live/words.ts";
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

/** A session on a transport that a test drives. */
function opened(refuse: Error | null = null) {
  const asked: Control[] = [];
  let subscriber: Subscriber | undefined;
  const direct: Transport = {
    canControl: true,
    subscribe(given) {
      subscriber = given;
      return () => undefined;
    },
    get: async () => ({ name: "Backtest", spec: { strategy_ids: ["S"], live: { keep: true } } }),
    control: async (request) => {
      asked.push(request);
      if (refuse !== null) throw refuse;
    },
  };
  const session = new LiveSession({ direct, relay: null, snapshot: () => ({}), title: "t", id: "live_1", chosen: () => undefined });
  const say = (...messages: WireMessage[]): void => messages.forEach((each) => subscriber?.message(each));
  say({ type: "connected", data: { epoch: "e", seq: 0 } }, begun(), candle(0, 1), candle(0, 1, true, "B"));
  subscriber?.status({ state: "live" }, "direct");
  return { session, asked, say };
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
  const { session, say } = opened(new Refusal("You may only read", 403));
  assert.equal(session.barred, "");
  await assert.rejects(session.control("stop"), /only read/);
  assert.deepEqual([session.barred, session.pending], ["You may only read", null]);
  say(message("complete", { metrics: {} }, { status: "stopped" }));
  assert.equal(session.barred, "The session has ended");
  session.destroy();
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
