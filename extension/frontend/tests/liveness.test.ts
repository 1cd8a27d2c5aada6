import assert from "node:assert/strict";
import { test } from "node:test";
import { connected, harness } from "./fakes.ts";

test("a silent connection is asked, then dropped, and the next one resumes", () => {
  const { sockets, positions, states, clock, socket } = harness();
  const first = socket();
  first.onopen?.({});
  first.say(connected(0), { type: "trade", seq: 1, data: {} });
  clock.pass(7_500);
  assert.deepEqual(first.sent, ['{"type":"ping"}']);
  clock.pass(7_499);
  assert.equal(sockets.length, 1);
  clock.pass(1);
  assert.equal(first.closed, true);
  assert.equal(states.at(-1)?.state, "reconnecting");
  clock.pass(0);
  assert.deepEqual(positions[1], { since: 1, epoch: "e1" });
});

test("any message is a sign of life", () => {
  const { sockets, clock, socket } = harness();
  socket().onopen?.({});
  for (let i = 0; i < 20; i++) {
    clock.pass(5_000);
    socket().say({ type: "heartbeat", data: { seq: 0, sent: 0, lag: 0, lag_ms: 0, conflated: 0 } });
  }
  assert.equal(sockets.length, 1);
  assert.deepEqual(socket().sent, []);
});

test("a connection that never opens is given up, too, and nothing is said on it", () => {
  const { sockets, clock } = harness();
  clock.pass(15_000);
  assert.equal(sockets.length, 2);
  assert.deepEqual(sockets[0]?.sent, []);
});

test("without heartbeats it says ping every 30 s, and waits for ever", () => {
  const { client, sockets, clock, socket } = harness({ heartbeat: null });
  const first = socket();
  first.onopen?.({});
  clock.pass(60_000);
  assert.deepEqual(first.sent, ['{"type":"ping"}', '{"type":"ping"}']);
  client.close();
  clock.pass(600_000);
  assert.equal(first.sent.length, 2);
  assert.equal(sockets.length, 1);
  assert.equal(first.closed, true);
});

test("a server that goes away says when to come back", () => {
  const { sockets, states, clock, socket } = harness();
  socket().say(connected(0), { type: "shutdown", data: { reason: "restart", reconnect_ms: 4_000 } });
  socket().end(1001);
  assert.equal(states.at(-1)?.reason, "the server goes away");
  clock.pass(3_999);
  assert.equal(sockets.length, 1);
  clock.pass(1);
  assert.equal(sockets.length, 2);
  socket().say(connected(0));
  socket().end(1006);
  assert.equal(states.at(-1)?.reason, undefined);
  clock.pass(0);
  assert.equal(sockets.length, 3);
});

test("what the server said of coming back holds for the first try alone", () => {
  const { sockets, states, clock, socket } = harness();
  clock.chance = 1;
  socket().say(connected(0), { type: "shutdown", data: { reason: "restart", reconnect_ms: 4_000 } });
  socket().end(1001);
  clock.pass(4_000);
  assert.equal(sockets.length, 2);
  socket().end(1006);
  assert.deepEqual(states.at(-1), { state: "reconnecting", since: states.at(-2)?.since });
  clock.pass(1_000);
  assert.equal(sockets.length, 3);
});

test("a socket that fails and does not close is closed soon", () => {
  const { sockets, states, clock, socket } = harness();
  socket().onerror?.({});
  clock.pass(999);
  assert.equal(states.length, 0);
  clock.pass(1);
  assert.equal(states.at(-1)?.state, "reconnecting");
  assert.equal(sockets[0]?.closed, true);
  clock.pass(0);
  assert.equal(sockets.length, 2);
  clock.pass(2_000);
  assert.equal(sockets.length, 2);
});

test("it gives up after as many tries as it was allowed", () => {
  const { states, sockets, clock, socket } = harness({ maxRetries: 5 });
  for (let i = 0; i < 6; i++) {
    socket().end(1006);
    clock.pass(0);
  }
  assert.equal(sockets.length, 6);
  assert.deepEqual(states.at(-1), { state: "failed", reason: "Max reconnection attempts reached", code: "unreachable" });
});
