import type { LiveFacts, PnlData, RiskData } from "../../stream/src/index.ts";
import { askedOf } from "../live/asked.ts";

/** A session as the server's list has it: what the stream of all sessions does not tell. */
export interface Listed {
  id: string;
  /** The name people gave it, else that of its strategy. */
  name: string;
  strategy: string;
  symbols: string[];
  facts: LiveFacts | null;
  synthetic: boolean;
  status: string;
  over: boolean;
  positions: number;
  orders: number;
  risk: RiskData | null;
  pnl: PnlData | null;
}

const GOES_ON: ReadonlySet<string> = new Set(["pending", "running", "paused"]);

/** Read the server's list, the newest first; null where it is none. */
export function listedOf(body: any): Listed[] | null {
  if (!Array.isArray(body?.sessions)) return null;
  return body.sessions.filter((each: any) => typeof each?.session_id === "string").map(oneOf);
}

function oneOf(each: any): Listed {
  const { session_id: id, strategy = "", symbols, broker, exchange, account, sandbox, feed, status } = each;
  // It is told flat here, and nested where a session is asked for itself.
  const live = { symbols, broker, exchange, account, sandbox, feed: { feed } };
  const asked = askedOf({ name: each.name, spec: { strategy_ids: [strategy], live } });
  return {
    id,
    name: asked.name || strategy || id,
    strategy,
    symbols: asked.symbols,
    facts: asked.facts,
    synthetic: each.synthetic === true,
    status: String(status ?? ""),
    over: !GOES_ON.has(status),
    positions: Number(each.positions) || 0,
    orders: Number(each.open_orders) || 0,
    risk: each.risk ?? null,
    pnl: each.pnl ?? null,
  };
}
