import assert from "node:assert/strict";
import { test } from "node:test";
import { Backoff } from "../stream/src/index.ts";
import { connected, event, harness } from "./fakes.ts";

test("handlers get data and message, by type and for all", () => {
  const { client, socket } = harness();
  const seen: unknown[] = [];
  client.on("trade", (data: any, message) => seen.push(data.n, message.seq));
  client.on("*", (_data, message) => seen.push(message.type));
  socket().say(event(1));
  assert.deepEqual(seen, [1, 1, "trade"]);
});

test("catches up until the head of the log, then is live", () => {
  const { socket, states } = harness();
  socket().say(connected(2), event(1));
  assert.equal(states.at(-1)?.state, "catching-up");
  socket().say(event(2));
  assert.equal(states.at(-1)?.state, "live");
});

test("resumes after the last seq and drops what it knows", () => {
  const { positions, heard, clock, socket } = harness();
  socket().say(connected(0), event(1), event(2));
  socket().end(1006);
  clock.pass(1_000);
  assert.deepEqual(positions[1], { since: 2, epoch: "e1" });
  socket().say(connected(3), event(1), event(2), event(3));
  assert.deepEqual(heard, [1, 2, 3]);
});

test("a merged message that comes late within a connection is kept", () => {
  const { heard, socket } = harness();
  socket().say(connected(3), event(3), event(2));
  assert.deepEqual(heard, [3, 2]);
});

for (const code of [1001, 1006, 1013, 4408]) {
  test(`close ${code} is tried again`, () => {
    const { sockets, states, clock, socket } = harness();
    socket().say(connected(0));
    socket().end(code);
    assert.deepEqual(states.at(-1), { state: "reconnecting", since: clock.time });
    clock.pass(1_000);
    assert.equal(sockets.length, 2);
  });
}

for (const [code, state] of [[1000, "finished"], [1008, "failed"], [4404, "deleted"], [4500, "failed"]] as const) {
  test(`close ${code} ends as ${state}`, () => {
    const { sockets, states, clock, socket } = harness();
    socket().say(connected(0));
    socket().end(code);
    clock.pass(600_000);
    assert.equal(states.at(-1)?.state, state);
    assert.equal(sockets.length, 1);
  });
}

test("a stream that is unknown from the start failed, one that goes while it is opened was deleted", () => {
  const unknown = harness();
  unknown.socket().end(4404);
  assert.equal(unknown.states.at(-1)?.state, "failed");
  const gone = harness();
  gone.socket().onclose?.({ code: 4404, reason: "deleted" });
  assert.equal(gone.states.at(-1)?.state, "deleted");
});

test("a run deleted while the connection was down is deleted", () => {
  const { states, clock, socket } = harness();
  socket().say(connected(0));
  socket().end(1006);
  clock.pass(1_000);
  socket().end(4404);
  assert.equal(states.at(-1)?.state, "deleted");
});

test("a refusal carries the error message that came before it", () => {
  const { states, socket } = harness();
  socket().say({ type: "error", data: { error: "No backtest is named 'x'" } });
  socket().end(4404);
  assert.equal(states.at(-1)?.reason, "No backtest is named 'x'");
});

test("after complete a broken connection is the end", () => {
  const { sockets, states, clock, socket } = harness();
  socket().say(connected(0), event(1, "complete"));
  socket().end(1006);
  clock.pass(600_000);
  assert.equal(states.at(-1)?.state, "finished");
  assert.equal(sockets.length, 1);
});

test("the time since when it is down does not move with each try", () => {
  const { states, clock, socket } = harness();
  socket().say(connected(0));
  const down = clock.time;
  socket().end(1006);
  clock.pass(5_000);
  socket().end(1006);
  assert.deepEqual(states.at(-1), { state: "reconnecting", since: down });
});

test("waiting is anywhere below a bound that grows, and begins anew after a connection", () => {
  const backoff = new Backoff(100, 1_000);
  assert.deepEqual([0.5, 0.5, 0.5, 0.5, 0.5, 0.5].map((r) => backoff.next(r)), [50, 100, 200, 400, 500, 500]);
  assert.equal(backoff.next(0), 0);
  backoff.reset();
  assert.equal(backoff.next(0.5), 50);
});

test("a gap begins the story anew", () => {
  const { client, heard, socket, positions, clock } = harness();
  let resets = 0;
  client.on("reset", () => resets++);
  socket().say(connected(0), event(1), event(2));
  socket().end(1006);
  clock.pass(1_000);
  socket().say(connected(5), { type: "gap", data: { epoch: "e1" } }, event(1));
  assert.equal(resets, 1);
  assert.deepEqual(heard, [1, 2, 1]);
  assert.equal(positions.length, 2);
});

test("another epoch without a gap begins the story anew, too", () => {
  const { client, heard, socket, clock } = harness();
  let resets = 0;
  client.on("reset", () => resets++);
  socket().say(connected(0), event(1));
  socket().end(1006);
  clock.pass(1_000);
  socket().say(connected(1, "e2"), event(1));
  assert.equal(resets, 1);
  assert.deepEqual(heard, [1, 1]);
  assert.equal(client.epoch, "e2");
});

test("close stops trying again", () => {
  const { client, sockets, states, clock, socket } = harness();
  socket().end(1006);
  client.close();
  clock.pass(600_000);
  assert.equal(sockets.length, 1);
  assert.equal(states.at(-1)?.state, "closed");
});

test("what is not JSON is ignored, batches are taken apart", () => {
  const { heard, socket } = harness();
  socket().onmessage?.({ data: "{" });
  socket().onmessage?.({ data: [event(1), event(2)] });
  assert.deepEqual(heard, [1, 2]);
});
