import { duration, fixed, money, percent, whole } from "../format.ts";

/** How a figure is written: *percent* of values in percent, *fraction* as percent of values in fractions. */
type Unit = "percent" | "fraction" | "money" | "seconds" | "count" | "ratio";

const GROUPS = ["Return", "Risk", "Trades", "Holding", "Other"] as const;
export type Group = (typeof GROUPS)[number];

/** What is known of a figure by its name, the first first: group, unit and, where its name does not read well, title. */
const KNOWN: Readonly<Record<string, readonly [Group, Unit, string?]>> = {
  total_return: ["Return", "percent"],
  cagr: ["Return", "percent", "CAGR"],
  buy_and_hold_return: ["Return", "percent", "Buy and hold"],
  alpha: ["Return", "percent"],
  beta: ["Return", "ratio"],
  exposure: ["Return", "percent"],
  total_commissions: ["Return", "money", "Commissions"],
  sharpe_ratio: ["Risk", "ratio"],
  max_drawdown: ["Risk", "percent"],
  sortino_ratio: ["Risk", "ratio"],
  calmar_ratio: ["Risk", "ratio"],
  volatility: ["Risk", "percent"],
  ulcer_index: ["Risk", "percent"],
  total_trades: ["Trades", "count", "Trades"],
  win_rate: ["Trades", "fraction"],
  profit_factor: ["Trades", "ratio"],
  payoff_ratio: ["Trades", "ratio"],
  expectancy: ["Trades", "money"],
  expectancy_percent: ["Trades", "percent", "Expectancy, of notional"],
  sqn: ["Trades", "ratio", "SQN"],
  kelly: ["Trades", "percent"],
  average_bars_held: ["Holding", "count", "Candles held, average"],
  median_bars_held: ["Holding", "count", "Candles held, median"],
  mfe_q25: ["Holding", "percent", "MFE, lower quartile"],
  mfe_q50: ["Holding", "percent", "MFE, median"],
  mfe_q75: ["Holding", "percent", "MFE, upper quartile"],
  mae_q25: ["Holding", "percent", "MAE, lower quartile"],
  mae_q50: ["Holding", "percent", "MAE, median"],
  mae_q75: ["Holding", "percent", "MAE, upper quartile"],
};

const RANKS = new Map(Object.keys(KNOWN).map((name, rank) => [name, rank]));
const rank = ({ name }: Statistic): number => RANKS.get(name) ?? RANKS.size;

/** Names that are not listed tell by their ends what they are. */
const PATTERNS: readonly [RegExp, Group, Unit][] = [
  [/_(percent|return)$/, "Return", "percent"],
  [/drawdown$/, "Risk", "percent"],
  [/_duration$/, "Risk", "seconds"],
  [/^(average|largest)_(win|loss)$/, "Trades", "percent"],
  [/_(streak|trades)$/, "Trades", "count"],
];

function known(name: string): readonly [Group, Unit, string?] {
  return KNOWN[name] ?? PATTERNS.flatMap(([pattern, ...found]) => (pattern.test(name) ? [found] : []))[0] ?? ["Other", "ratio"];
}

/** What a figure is called for people. */
export function titleOf(name: string): string {
  const title = known(name)[2];
  if (title !== undefined) return title;
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** A figure with its unit. */
export function written(name: string, value: number): string {
  if (Number.isNaN(value)) return "–";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  switch (known(name)[1]) {
    case "percent": return percent(value / 100);
    case "fraction": return percent(value, 1);
    case "money": return money(value);
    case "seconds": return lasting(value);
    case "count": return Number.isInteger(value) ? whole(value) : fixed(value, 1);
    case "ratio": return fixed(value, Math.abs(value) >= 1000 ? 0 : 2);
  }
}

/** A length of market time. */
function lasting(seconds: number): string {
  const days = seconds / 86_400;
  return days < 2 ? duration(Math.max(0, seconds)) : `${fixed(days, days < 10 ? 1 : 0)} days`;
}

export interface Statistic {
  name: string;
  title: string;
  /** Such as `1.32 [0.40, 2.10]`. */
  text: string;
}

/**
 * Figures by group, in a fixed order; those of unknown names as they are, last.
 *
 * `metrics` are those that stand elsewhere: of them only what has an interval is listed.
 */
export function grouped(
  statistics: Readonly<Record<string, number>>, intervals: Readonly<Record<string, readonly number[]>>,
  metrics: Readonly<Record<string, number>> = {},
): [Group, Statistic[]][] {
  const groups = new Map<Group, Statistic[]>(GROUPS.map((group) => [group, []]));
  const values = { ...statistics };
  for (const name in intervals) {
    const value = values[name] ?? metrics[name];
    if (value !== undefined) values[name] = value;
  }
  for (const [name, value] of Object.entries(values)) {
    if (typeof value !== "number") continue;
    const bounds = intervals[name];
    const text = written(name, value);
    const interval = bounds?.length === 2 ? ` [${bounds.map((bound) => written(name, bound)).join(", ")}]` : "";
    groups.get(known(name)[0])?.push({ name, title: titleOf(name), text: text + interval });
  }
  for (const found of groups.values()) found.sort((a, b) => rank(a) - rank(b));
  return [...groups].filter(([, found]) => found.length > 0);
}
