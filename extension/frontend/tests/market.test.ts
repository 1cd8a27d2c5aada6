import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { marketAddress, MarketStreamClient, streamAddress, type WireMessage } from "../stream/src/index.ts";
import { MarketModel } from "../src/market/model.ts";
import { thinned } from "../src/market/lines.ts";
import { scoresByCandle } from "../src/market/score.ts";
import { CandleSeries } from "../src/market/series.ts";
import { MarketSession } from "../src/market/session.ts";
import { Structure, type Thing } from "../src/market/structure.ts";
import { shownZones } from "../src/market/zones.ts";
import { marketPlace, type Subscriber, type Transport } from "../src/transport/index.ts";
import { event, harness } from "./fakes.ts";

const MINUTE = 60_000;
const START = Date.parse("2024-01-01T00:00:00Z");
const iso = (bar: number): string => new Date(START + bar * MINUTE).toISOString();

function candle(bar: number, close: number, closed = true, timeframe = "1M"): WireMessage {
  const data = { symbol: "X", timeframe, time: iso(bar), open: 1, high: 9, low: 0.5, close, volume: 2, closed };
  return { type: "candle", data };
}

function pattern(bar: number, name: string, strength: number, provisional: boolean, direction = "bullish"): WireMessage {
  const times = { bar_time: iso(bar), confirmed_at: iso(bar + 1) };
  return { type: "pattern", data: { symbol: "X", timeframe: "1M", pattern: name, direction, strength, provisional, ...times } };
}

function fact(id: string, bar: number, status: string, more: object = {}): WireMessage {
  const times = { bar_time: iso(bar), confirmed_at: iso(bar + 1) };
  const data = { symbol: "X", timeframe: "1M", id, kind: "fvg", direction: "bullish", status, price: 5, top: 6, bottom: 5, ...times };
  return { type: "structure", data: { ...data, ...more } };
}

function score(bar: number, value: number, direction: string): WireMessage {
  const times = { bar_time: iso(bar), confirmed_at: iso(bar + 1) };
  return { type: "confluence", data: { symbol: "X", timeframe: "1M", score: value, direction, terms: [], rationale: "", ...times } };
}

const connected: WireMessage = {
  type: "connected",
  data: { epoch: "e", seq: 0, status: "live", symbol: "X", feed: "synthetic", source: "made", synthetic: true, timeframes: ["1H", "1M"] },
};

function told(...messages: WireMessage[]): MarketModel {
  const model = new MarketModel();
  messages.forEach((message) => model.apply(message));
  return model;
}

const closes = (model: MarketModel): number[] => [...(model.frame("1M")?.candles.close ?? [])];

test("a candle grows in its place, closes once, and is not undone by what comes late", () => {
  const model = told(candle(0, 1), candle(1, 2, false), candle(1, 3, false));
  assert.deepEqual(closes(model), [1, 3]);
  assert.equal(model.frame("1M")?.candles.growing, true);
  model.apply(candle(1, 4));
  model.apply(candle(1, 5, false));
  assert.deepEqual(closes(model), [1, 4]);
  assert.equal(model.frame("1M")?.candles.growing, false);
});

test("candles that were missed find their place", () => {
  const model = told(candle(0, 1), candle(3, 4), candle(4, 5, false), candle(2, 3), candle(1, 2));
  assert.deepEqual(closes(model), [1, 2, 3, 4, 5]);
  assert.equal(model.frame("1M")?.candles.growing, true);
});

test("a series keeps the latest candles, late ones among them", () => {
  const series = new CandleSeries("X", "1M", 8);
  for (let bar = 0; bar < 20; bar++) if (bar !== 18) series.put(bar, [bar, bar, bar, bar, 1], true);
  series.put(18, [18, 18, 18, 18, 1], true);
  const times = [...series.time];
  assert.deepEqual(times, [...times].sort((a, b) => a - b));
  assert.deepEqual(times.slice(-4), [16, 17, 18, 19]);
  assert.deepEqual([...series.close], times);
  assert.ok(series.length <= 8);
});

test("a price is what the shortest timeframe says", () => {
  assert.equal(told(connected, candle(0, 7, false, "1H"), candle(0, 3, false)).price, 3);
  assert.deepEqual(told(connected).info.timeframes, ["1M", "1H"]);
});

test("provisional patterns go with their candle, or when they are taken back", () => {
  const model = told(candle(0, 1, false), pattern(0, "hammer", 100, true), pattern(0, "doji", 100, true, "neutral"));
  const patterns = model.frame("1M")?.patterns;
  assert.equal(patterns?.provisional, 2);
  model.apply(pattern(0, "doji", 0, true, "neutral"));
  assert.deepEqual(patterns?.between(0, Infinity).map((group) => [group.direction, group.provisional]), [["bullish", true]]);
  model.apply(candle(0, 2));
  assert.equal(patterns?.provisional, 0);
  model.apply(pattern(0, "hammer", 100, false));
  model.apply(pattern(0, "doji", 100, true));
  assert.deepEqual([patterns?.count, patterns?.provisional], [1, 0]);
});

test("patterns of a candle and direction are one marker, hollow only if none is certain", () => {
  const model = told(pattern(1, "hammer", 100, false), pattern(1, "engulfing", 80, false), pattern(1, "doji", -100, true, "bearish"));
  const groups = model.frame("1M")?.patterns.between(START, START + 2 * MINUTE) ?? [];
  assert.deepEqual(groups.map((group) => [group.direction, group.patterns.length, group.provisional]), [["bullish", 2, false], ["bearish", 1, true]]);
});

test("a zone stands until a fact ends it, and what is only touched still stands", () => {
  const model = told(fact("fvg_1", 1, "confirmed"), fact("fvg_1", 4, "touched", { top: 7 }));
  const structure = model.frame("1M")?.structure as Structure;
  assert.deepEqual(structure.open.map(({ id, to, top, status }) => [id, to, top, status]), [["fvg_1", null, 7, "touched"]]);
  model.apply(fact("fvg_1", 6, "mitigated"));
  model.apply(fact("fvg_1", 9, "filled"));
  assert.deepEqual(structure.open, []);
  const [thing] = structure.things;
  assert.deepEqual([thing?.from, thing?.to, thing?.status], [START + MINUTE, START + 6 * MINUTE, "filled"]);
});

test("the end of a thing that was not heard of draws nothing", () => {
  assert.deepEqual(told(fact("fvg_9", 4, "filled")).frame("1M")?.structure.things, []);
});

test("a break is drawn from the latest swing at its level", () => {
  const swing = (id: string, bar: number, price: number): WireMessage => fact(id, bar, "confirmed", { kind: "swing_high", price });
  const structure = told(swing("a", 1, 5), swing("b", 3, 5), swing("c", 4, 6), swing("d", 9, 5)).frame("1M")?.structure;
  assert.equal(structure?.swingAt(5, START + 8 * MINUTE)?.id, "b");
  assert.equal(structure?.swingAt(7, START + 8 * MINUTE), null);
});

test("of many open zones the nearest to the price are drawn, and all that are over", () => {
  const structure = new Structure();
  for (let i = 0; i < 40; i++) {
    const { data } = fact(`fvg_${i}`, i, "confirmed", { bottom: i, top: i + 0.5 });
    structure.take(data);
  }
  structure.take(fact("fvg_39", 60, "filled").data);
  const shown = shownZones(structure, 10).map((thing: Thing) => thing.bottom);
  assert.equal(shown.length, 15);
  assert.ok(shown.includes(39));
  assert.deepEqual([2, 3, 10, 16, 17].map((bottom) => shown.includes(bottom)), [false, true, true, true, false]);
});

test("the score's history has a sign, and old news does not change it", () => {
  const model = told(score(1, 0.5, "bullish"), score(2, 0.25, "bearish"), score(3, 0.1, "neutral"), score(1, 0.9, "bullish"));
  assert.deepEqual([...model.score.values], [0.5, -0.25, 0]);
  assert.equal(model.confluence?.score, 0.1);
});

test("a longer candle has the last score within it, and a score without a candle is not drawn", () => {
  const model = told(score(10, 0.2, "bullish"), score(59, 0.9, "bearish"), score(60, 0.4, "bullish"), score(200, 0.7, "bullish"));
  const hours = new CandleSeries("X", "1H");
  for (const hour of [0, 1]) hours.put(START + hour * 60 * MINUTE, [1, 1, 1, 1, 1], true);
  const drawn = scoresByCandle(model, 0, model.scoreTime.length, hours);
  assert.deepEqual(drawn, [[START, -0.9], [START + 60 * MINUTE, 0.4]]);
});

test("of labels that overlap the latest is shown, and none that the edge would cut", () => {
  const label = (name: string, left: number, top: number) => ({ name, left, right: left + 20, top, bottom: top + 12 });
  const labels = [label("old", 100, 50), label("cut", -5, 0), label("apart", 100, 80), label("new", 110, 55), label("out", 290, 0)];
  assert.deepEqual(thinned(labels, { left: 0, width: 300 }).map(({ name }) => name), ["new", "apart"]);
});

test("a market that was deleted says so, and not that a run was", () => {
  const model = told(connected, { type: "error", data: { error: "the stream was deleted", details: {} }, extra: { code: "deleted" } });
  assert.deepEqual(model.failure, { error: "The market was deleted", details: {} });
});

test("a page that shows a market reads what is told, and starts nothing", () => {
  const { searchParams } = marketPlace("BTC-USD").stream("ws://localhost:1/");
  assert.equal(searchParams.get("wake"), "0");
  assert.equal(marketAddress("BTC-USD", "ws://localhost:1/").searchParams.get("wake"), null);
});

test("a gap that could be filled afterwards is told of once", () => {
  const gap = (filled: boolean): WireMessage => (
    { type: "data_gap", data: { symbol: "X", what: "trades", missing: 3, start: iso(1), end: iso(2), filled } }
  );
  const model = told(gap(false), gap(true));
  assert.deepEqual(model.gaps.map(({ missing, filled }) => [missing, filled]), [[3, true]]);
});

test("what the feed says is kept, and a failure goes when it lives again", () => {
  const feed = (state: string, code?: string): WireMessage => ({ type: "feed", data: { state, message: "word", ...(code && { code }) } });
  const model = told(connected, feed("reconnecting", "exchange"));
  assert.deepEqual([model.state, model.word], ["reconnecting", { message: "word", code: "exchange" }]);
  model.apply({ type: "error", data: { error: "no such symbol", details: { field: "symbol" } }, seq: 9 });
  assert.equal(model.failure?.error, "no such symbol");
  model.apply(feed("live"));
  assert.deepEqual([model.failure, model.info.synthetic], [null, true]);
});

class FakeTransport implements Transport {
  readonly canControl = false;
  subscriber!: Subscriber;

  subscribe(subscriber: Subscriber): () => void {
    this.subscriber = subscriber;
    return () => undefined;
  }

  get = (): Promise<any> => Promise.resolve({});
  control = (): Promise<any> => Promise.resolve({});
}

function session(messages: WireMessage[] = []) {
  mock.timers.enable({ apis: ["setTimeout"] });
  const direct = new FakeTransport();
  const chosen: string[] = [];
  const made = new MarketSession({
    direct, relay: null, title: "X", timeframe: "1H", snapshot: () => ({ messages }), chosen: (name) => chosen.push(name),
  });
  return { direct, chosen, made, end: () => mock.timers.reset() };
}

test("the timeframe that is shown is one there is, and Python hears which", () => {
  const { direct, chosen, made, end } = session();
  assert.equal(made.timeframe, "");
  direct.subscriber.message(connected);
  assert.equal(made.timeframe, "1H");
  made.show("7M");
  made.show("1M");
  assert.deepEqual([made.timeframe, chosen], ["1M", ["1M"]]);
  end();
});

test("the saved picture is shown while nothing answers, and gives way to what does", () => {
  const { direct, made, end } = session([connected, candle(0, 1)]);
  mock.timers.tick(6_500);
  assert.deepEqual([made.saved, closes(made.market)], [true, [1]]);
  direct.subscriber.message(connected);
  assert.deepEqual([made.saved, closes(made.market)], [false, []]);
  end();
});

test("a log that was cut begins anew", () => {
  const { direct, made, end } = session();
  direct.subscriber.message(connected);
  direct.subscriber.message(candle(0, 1));
  direct.subscriber.reset();
  direct.subscriber.message(candle(5, 6));
  assert.deepEqual(closes(made.market), [6]);
  end();
});

test("a market's address has its name and the timeframes that are wanted", () => {
  const url = streamAddress(marketAddress("BTC-USD", "http://host/base/"), { timeframes: ["1H", "4H"] }, { since: 0, epoch: null });
  assert.equal(url.href.split("?")[0], "ws://host/base/api/ws/stream/market-data/BTC-USD");
  assert.equal(url.searchParams.get("timeframes"), "1H,4H");
  assert.equal(new MarketStreamClient("BTC-USD").status.state, "connecting");
});

test("with a filter on timeframes an event that is left out is not missed", () => {
  const filtered = harness({ timeframes: ["1H"] });
  filtered.socket().say({ type: "connected", data: { epoch: "e", seq: 9 } }, { ...event(1), eseq: 1 }, { ...event(5), eseq: 4 });
  assert.deepEqual(filtered.heard, [1, 5]);
  const whole = harness();
  whole.socket().say({ type: "connected", data: { epoch: "e", seq: 9 } }, { ...event(1), eseq: 1 }, { ...event(5), eseq: 4 });
  assert.deepEqual(whole.heard, [1]);
});
