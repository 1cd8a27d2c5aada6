import assert from "node:assert/strict";
import { mock, test } from "node:test";
import type { StreamStatus, WireMessage } from "../stream/src/index.ts";
import { ChosenTransport, findServer, RelayTransport, type Route, type Subscriber, type Transport } from "../src/transport/index.ts";
import { connected, event } from "./fakes.ts";

class FakeTransport implements Transport {
  readonly canControl = true;
  subscriber: Subscriber | null = null;
  stopped = false;

  constructor(private readonly name: string) {}

  subscribe(subscriber: Subscriber): () => void {
    this.subscriber = subscriber;
    return () => (this.stopped = true);
  }

  get(): Promise<any> {
    return Promise.resolve(this.name);
  }

  control(): Promise<any> {
    return Promise.resolve(this.name);
  }
}

function setup(ways: { direct: boolean } = { direct: true }) {
  mock.timers.enable({ apis: ["setTimeout"] });
  const direct = ways.direct ? new FakeTransport("direct") : null;
  const relay = new FakeTransport("relay");
  const heard: WireMessage[] = [];
  const states: [StreamStatus, Route][] = [];
  let silences = 0;
  const chosen = new ChosenTransport(direct, relay, () => silences++);
  const stop = chosen.subscribe({
    message: (message) => heard.push(message),
    reset: () => undefined,
    status: (status, route) => states.push([status, route]),
  });
  const end = (): void => mock.timers.reset();
  return { direct: direct as FakeTransport, relay, heard, states, chosen, stop, end, silences: () => silences };
}

test("direct that connects in time is kept, and the kernel is left alone", async () => {
  const { direct, relay, heard, chosen, end, silences } = setup();
  direct.subscriber?.message(connected(1));
  direct.subscriber?.message(event(1));
  mock.timers.tick(60_000);
  assert.equal(relay.subscriber, null);
  assert.equal(heard.length, 2);
  assert.equal(silences(), 0);
  assert.equal(await chosen.get("candles", {}), "direct");
  end();
});

test("direct that does not open in time gives way to the kernel", async () => {
  const { direct, relay, heard, states, chosen, end } = setup();
  mock.timers.tick(2_500);
  relay.subscriber?.message(connected(1));
  relay.subscriber?.status({ state: "live" }, "relay");
  assert.equal(direct.stopped, true);
  direct.subscriber?.message(event(1));
  assert.equal(heard.length, 1);
  assert.deepEqual(states.at(-1), [{ state: "live" }, "relay"]);
  assert.equal(await chosen.control({ action: "pause" }), "relay");
  end();
});

test("direct that was cut off before it opened gives way at once", () => {
  const { direct, relay, end } = setup();
  direct.subscriber?.status({ state: "reconnecting" }, "direct");
  assert.notEqual(relay.subscriber, null);
  end();
});

test("without a page configuration the kernel is asked at once", () => {
  const { relay, end } = setup({ direct: false });
  assert.notEqual(relay.subscriber, null);
  end();
});

test("when nothing answers it says so once, and hears a late answer", () => {
  const { relay, heard, end, silences } = setup();
  mock.timers.tick(6_500);
  assert.equal(silences(), 1);
  relay.subscriber?.message(connected(0));
  assert.equal(heard.length, 1);
  mock.timers.tick(60_000);
  assert.equal(silences(), 1);
  end();
});

test("a refusal by both is a failure with the server's reason", () => {
  const { direct, relay, states, end } = setup();
  direct.subscriber?.status({ state: "failed", reason: "no such run" }, "direct");
  relay.subscriber?.status({ state: "failed", reason: "no source" }, "relay");
  assert.equal(states.at(-1)?.[0].reason, "no such run");
  end();
});

function page(config: string | null, href = "http://host:8888/user/x/lab/tree/a.ipynb"): Document {
  const tag = config === null ? null : { textContent: config };
  return { getElementById: () => tag, location: new URL(href) } as unknown as Document;
}

test("the server is found through the page's configuration", () => {
  const plain = findServer(page('{"baseUrl": "/user/x/", "wsUrl": ""}'));
  assert.deepEqual(plain, { http: "http://host:8888/user/x/", ws: "ws://host:8888/user/x/" });
  const secure = findServer(page('{"baseUrl": "/user/x"}', "https://host/user/x/lab"));
  assert.deepEqual(secure, { http: "https://host/user/x/", ws: "wss://host/user/x/" });
  const other = findServer(page('{"baseUrl": "/user/x/", "wsUrl": "wss://ws.host/"}'));
  assert.equal(other?.ws, "wss://ws.host/user/x/");
  assert.equal(findServer(page(null)), null);
  assert.equal(findServer(page("{")), null);
});

class FakeModel {
  sent: any[] = [];
  handlers: ((content: any) => void)[] = [];
  get = (): undefined => undefined;
  send = (content: any): number => this.sent.push(content);
  on = (_name: string, handler: (content: any) => void): number => this.handlers.push(handler);
  off = (_name: string, handler: (content: any) => void): void => {
    this.handlers = this.handlers.filter((each) => each !== handler);
  };
  say(content: any): void {
    [...this.handlers].forEach((handler) => handler(content));
  }
}

test("relay: asks for the stream, hands batches on, ends with the kernel's word", () => {
  const model = new FakeModel();
  const relay = new RelayTransport(model);
  const heard: WireMessage[] = [];
  const states: string[] = [];
  const stop = relay.subscribe({ message: (m) => heard.push(m), reset: () => undefined, status: (s) => states.push(s.state) });
  assert.deepEqual(model.sent, [{ kind: "relay", since: 0, epoch: null }]);
  model.say({ kind: "messages", batch: [connected(2), event(1), event(2)] });
  model.say({ kind: "messages", batch: [connected(3), event(1), event(2), event(3)] });
  assert.deepEqual(heard.filter((m) => m.seq !== undefined).map((m) => m.seq), [1, 2, 3]);
  model.say({ kind: "state", state: "finished" });
  assert.equal(states.at(-1), "finished");
  stop();
  relay.destroy();
  assert.equal(model.handlers.length, 0);
});

for (const [said, state] of [["deleted", "deleted"], ["failed", "failed"]] as const) {
  test(`relay: the kernel's word ${said} is not a finished run`, () => {
    const model = new FakeModel();
    const states: StreamStatus[] = [];
    new RelayTransport(model).subscribe({
      message: () => undefined, reset: () => undefined, status: (status) => states.push(status),
    });
    model.say({ kind: "messages", batch: [connected(0)] });
    model.say({ kind: "state", state: said, reason: "not any more" });
    assert.equal(states.at(-1)?.state, state);
  });
}

test("relay: replies find their request, refusals carry the server's words", async () => {
  const model = new FakeModel();
  const relay = new RelayTransport(model);
  const candles = relay.get("candles", { max_points: 5 });
  const stop = relay.control({ action: "stop" });
  const [first, second] = model.sent;
  assert.deepEqual({ ...first, id: 0 }, { kind: "get", path: "candles", query: { max_points: 5 }, id: 0 });
  model.say({ kind: "reply", id: second.id, ok: false, body: { error: "The run is over" } });
  model.say({ kind: "reply", id: first.id, ok: true, body: { time: [] } });
  assert.deepEqual(await candles, { time: [] });
  await assert.rejects(stop, /The run is over/);
  relay.destroy();
});
