import type { LiveFacts } from "../../stream/src/index.ts";

/** What a session was asked to be, known before it tells of itself. */
export interface Asked {
  /** The name people gave it; empty where none did. */
  name: string;
  strategy: string;
  symbols: string[];
  timeframes: string[];
  /** Whether `stop` keeps what is held; null while that is not known. */
  keep: boolean | null;
  /** Why it has not begun; empty where nothing is known of it. */
  waits: string;
  /** Who fills its orders; null where that was not told. */
  facts: LiveFacts | null;
}

const texts = (value: unknown): string[] => (Array.isArray(value) ? value.filter((each) => typeof each === "string") : []);

/** Read the server's answer on a session; of what it leaves out nothing is known. */
export function askedOf(body: any): Asked {
  const spec = body?.spec ?? {};
  const { live } = spec;
  const ids = texts(spec.strategy_ids);
  const named = typeof body?.name === "string" && body.name !== "Backtest" && !ids.includes(body.name);
  const there = live !== null && typeof live === "object";
  return {
    name: named ? body.name : "",
    strategy: ids.join(", "),
    symbols: texts(live?.symbols),
    timeframes: texts(spec.timeframes),
    keep: there ? live.keep === true : null,
    waits: typeof body?.reason === "string" ? body.reason : "",
    facts: there ? factsOf(live) : null,
  };
}

/** A specification leaves out what is as it is by default: paper, and of exchanges the test system. */
function factsOf(live: any): LiveFacts {
  const exchange = live.broker === "exchange";
  return {
    symbols: texts(live.symbols),
    broker: exchange ? "exchange" : "paper",
    feed: String(live.feed?.feed ?? ""),
    real_time: false,
    warm_up: {},
    allocation: {},
    ...(exchange && { exchange: String(live.exchange ?? ""), account: String(live.account ?? "default"), sandbox: live.sandbox !== false }),
  };
}
