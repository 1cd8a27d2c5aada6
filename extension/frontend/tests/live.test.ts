import assert from "node:assert/strict";
import { test } from "node:test";
import { liveAddress, LiveStreamClient, streamAddress } from "../stream/src/index.ts";
import { connected, FakeSocket } from "./fakes.ts";

/** The client on a socket that a test drives; the runtime's own is put back by the caller. */
function opened(options: ConstructorParameters<typeof LiveStreamClient>[0] = {}) {
  const sockets: (FakeSocket & { address: URL })[] = [];
  class Socket extends FakeSocket {
    readonly address: URL;

    constructor(address: URL) {
      super();
      this.address = address;
      sockets.push(this);
    }
  }
  const real = globalThis.WebSocket;
  Object.assign(globalThis, { WebSocket: Socket });
  const client = new LiveStreamClient({ server: "http://localhost:8888/base", ...options });
  const heard: [string, string][] = [];
  for (const type of ["position", "order", "risk", "pnl"] as const) client.on(type, (data) => heard.push([type, data.session]));
  const socket = sockets[0] as (typeof sockets)[0];
  socket.onopen?.({});
  return { client, sockets, socket, heard, restore: () => Object.assign(globalThis, { WebSocket: real }) };
}

const live = (seq: number, type: string, eseq?: number) => ({
  type, seq, data: { session: "live_1", symbol: "X" }, ...(eseq !== undefined && { eseq }),
});
const asked = (socket: FakeSocket) => socket.sent.map((text) => JSON.parse(text)).filter(({ type }) => type === "control");

test("live trading is asked for by session and by symbols", () => {
  assert.equal(liveAddress("https://h/b").href, "wss://h/b/api/ws/stream/live-trading");
  const address = streamAddress(liveAddress("ws://h"), { symbols: ["BTC-USD", "ETH-USD"], session: "live_1" }, { since: 7, epoch: "e" });
  assert.equal(address.searchParams.get("symbols"), "BTC-USD,ETH-USD");
  assert.equal(address.searchParams.get("session"), "live_1");
  assert.equal(address.searchParams.get("since"), "7");
  assert.equal(streamAddress(liveAddress("ws://h"), {}, { since: 0, epoch: null }).searchParams.has("session"), false);
});

test("positions, orders, risk and profit are heard", () => {
  const { client, socket, heard, restore } = opened();
  try {
    assert.equal(socket.address.pathname, "/base/api/ws/stream/live-trading");
    socket.say({ type: "connected", data: { epoch: "e1", seq: 0, snapshot: 0 } });
    socket.say(live(1, "position"), live(2, "order", 1), live(3, "risk"), live(4, "pnl"), live(5, "order", 2));
    assert.deepEqual(heard.map(([type]) => type), ["position", "order", "risk", "pnl", "order"]);
    assert.deepEqual([client.status.state, client.seq], ["live", 5]);
  } finally {
    client.close();
    restore();
  }
});

test("a control names the session it is for", () => {
  const { client, socket, restore } = opened({ session: "live_1" });
  try {
    socket.say(connected(0));
    client.flatten();
    client.stop("live_2");
    client.pauseEntries();
    client.resumeEntries();
    assert.deepEqual(asked(socket), [
      { type: "control", action: "flatten", session: "live_1" },
      { type: "control", action: "stop", session: "live_2" },
      { type: "control", action: "pause_entries", session: "live_1" },
      { type: "control", action: "resume_entries", session: "live_1" },
    ]);
  } finally {
    client.close();
    restore();
  }
});

test("a control without a session is refused here", () => {
  const { client, socket, restore } = opened();
  try {
    socket.say(connected(0));
    assert.throws(() => client.flatten(), { code: "no_session" });
    assert.deepEqual(asked(socket), []);
  } finally {
    client.close();
    restore();
  }
});

/** The first message of a connection to live trading. */
const greeted = (seq: number, snapshot?: number) => (
  { ...connected(seq), data: { epoch: "e1", seq, ...(snapshot !== undefined && { snapshot }) } }
);

test("what holds is told, however old, and after it no event may be missing", () => {
  const { client, socket, sockets, heard, restore } = opened();
  try {
    socket.say(greeted(90, 90), live(40, "position"), live(51, "order", 17), live(88, "risk"));
    assert.equal(client.seq, 90);
    socket.say(live(91, "order", 30), live(92, "order", 31));
    assert.equal(sockets.length, 1);
    assert.deepEqual(heard.length, 5);
    socket.say(live(94, "order", 33));
    assert.equal(client.status.state, "reconnecting");
    assert.equal(client.seq, 92);
  } finally {
    client.close();
    restore();
  }
});

test("what holds is told again where the position is not kept any more", () => {
  const { client, socket, heard, restore } = opened({ since: 20, epoch: "e1" });
  try {
    const gap = { type: "gap", data: { reason: "trimmed", epoch: "e1", available_from: 61, available_to: 90 } };
    socket.say(greeted(90, 60), gap, live(12, "position"), live(55, "risk"), live(61, "order", 40), live(90, "pnl"));
    assert.deepEqual(heard.map(([type]) => type), ["position", "risk", "order", "pnl"]);
    assert.deepEqual([client.status.state, client.seq], ["live", 90]);
  } finally {
    client.close();
    restore();
  }
});
