import assert from "node:assert/strict";
import { test } from "node:test";
import { RunModel } from "../src/model/run.ts";
import { paceFor, Replaying } from "../src/replay.ts";
import { refusal } from "../src/session.ts";
import type { WireMessage } from "../stream/src/index.ts";
import { connected, harness } from "./fakes.ts";

const START = "2024-01-01T00:00:00Z";
const point = (seq: number, time: string): WireMessage => ({ type: "equity", seq, data: { time, equity: 100, balance: 100, drawdown: 0 } });
const replay = (state: string, seq: number, time: string): WireMessage => ({
  type: "replay", data: { state, seq, last_seq: 9, time, start: START, end: "2024-01-01T09:00:00Z", speed: 1 },
});

function setup() {
  const { client, socket, ...rest } = harness({ replay: {} });
  const result = new RunModel();
  Object.assign(result.info, { symbol: "X", start: Date.parse(START) });
  let changes = 0;
  const ends: string[] = [];
  const replaying = new Replaying(client, result, () => changes++, (why) => ends.push(why));
  socket().onopen?.({});
  socket().say(connected(9));
  return { ...rest, result, replaying, socket, ends, changes: () => changes };
}

test("nothing later than the replay's clock is shown, and the clock goes on between messages", () => {
  const { replaying, socket } = setup();
  assert.equal(replaying.run.horizon, -Infinity);
  assert.equal(replaying.run.info.symbol, "X");
  socket().say(point(1, START), replay("playing", 1, "2024-01-01T02:00:00Z"));
  assert.equal(replaying.run.horizon, Date.parse("2024-01-01T02:00:00Z"));
});

test("after a step back the clock is not where it was, and half a story is not shown", () => {
  const { replaying, socket, changes } = setup();
  socket().say(point(1, START), point(2, "2024-01-01T01:00:00Z"), replay("paused", 2, "2024-01-01T05:00:00Z"));
  const before = changes();
  socket().say({ type: "reset", data: { reason: "step", seq: 2 } });
  assert.equal(replaying.run.horizon, -Infinity);
  assert.equal(replaying.run.info.symbol, "X");
  socket().say(point(1, START));
  assert.equal(changes(), before);
  socket().say(point(2, "2024-01-01T01:00:00Z"));
  assert.equal(changes(), before + 1);
  assert.equal(replaying.run.equity.length, 2);
});

test("what is refused is no failure of the run", () => {
  const { replaying, socket } = setup();
  socket().say(
    { type: "control", data: { action: "seek", accepted: false, reason: "There is no trade 'x'" } },
    { type: "error", data: { error: "There is no trade 'x'", details: {} } },
  );
  assert.equal(replaying.refused, "There is no trade 'x'");
  assert.equal(replaying.run.failure, null);
  replaying.step(1);
  assert.equal(replaying.refused, "");
});

test("play at the end begins anew", () => {
  const { replaying, socket } = setup();
  socket().say(replay("ended", 9, "2024-01-01T09:00:00Z"));
  replaying.toggle();
  assert.deepEqual(socket().sent.map((text) => JSON.parse(text)), [
    { type: "control", action: "seek", to: { time: START } }, { type: "control", action: "resume" },
  ]);
});

test("a control without a connection is refused, not lost in silence", () => {
  const { replaying, socket } = setup();
  socket().say(replay("paused", 1, START));
  socket().end(1006);
  replaying.step(1);
  assert.match(replaying.refused, /no connection/);
});

test("a server that knows no replays gives the result back, and says so", () => {
  const { socket, ends } = setup();
  socket().end(1000);
  assert.deepEqual(ends, ["This server cannot tell a run again"]);
});

test("a run is told in about half a minute", () => {
  assert.deepEqual([10, 400, 6_225, 1_000_000].map((bars) => paceFor(bars).speed), [1, 5, 100, 10_000]);
});

test("trades are gone to in the order of the run, and the ends are told", () => {
  const { replaying, result, socket } = setup();
  for (const hour of [2, 4, 6]) {
    result.apply({ type: "trade", data: {
      event: "entry", trade_id: `t${hour}`, direction: "long", entry_price: 1, entry_time: `2024-01-01T0${hour}:00:00Z`,
    } });
  }
  socket().say(replay("paused", 4, "2024-01-01T04:00:00Z"));
  replaying.toTrade(false);
  replaying.toTrade(true);
  const times = socket().sent.map((text) => JSON.parse(text).to.time);
  assert.deepEqual(times, ["2024-01-01T06:00:00.000Z", "2024-01-01T02:00:00.000Z"]);
  socket().say(replay("ended", 9, "2024-01-01T06:00:00Z"));
  replaying.toTrade(false);
  assert.equal(replaying.refused, "There is no trade after this");
});

test("a seek forward is shown once it is there, and the end is the end", () => {
  const { replaying, socket, changes } = setup();
  socket().say(point(1, START), replay("paused", 1, START));
  socket().say({ type: "control", data: { action: "seek", accepted: true } });
  const before = changes();
  socket().say(point(2, "2024-01-01T01:00:00Z"), point(3, "2024-01-01T02:00:00Z"));
  assert.equal(changes(), before);
  const end = replay("ended", 9, START);
  end.data.time = null;
  socket().say(end);
  assert.equal(changes(), before + 1);
  assert.equal(replaying.run.present, Date.parse("2024-01-01T09:00:00Z"));
});

test("a refusal says who, what and why", () => {
  assert.equal(refusal({ action: "stop", accepted: true }), "");
  assert.equal(
    refusal({ action: "run_until", accepted: false, by: "ana", reason: "it is over" }),
    "ana asked for run until, which was refused: it is over",
  );
  const nameless = refusal({ action: "stop", accepted: false, by: "0123456789abcdef0123456789ABCDEF" });
  assert.equal(nameless, "Another viewer asked for stop, which was refused");
});
