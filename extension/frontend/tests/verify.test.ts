import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32, TradeChecksum, type WireMessage } from "../stream/src/index.ts";
import vectors from "./checksums.json";
import { connected, harness } from "./fakes.ts";

const status = (seq: number, eseq: number): WireMessage => ({ type: "status", seq, eseq, data: { status: "running" } });
const entry = (seq: number, eseq: number): WireMessage => ({
  type: "trade", seq, eseq, data: { event: "entry", trade_id: "t1", entry_price: 1.5 }, extra: { quantity: 2 },
});
const sum = (): number => {
  const checksum = new TradeChecksum();
  checksum.add(entry(1, 1) as any);
  return checksum.value;
};
const complete = (seq: number, eseq: number, extra: object): WireMessage => ({ type: "complete", seq, eseq, data: {}, extra });

test("the checksum is the one that Python makes", () => {
  const checksum = new TradeChecksum();
  for (const { message, value } of vectors) {
    checksum.add(message as any);
    assert.equal(checksum.value, value);
  }
  assert.equal(checksum.count, vectors.length);
  assert.equal(crc32(new TextEncoder().encode("123456789")), 0xcbf43926);
});

test("a missing event is asked for once more, from the last good message", () => {
  const { client, positions, heard, states, clock, socket } = harness();
  const first = socket();
  first.say(connected(9), status(1, 1), entry(4, 3), entry(5, 4));
  assert.deepEqual(heard, []);
  assert.equal(first.closed, true);
  clock.pass(0);
  assert.deepEqual(positions[1], { since: 1, epoch: "e1" });
  socket().say(connected(9), entry(2, 2), entry(4, 3));
  assert.deepEqual(heard, [2, 4]);
  assert.equal(states.at(-1)?.state, "catching-up");
  assert.equal(client.seq, 4);
});

test("an event that is missing twice is missing in the log", () => {
  const { client, sockets, states, clock, socket } = harness();
  const errors: string[] = [];
  client.on("error", (_data, message) => errors.push(message.extra.code));
  socket().say(connected(9), status(1, 1), entry(4, 3));
  clock.pass(0);
  socket().say(connected(9), entry(4, 3));
  clock.pass(600_000);
  assert.equal(states.at(-1)?.state, "failed");
  assert.equal(states.at(-1)?.code, "stream_corrupted");
  assert.match(states.at(-1)?.reason ?? "", /seq 4: event 2 was due, but 3 came/);
  assert.deepEqual(errors, ["stream_corrupted"]);
  assert.equal(sockets.length, 2);
});

test("an event that is missing before complete is asked for once more, too", () => {
  const { positions, states, clock, socket } = harness();
  socket().say(connected(3), status(1, 1), complete(3, 3, { trades: 1, crc32: sum() }));
  clock.pass(0);
  assert.deepEqual(positions[1], { since: 1, epoch: "e1" });
  socket().say(connected(3), entry(2, 2), complete(3, 3, { trades: 1, crc32: sum() }));
  socket().end(1000);
  assert.equal(states.at(-1)?.state, "finished");
});

test("complete ends a stream whose trades it counts and sums up", () => {
  const { states, socket } = harness();
  socket().say(connected(3), status(1, 1), entry(2, 2), complete(3, 3, { trades: 1, crc32: sum() }));
  socket().end(1000);
  assert.equal(states.at(-1)?.state, "finished");
});

for (const [name, extra] of [["count", { trades: 2 }], ["checksum", { trades: 1, crc32: 1 }]] as const) {
  test(`complete with another ${name} is not told, and the stream has failed`, () => {
    const { client, states, socket } = harness();
    let told = 0;
    client.on("complete", () => told++);
    socket().say(connected(3), status(1, 1), entry(2, 2), complete(3, 3, extra));
    assert.equal(states.at(-1)?.code, "stream_corrupted");
    assert.equal(told, 0);
  });
}

test("the proof goes on over a lost connection", () => {
  const { states, clock, socket } = harness();
  socket().say(connected(3), status(1, 1), entry(2, 2));
  socket().end(1006);
  clock.pass(0);
  socket().say(connected(3), complete(3, 3, { trades: 1, crc32: sum() }));
  socket().end(1000);
  assert.equal(states.at(-1)?.state, "finished");
});

test("a replay that goes back is proved from its new beginning", () => {
  const { heard, states, socket } = harness({ replay: {} });
  socket().say(connected(9), status(1, 1), entry(2, 2));
  socket().say({ type: "reset", data: { reason: "seek", seq: 1 } }, status(1, 1), entry(2, 2));
  assert.deepEqual(heard, [2, 2]);
  socket().say(complete(3, 3, { trades: 1, crc32: sum() }));
  socket().end(1006);
  assert.equal(states.at(-1)?.state, "reconnecting");
});

test("a filtered stream may leave out events, but not trades it asked for", () => {
  const { states, socket } = harness({ types: ["trade", "complete"] });
  socket().say(connected(9), entry(2, 2), entry(5, 5), complete(9, 9, { trades: 3, crc32: 0 }));
  assert.match(states.at(-1)?.reason ?? "", /2 trades were heard, but the run made 3/);
});

test("who joins in the middle proves the rest", () => {
  const { heard, states, socket } = harness({ since: 7, epoch: "e1" });
  socket().say(connected(9), entry(8, 4), complete(9, 5, { trades: 40, crc32: 7 }));
  socket().end(1000);
  assert.deepEqual(heard, [8]);
  assert.equal(states.at(-1)?.state, "finished");
});

test("a plain server of the contract has nothing to prove", () => {
  const { states, socket } = harness();
  socket().say(
    { type: "connected", data: {} }, { type: "trade", seq: 1, data: { event: "entry" } }, { type: "complete", seq: 2, data: {} },
  );
  socket().end(1000);
  assert.equal(states.at(-1)?.state, "finished");
});
