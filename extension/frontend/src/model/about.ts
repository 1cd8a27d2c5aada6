import { pythonCall, type Params } from "./sweep.ts";

/** What the server keeps of a run beside its stream: what was asked for. */
export interface About {
  /** Given by people; empty where they gave none. */
  name: string;
  /** The strategies, each with its parameters as a call. */
  strategies: string;
  sweep: boolean;
}

/** The name of those that were given none; Python gives them that of their strategy. */
const UNNAMED = "Backtest";

/** Read the server's answer about a run; null when it is none. */
export function aboutOf(body: any): About | null {
  const spec = body?.spec;
  if (spec === null || typeof spec !== "object") return null;
  const ids: string[] = Array.isArray(spec.strategy_ids) ? spec.strategy_ids.map(String) : [];
  const params: Record<string, any> = spec.strategy_params ?? {};
  const own = (id: string): Params => (ids.length > 1 ? (params[id] ?? {}) : params);
  const call = (id: string): string => (Object.keys(own(id)).length > 0 ? pythonCall(id, own(id)) : id);
  const name = String(body.name ?? spec.name ?? "");
  return {
    name: name === UNNAMED || ids.includes(name) ? "" : name,
    strategies: ids.map(call).join(" + "),
    sweep: spec.sweep !== null && spec.sweep !== undefined,
  };
}
