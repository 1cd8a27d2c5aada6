import assert from "node:assert/strict";
import { test } from "node:test";
import { StreamClient, streamAddress, webSocketFactory, type AnyMessage } from "../stream/src/index.ts";
import { connected, event, FakeClock, FakeSocket, harness } from "./fakes.ts";

/** A client nobody listens to yet, on sockets that a test drives. */
function quiet() {
  const sockets: FakeSocket[] = [];
  const since: number[] = [];
  const clock = new FakeClock();
  const client = new StreamClient((position) => {
    since.push(position.since);
    sockets.push(new FakeSocket());
    return sockets.at(-1) as FakeSocket;
  }, { clock });
  return { client, sockets, since, clock, socket: () => sockets.at(-1) as FakeSocket };
}

async function told(client: AsyncIterable<AnyMessage>): Promise<string[]> {
  const types: string[] = [];
  for await (const message of client) types.push(message.type);
  return types;
}

test("nothing is opened before somebody asks", () => {
  const { client, sockets } = quiet();
  assert.equal(sockets.length, 0);
  client.on("trade", () => undefined);
  client.on("complete", () => undefined);
  assert.equal(sockets.length, 1);
});

test("what came between connect and the loop is told by the loop", async () => {
  const { client, socket } = quiet();
  const connecting = client.connect();
  socket().onmessage?.({ data: JSON.stringify([connected(2), event(1)]) });
  await connecting;
  socket().say(event(2, "complete", {}));
  socket().end(1000);
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual(await told(client), ["connected", "trade", "complete"]);
  await assert.rejects(told(client), { code: "already_over" });
});

test("a listener for errors alone costs the loop after connect nothing", async () => {
  const { client, socket } = quiet();
  client.on("error", () => undefined);
  const connecting = client.connect();
  socket().onmessage?.({ data: JSON.stringify([connected(1), event(1, "complete", {})]) });
  await connecting;
  const loop = told(client);
  socket().end(1000);
  assert.deepEqual(await loop, ["connected", "complete"]);
});

test("who listens after connect hears the story, all handlers of one turn alike and in order", async () => {
  const { client, socket } = quiet();
  const connecting = client.connect();
  socket().say(connected(1), event(1));
  await connecting;
  const heard: string[] = [];
  client.on("trade", () => heard.push("a"));
  client.on("trade", () => heard.push("b"));
  socket().say(event(2, "progress", {}));
  client.on("progress", () => heard.push("c"));
  await Promise.resolve();
  assert.deepEqual(heard, ["a", "b", "c"]);
});

test("handlers that were there hear the held story without anybody else coming", async () => {
  const { client, heard, clock, socket } = harness();
  const connecting = client.connect();
  socket().say(connected(1), event(1));
  await connecting;
  clock.pass(0);
  assert.deepEqual(heard, [1]);
});

test("too much for nobody is let go, and asked for again when somebody comes", async () => {
  const { client, sockets, since, socket } = quiet();
  void client.connect();
  const story = Array.from({ length: 60_000 }, (_, i) => event(i + 1, "equity"));
  socket().onmessage?.({ data: JSON.stringify([connected(70_000), ...story]) });
  assert.equal(sockets[0]?.closed, true);
  let count = 0;
  client.on("equity", () => count++);
  await Promise.resolve();
  assert.equal(count, 60_000);
  assert.deepEqual(since, [0, 60_000]);
});

test("a runtime without WebSocket says so to those who listen, and to those who wait", async () => {
  const real = globalThis.WebSocket;
  Reflect.deleteProperty(globalThis, "WebSocket");
  try {
    const client = new StreamClient(webSocketFactory("ws://localhost/"));
    const errors: [string, string][] = [];
    client.on("trade", () => undefined);
    client.on("error", (data, message) => errors.push([data.error, message.extra.code]));
    await assert.rejects(client.connect(), { code: "no_websocket", message: /Node 22/ });
    await new Promise((resolve) => setTimeout(resolve, 5));
    assert.deepEqual(errors.map(([, code]) => code), ["no_websocket"]);
    assert.match(errors[0]?.[0] ?? "", /Node 22/);
    const bad = new StreamClient((position) => webSocketFactory(streamAddress("nonsense", {}, position))(position));
    await assert.rejects(told(bad), { code: "bad_address" });
  } finally {
    if (real) globalThis.WebSocket = real;
  }
});

test("every bad end is an error to those who listen, once", () => {
  const ends: [number, string][] = [[1008, "1008"], [4404, "4404"]];
  for (const [code, name] of ends) {
    const { client, socket } = harness();
    const codes: string[] = [];
    client.on("error", (_data, message) => codes.push(message.extra.code));
    socket().end(code);
    assert.deepEqual(codes, [name]);
  }
  const { client, clock, socket } = harness({ maxRetries: 1 });
  const errors: string[] = [];
  client.on("error", (data) => errors.push(data.error));
  socket().end(1006);
  clock.pass(0);
  socket().end(1006);
  assert.deepEqual(errors, ["Max reconnection attempts reached"]);
  const refused = harness();
  const said: string[] = [];
  refused.client.on("error", (data) => said.push(data.error));
  refused.socket().say({ type: "error", data: { error: "No such run" }, extra: { code: "not_found" } });
  refused.socket().end(4404);
  assert.deepEqual(said, ["No such run"]);
});
