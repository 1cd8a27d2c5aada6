import assert from "node:assert/strict";
import { afterEach, mock, test } from "node:test";
import type { WireMessage } from "../stream/src/index.ts";
import { sessionColumns } from "../src/sessions/columns.ts";
import { listedOf } from "../src/sessions/listed.ts";
import { SessionsModel, type SessionRow } from "../src/sessions/model.ts";
import { Overview } from "../src/sessions/overview.ts";
import { Refusal, type Control, type Subscriber, type Transport } from "../src/transport/index.ts";

const NOW = Date.parse("2024-01-01T00:01:00Z");
let count = 0;
const message = (type: string, session: string, data: object, at = "2024-01-01T00:00:00Z"): WireMessage => (
  { type, seq: ++count, timestamp: at, data: { session, ...data } }
);
const use = (name: string, used: number): object => ({ name, value: used, limit: 1, used, unit: "money" });
const risk = (session: string, more: object = {}): WireMessage => message("risk", session, {
  exposure: 20, drawdown: -0.01, entries: "open", limits: [use("max_position", 0.2), use("max_exposure", 0.8)], data_age: null, ...more,
});
const position = (session: string, id: string, event = "open"): WireMessage => message("position", session, {
  position_id: id, event, symbol: "A", direction: "long", quantity: 1, unrealized_pnl: 2,
});
const order = (session: string, id: string, status = "accepted", role = "entry"): WireMessage => message("order", session, {
  order_id: id, status, role, symbol: "A", time: "2024-01-01T00:00:00Z",
});
const listed = (id: string, more: object = {}): object => ({
  session_id: id, name: "S", strategy: "S", symbols: ["A", "B"], broker: "paper", feed: "synthetic", status: "running", positions: 0, ...more,
});

function model(list: object[], ...messages: WireMessage[]): SessionsModel {
  const made = new SessionsModel();
  messages.forEach((each) => made.apply(each));
  made.list(listedOf({ sessions: list }) ?? []);
  return made;
}

function cells(row: SessionRow, width = 1000): Record<string, string> {
  return Object.fromEntries(sessionColumns(width, NOW).map((column) => [column.name, column.text(row)]));
}

test("a row is what the list and the stream tell of a session together", () => {
  const pnl = message("pnl", "a", { unrealized: 3, realized: -4 }, "2024-01-01T00:00:50Z");
  const { rows: [row] } = model([listed("a")], risk("a"), position("a", "t1"), order("a", "s1"), order("a", "t1:stop", "accepted", "stop_loss"), pnl);
  assert.deepEqual(cells(row as SessionRow), {
    Session: "S\nA B · a", Broker: "PAPER", Status: "Running", Positions: "1 open · 1 waiting", Exposure: "20.00", Unrealised: "+3.00",
    Realised: "−4.00", Drawdown: "−1.00%", "Worst limit": "Exposure 80%", "Last event": "10 s ago",
  });
  assert.deepEqual(Object.keys(cells(row as SessionRow, 420)), ["Session", "Broker", "Positions", "Unrealised", "Worst limit"]);
});

test("who trades with real money is told from who does not", () => {
  const exchange = { broker: "exchange", exchange: "kraken", account: "main" };
  const { rows } = model([listed("a", { ...exchange, sandbox: false }), listed("b", { ...exchange, sandbox: true }), listed("c")]);
  assert.deepEqual(rows.map((row) => cells(row)["Broker"]), ["LIVE", "SANDBOX", "PAPER"]);
});

test("rows come with what trades, though it is not listed yet, and go when it has ended", () => {
  const made = model([listed("a")]);
  made.apply(risk("new"));
  assert.deepEqual(made.rows.map(({ id, over }) => [id, over]), [["new", false], ["a", false]]);
  assert.equal(made.unlisted, true);
  made.list(listedOf({ sessions: [listed("new"), listed("a", { status: "stopped" })] }) ?? []);
  assert.deepEqual(made.rows.map(({ id, over }) => [id, over]), [["new", false], ["a", true]]);
  assert.equal(made.unlisted, false);
  // Deleted: what it told before does not bring it back.
  made.apply(risk("a"));
  made.list(listedOf({ sessions: [listed("new")] }) ?? []);
  assert.deepEqual(made.rows.map(({ id }) => id), ["new"]);
});

test("one list that lacks it does not end what trades; of a full list nothing is concluded", () => {
  const made = model([], risk("a"));
  assert.equal(made.rows.length, 1);
  made.list([]);
  assert.equal(made.rows.length, 0);
  const full = listedOf({ sessions: Array.from({ length: 100 }, (_, i) => listed(`s${i}`)) }) ?? [];
  const cut = model([], risk("old"));
  cut.list(full);
  cut.list(full);
  assert.equal(cut.rows[0]?.id, "old");
});

test("of what has ended the list's number is told, not what was held before", () => {
  const made = model([listed("a", { status: "stopped", positions: 2 })], position("a", "t1"));
  assert.deepEqual(made.rows.map(({ positions, held }) => [positions, held.length]), [[2, 0]]);
});

class Way implements Transport {
  readonly canControl = true;
  readonly asked: Control[] = [];
  subscriber: Subscriber | null = null;
  list: unknown = { sessions: [] };
  lists = 0;
  refusal: Error | null = null;

  subscribe(subscriber: Subscriber): () => void {
    this.subscriber = subscriber;
    return () => undefined;
  }

  get(): Promise<unknown> {
    this.lists++;
    return Promise.resolve(this.list);
  }

  control(request: Control): Promise<unknown> {
    this.asked.push(request);
    return this.refusal === null ? Promise.resolve({ sessions: [{}] }) : Promise.reject(this.refusal);
  }

  say(...messages: WireMessage[]): void {
    for (const each of messages) this.subscriber?.message(each);
  }
}

afterEach(() => mock.timers.reset());

function overview(): { way: Way; made: Overview; clock: { now: number } } {
  mock.timers.enable({ apis: ["setTimeout"] });
  const way = new Way();
  const clock = { now: NOW };
  const made = new Overview({ direct: way, relay: null, snapshot: () => ({}), title: "", now: () => clock.now });
  way.subscriber?.status({ state: "connecting" }, "direct");
  way.say({ type: "connected", data: { epoch: "e", seq: 0 } });
  way.subscriber?.status({ state: "live" }, "direct");
  return { way, made, clock };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("the list is asked for now and then, and at once for who is not in it", async () => {
  const { way, made, clock } = overview();
  await turn();
  assert.equal(way.lists, 1);
  made.refresh((clock.now += 1_000));
  assert.equal(way.lists, 1);
  way.say(risk("a"));
  way.say(risk("a"));
  assert.equal(way.lists, 2);
  await turn();
  made.refresh((clock.now += 5_000));
  assert.equal(way.lists, 3);
});

test("flattening all is under way until every session holds nothing and lets no entry through", async () => {
  const { way, made } = overview();
  way.list = { sessions: [listed("a"), listed("b")] };
  way.say(risk("a"), risk("b"), position("b", "t1"), order("b", "s1"));
  await made.control("flatten");
  assert.deepEqual(way.asked, [{ action: "flatten" }]);
  assert.equal(made.notice, "1 session was asked to flatten");
  way.say(risk("a", { entries: "paused" }), position("b", "t1", "close"), risk("b", { entries: "paused" }));
  assert.equal(made.pending, "flatten");
  way.say(order("b", "s1", "cancelled"));
  assert.equal(made.pending, null);
});

test("who may not flatten is told why, and a silent server is not called connected", async () => {
  const { way, made, clock } = overview();
  way.refusal = new Refusal("You may only read", 403);
  await assert.rejects(made.control("flatten"), /only read/);
  assert.equal(made.barred, "You may only read");
  assert.equal(made.link(clock.now)[0], "live");
  assert.deepEqual(made.link(clock.now + 6_000), ["quiet", "no sign of life for 6 s"]);
  assert.equal(made.standsStill(clock.now + 6_000), true);
});

test("without a server the saved list is shown, and nothing can be asked", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const made = new Overview({ direct: null, relay: new Way(), snapshot: () => ({ sessions: [listed("a")] }), title: "" });
  mock.timers.tick(10_000);
  assert.deepEqual([made.saved, made.active.length, made.barred], [true, 1, "No server answers"]);
});
