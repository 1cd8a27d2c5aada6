import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import {
  backtestAddress, BacktestStreamClient, LiveStreamClient, MarketStreamClient, StreamError, streamAddress, type AnyMessage,
} from "../stream/src/index.ts";
import { connected, event, FakeSocket, harness } from "./fakes.ts";

const opened: (FakeSocket & { url: string })[] = [];
const real = globalThis.WebSocket;

class PageSocket extends FakeSocket {
  constructor(readonly url: string | URL) {
    super();
    opened.push(this as unknown as FakeSocket & { url: string });
  }
}

function usePageSocket(): void {
  globalThis.WebSocket = PageSocket as unknown as typeof WebSocket;
}

afterEach(() => {
  globalThis.WebSocket = real;
  opened.length = 0;
});

test("the address carries what is wished for", () => {
  const plain = streamAddress("ws://h/s", {}, { since: 0, epoch: null });
  assert.equal(plain.search, "?batch=1&heartbeat=5");
  const full = streamAddress(
    "wss://h/s?token=t",
    { types: ["trade", "complete"], columns: true, maxRate: 2, batch: false, heartbeat: null, from: "now" },
    { since: 7, epoch: "e 1" },
  );
  assert.deepEqual(Object.fromEntries(full.searchParams), {
    token: "t", types: "trade,complete", format: "columns", max_rate: "2", since: "7", epoch: "e 1",
  });
  assert.equal(streamAddress("ws://h/s", { from: "now" }, { since: 0, epoch: null }).searchParams.get("from"), "now");
  const replay = streamAddress("ws://h/s", { replay: { speed: 3600, unit: "x" } }, { since: 0, epoch: null });
  assert.equal(replay.searchParams.get("speed"), "3600x");
});

test("a backtest is found on the given server, the page's, or the contract's", () => {
  assert.equal(backtestAddress("a b", "https://h/user/x").href, "wss://h/user/x/api/ws/stream/backtest/a%20b");
  assert.equal(backtestAddress("b1").href, "ws://localhost:8000/api/ws/stream/backtest/b1");
});

for (const [what, client] of Object.entries({
  "a heartbeat of 0": () => new BacktestStreamClient("b1", { heartbeat: 0 }),
  "a heartbeat that is no number": () => new BacktestStreamClient("b1", { heartbeat: NaN }),
  "a beginning there is not": () => new BacktestStreamClient("b1", { from: "later" as "now" }),
  "a position before the first": () => new BacktestStreamClient("b1", { since: -1 }),
  "no run": () => new BacktestStreamClient(""),
  "a way out of the path": () => new BacktestStreamClient(".."),
  "no market": () => new MarketStreamClient(""),
})) {
  test(`${what} is refused before anything is opened`, async () => {
    usePageSocket();
    await assert.rejects(client().connect(), { code: "invalid_request" });
    assert.equal(opened.length, 0);
  });
}

test("an address that is none is told as any end is", async () => {
  usePageSocket();
  for (const client of [new BacktestStreamClient("b1", { server: "bogus" }), new LiveStreamClient({ server: "bogus" })]) {
    await assert.rejects(client.connect(), { code: "bad_address" });
  }
});

test("what is no number is not sent", () => {
  usePageSocket();
  const client = new BacktestStreamClient("b1");
  client.on("trade", () => {});
  opened[0]?.onopen?.({});
  assert.throws(() => client.speed(Number("fast")), { code: "invalid_request" });
  assert.throws(() => client.step(Infinity), { code: "invalid_request" });
  assert.deepEqual(opened[0]?.sent, []);
});

test("stands in for the contract's BacktestStreamClient", () => {
  usePageSocket();
  const seen: unknown[] = [];
  // The printed example, word for word but for what it does with the data.
  const client = new BacktestStreamClient("backtest_20240211_123456");
  client.on("connected", (data) => {
    seen.push(data.message);
  });
  client.on("trade", (data) => {
    if (data.event === "entry") seen.push(data.entry_price);
    else if (data.event === "exit") seen.push(data.pnl);
  });
  client.on("complete", (data) => {
    seen.push(data.metrics.total_trades);
  });
  const [socket] = opened as [FakeSocket & { url: string }];
  assert.equal(new URL(socket.url).pathname, "/api/ws/stream/backtest/backtest_20240211_123456");
  // A plain server: no seq, no epoch, no arrays.
  socket.say(
    { type: "connected", data: { message: "Connected to backtest stream" } },
    { type: "trade", data: { event: "entry", entry_price: 51234.5 } },
    { type: "trade", data: { event: "exit", pnl: 76.55 } },
    { type: "complete", data: { metrics: { total_trades: 120 } } },
  );
  assert.deepEqual(seen, ["Connected to backtest stream", 51234.5, 76.55, 120]);
  client.close();
  assert.equal(socket.closed, true);
});

test("connects like the contract's ReconnectingWebSocket", async () => {
  const { client, clock, socket } = harness({ maxRetries: 5 });
  const connecting = client.connect();
  socket().end(1006);
  clock.pass(0);
  socket().say(connected(0));
  assert.equal(await connecting, client);
  const lost = harness({ maxRetries: 2 });
  const refused = lost.client.connect();
  for (let i = 0; i < 3; i++) {
    lost.socket().end(1006);
    lost.clock.pass(0);
  }
  await assert.rejects(refused, /Max reconnection attempts reached/);
  await assert.rejects(lost.client.connect(), StreamError);
});

test("messages are iterated to the end of the stream", async () => {
  const { client, socket } = harness();
  const told: AnyMessage["type"][] = [];
  const loop = (async () => {
    for await (const message of client) told.push(message.type);
  })();
  socket().say(connected(2), event(1));
  await Promise.resolve();
  socket().say(event(2, "complete", {}));
  socket().end(1000);
  await loop;
  assert.deepEqual(told, ["connected", "trade", "complete"]);
  const again = async (): Promise<void> => {
    for await (const _ of client) assert.fail("it is over");
  };
  await assert.rejects(again(), { name: "StreamError", code: "already_over" });
});

test("an iteration over a stream that fails throws why, after what was told", async () => {
  const { client, socket } = harness();
  const told: string[] = [];
  const loop = (async () => {
    for await (const message of client) told.push(message.type);
  })();
  socket().say({ type: "error", data: { error: "No backtest is named 'x'" }, extra: { code: "not_found" } });
  socket().end(4404);
  await assert.rejects(loop, { name: "StreamError", code: "not_found", message: "No backtest is named 'x'" });
  assert.deepEqual(told, ["error"]);
});

test("a loop that is left leaves the client open", async () => {
  const { client, socket } = harness();
  const messages = client[Symbol.asyncIterator]();
  socket().say(connected(1));
  for await (const message of messages) {
    assert.equal(message.type, "connected");
    break;
  }
  socket().say(event(1));
  assert.deepEqual(await messages.next(), { done: true, value: undefined });
  assert.equal(socket().closed, false);
});

test("off takes a handler away; one that throws costs the others nothing", (context) => {
  const { client, heard, socket } = harness();
  const thrown: unknown[] = [];
  context.mock.method(globalThis, "queueMicrotask", (action: () => void) => {
    try {
      action();
    } catch (error) {
      thrown.push(error);
    }
  });
  const broken = (): never => {
    throw new Error("mine");
  };
  client.off("trade", broken).on("trade", broken);
  const seen: number[] = [];
  client.on("trade", (_data, message) => seen.push(message.seq as number));
  socket().say(event(1));
  client.off("trade", broken);
  socket().say(event(2));
  assert.deepEqual([heard, seen, thrown.length], [[1, 2], [1, 2], 1]);
});

test("controls are said as the contract writes them", () => {
  const { client, socket } = harness();
  assert.throws(() => client.pause(), { name: "StreamError", code: "not_connected" });
  socket().onopen?.({});
  client.pause();
  client.resume();
  client.step();
  client.step(-3);
  client.speed(100);
  client.speed(3600, "x");
  client.runUntil({ trades: 1 });
  client.seek({ time: "2024-01-15T08:00:00Z" });
  client.stop();
  client.ping();
  const control = (action: string, rest: object = {}) => ({ type: "control", action, ...rest });
  assert.deepEqual(socket().sent.map((text) => JSON.parse(text)), [
    control("pause"), control("resume"), control("step", { value: 1 }), control("step", { value: -3 }),
    control("speed", { value: 100 }), control("speed", { value: 3600, unit: "x" }),
    control("run_until", { until: { trades: 1 } }), control("seek", { to: { time: "2024-01-15T08:00:00Z" } }),
    control("stop"), { type: "ping" },
  ]);
});

test("a replay that lost its connection goes on as it stood", () => {
  const { positions, clock, socket } = harness({ replay: {} });
  socket().onopen?.({});
  const replay = { state: "paused", seq: 4, last_seq: 9, time: null, start: null, end: null, speed: 3600, unit: "x" };
  socket().say(connected(9), event(4), { type: "replay", data: replay });
  assert.deepEqual(socket().sent, []);
  socket().end(1006);
  clock.pass(0);
  socket().onopen?.({});
  socket().say(connected(9));
  assert.deepEqual(positions[1], { since: 4, epoch: "e1" });
  assert.deepEqual(socket().sent.map((text) => JSON.parse(text)), [
    { type: "control", action: "pause" }, { type: "control", action: "speed", value: 3600, unit: "x" },
  ]);
});

test("who joins now resumes from there, even if nothing came", () => {
  const { positions, clock, socket } = harness({ from: "now" });
  socket().say(connected(40));
  socket().end(1006);
  clock.pass(0);
  assert.deepEqual(positions[1], { since: 40, epoch: "e1" });
});

test("a client closed by a handler stays closed", () => {
  const { client, states, socket } = harness();
  client.on("connected", () => client.close());
  socket().say(connected(3));
  assert.deepEqual(states.map((status) => status.state), ["closed"]);
});

test("a client closed by a handler hears nothing more of the frame", () => {
  const { client, heard, socket } = harness();
  client.on("trade", () => client.close());
  socket().onmessage?.({ data: JSON.stringify([event(1), event(2)]) });
  assert.deepEqual(heard, [1]);
  assert.equal(client.status.state, "closed");
});
