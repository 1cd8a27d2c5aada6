import { label } from "./grid.ts";
import { pythonCall, type Params, type Value } from "./sweep.ts";

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

/** The values of a parameter that is tried, in short. */
function rangeOf(values: unknown): string {
  if (!Array.isArray(values) || values.length === 0) return "";
  if (values.length > 2 && values.every((value) => typeof value === "number")) {
    return `${label(values.reduce((a, b) => Math.min(a, b)))}…${label(values.reduce((a, b) => Math.max(a, b)))}`;
  }
  const texts = values.map((value) => label(value as Value));
  return texts.length > 4 ? `${texts.slice(0, 3).join(" | ")} | …` : texts.join(" | ");
}

/** Read the server's answer about a run; null when it is none. */
export function aboutOf(body: any): About | null {
  const spec = body?.spec;
  if (spec === null || typeof spec !== "object") return null;
  const ids: string[] = Array.isArray(spec.strategy_ids) ? spec.strategy_ids.map(String) : [];
  const params: Record<string, any> = spec.strategy_params ?? {};
  const own = (id: string): Params => (ids.length > 1 ? (params[id] ?? {}) : params);
  const swept = Object.entries(spec.sweep?.space ?? {}).map(([key, values]) => `${key}=${rangeOf(values)}`);
  const call = (id: string): string => {
    const fixed = Object.keys(own(id)).length > 0 ? pythonCall("", own(id)).slice(1, -1) : "";
    const inner = [...swept, fixed].filter(Boolean).join(", ");
    return inner ? `${id}(${inner})` : id;
  };
  const name = String(body.name ?? spec.name ?? "");
  return {
    name: name === UNNAMED || ids.includes(name) ? "" : name,
    strategies: ids.map(call).join(" + "),
    sweep: spec.sweep !== null && spec.sweep !== undefined,
  };
}
