import assert from "node:assert/strict";
import { test } from "node:test";
import type { Session } from "../src/session.ts";
import { connection } from "../src/view/header.ts";

test("the seconds of a lost connection come before the reason for it", () => {
  const status = { state: "reconnecting", since: 1_000, reason: "the server goes away" };
  const session = { status, replaying: null, route: "direct" } as unknown as Session;
  assert.deepEqual(connection(session, 6_000), ["reconnecting", "reconnecting for 5 s, the server goes away"]);
});
