/** A value of a strategy's parameter. */
export type Value = number | boolean | string;
export type Params = Readonly<Record<string, Value>>;

/** One combination of a sweep's parameters, done. */
export interface Row {
  number: number;
  params: Params;
  /** Undefined ones are left out; a profit factor without a loser is infinite. */
  metrics: Readonly<Record<string, number>>;
  /** Why it failed, empty where it did not. */
  error: string;
  /** Whether it has too few trades to be best. */
  few: boolean;
  sample: "all" | "in" | "out";
  split: number;
  /** Open times of its first and last candle, as they came. */
  start: string;
  end: string;
  /** Of what was traded out of sample: how the account grew. */
  curve: Growth | null;
}

/** Growth of an account in an out-of-sample part, at the ends of its return periods. */
export interface Growth {
  /** Milliseconds since the epoch. */
  time: readonly number[];
  /** Equity over that at the start. */
  growth: readonly number[];
  high: number;
  low: number;
  /** Whether the last period goes on in the next part. */
  open: boolean;
  /** A year. */
  periods: number;
}

/** What a sweep looks for, and where. */
export interface Facts {
  metric: string;
  /** 1 where more of it is better, -1 where less is. */
  better: 1 | -1;
  method: string;
  /** Rows a whole sweep has, at most. */
  total: number;
  /** Rows with fewer trades are never best. */
  minTrades: number;
}

/** A sweep as its messages tell it. */
export class SweepModel {
  rows: Row[] = [];
  /** Null until told, and for what is no sweep. */
  facts: Facts | null = null;
  /** Values asked for or met, by parameter: numbers ascending, others in the order they came. */
  readonly params = new Map<string, Value[]>();
  /** Names of the metrics in the order they came. */
  metrics: string[] = [];
  /** Numbers of the splits of a walk-forward, ascending. */
  splits: number[] = [];
  failed = 0;
  /** The parameters' values in the order that `excluded` goes by. */
  private space: [name: string, values: readonly Value[]][] = [];
  private excluded: readonly number[] = [];
  private readonly keys = new Set<string>();
  private readonly named = new Set<string>();

  reset(): void {
    this.rows = [];
    this.facts = null;
    this.params.clear();
    this.metrics = [];
    this.splits = [];
    this.failed = 0;
    this.space = [];
    this.excluded = [];
    this.keys.clear();
    this.named.clear();
  }

  get seen(): boolean {
    return this.facts !== null || this.rows.length > 0;
  }

  /** Take what the first `status` says of the sweep. */
  begin(told: any): void {
    if (told === null || typeof told !== "object") return;
    this.facts = {
      metric: String(told.metric ?? "sharpe_ratio"), better: told.maximize === false ? -1 : 1,
      method: String(told.method ?? ""), total: Number(told.rows) || 0,
      minTrades: Number(told.min_trades ?? 1),
    };
    for (const [name, values] of Object.entries(told.space ?? {})) {
      if (!Array.isArray(values)) continue;
      this.space.push([name, values]);
      for (const value of values) this.meet(name, value);
    }
    this.excluded = Array.isArray(told.excluded) ? told.excluded : [];
  }

  /** Call with each combination the constraint allows; false where nothing is said of it. */
  eachAllowed(take: (params: Params) => void): boolean {
    if (this.excluded.length === 0) return false;
    const { space } = this;
    let index = 0;
    this.excluded.forEach((length, turn) => {
      if (turn % 2 === 1) index += length;
      else for (const end = index + length; index < end; index++) take(combination(space, index));
    });
    return true;
  }

  /** Take the `data` of a `sweep` message; what is told twice counts once. */
  add(data: any): void {
    if (typeof data.number !== "number" || data.params === null || typeof data.params !== "object") return;
    const sample = data.sample === "in" || data.sample === "out" ? data.sample : "all";
    const split = typeof data.split === "number" ? data.split : 0;
    const key = `${sample} ${split} ${data.number}`;
    if (this.keys.has(key)) return;
    this.keys.add(key);
    const row: Row = {
      number: data.number, params: data.params, metrics: readable(data.metrics ?? {}), error: String(data.error ?? ""),
      few: (data.metrics?.total_trades ?? Infinity) < (this.facts?.minTrades ?? 1), sample, split, start: String(data.start ?? ""), end: String(data.end ?? ""),
      curve: data.curve ?? null,
    };
    this.rows.push(row);
    if (row.error) this.failed++;
    for (const [name, value] of Object.entries(row.params)) this.meet(name, value);
    for (const name in row.metrics) {
      if (this.named.has(name)) continue;
      this.named.add(name);
      this.metrics.push(name);
    }
    if (sample !== "all" && !this.splits.includes(split)) insert(this.splits, split);
  }

  /** Parameters with more than one value so far. */
  get varying(): string[] {
    return [...this.params].filter(([, values]) => values.length > 1).map(([name]) => name);
  }

  /** The row of a split's part with this number. */
  find(sample: Row["sample"], split: number, number: number): Row | null {
    if (!this.keys.has(`${sample} ${split} ${number}`)) return null;
    return this.rows.find((row) => row.sample === sample && row.split === split && row.number === number) ?? null;
  }

  private meet(name: string, value: Value): void {
    let values = this.params.get(name);
    if (values === undefined) this.params.set(name, (values = []));
    if (typeof value === "number") insert(values, value);
    else if (!values.includes(value)) values.push(value);
  }
}

/** The combination at a place; the last parameter changes fastest. */
function combination(space: readonly [string, readonly Value[]][], index: number): Params {
  const params: Record<string, Value> = {};
  for (let i = space.length - 1; i >= 0; i--) {
    const [name, values] = space[i] as [string, readonly Value[]];
    params[name] = values[index % values.length] as Value;
    index = Math.floor(index / values.length);
  }
  return params;
}

/** Put a number where it belongs among ascending ones, unless it is there. */
function insert(values: Value[], value: number): void {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((values[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  if (values[low] !== value) values.splice(low, 0, value);
}

/** The figure of a row, NaN where it failed or has none. */
export function figure(row: Row, metric: string): number {
  const value = row.error ? NaN : row.metrics[metric];
  return typeof value === "number" ? value : NaN;
}

/** What counts of a row for the choice of the best; NaN where nothing does. */
export function counting(row: Row, metric: string): number {
  return row.few ? NaN : figure(row, metric);
}

/**
 * What a row has, without what is not defined, which is 0 on the wire: ratios and averages of no
 * trades. As `workbench.messages.deciding` reads it.
 */
export function readable(metrics: Readonly<Record<string, number>>): Record<string, number> {
  const told = { ...metrics };
  const drop = (...names: string[]): void => names.forEach((name) => delete told[name]);
  if (metrics["sharpe_ratio"] === 0 && metrics["volatility"] === undefined) drop("sharpe_ratio");
  const trades = metrics["total_trades"] ?? 0;
  // Of a row kept in a notebook there is only the latter.
  const won = metrics["winning_trades"] ?? trades * (metrics["win_rate"] ?? 0);
  if (trades === 0) drop("win_rate", "profit_factor");
  if (won === 0) drop("average_win", "largest_win");
  else if (metrics["profit_factor"] === 0) told["profit_factor"] = Infinity;
  if (won === trades) drop("average_loss", "largest_loss");
  return told;
}

/** The first `most` of `rows` as `compare` orders them. */
export function first(rows: readonly Row[], most: number, compare: (a: Row, b: Row) => number): Row[] {
  const chosen: Row[] = [];
  for (const row of rows) {
    if (chosen.length === most && compare(row, chosen[most - 1] as Row) >= 0) continue;
    let at = chosen.length;
    while (at > 0 && compare(row, chosen[at - 1] as Row) < 0) at--;
    chosen.splice(at, 0, row);
    if (chosen.length > most) chosen.pop();
  }
  return chosen;
}

/** Orders by a figure, what has none or does not count last; equal ones by number. */
export function byFigure(metric: string, better: 1 | -1): (a: Row, b: Row) => number {
  return (a, b) => {
    const left = counting(a, metric);
    const right = counting(b, metric);
    if (Number.isNaN(left) || Number.isNaN(right)) return Number(Number.isNaN(left)) - Number(Number.isNaN(right)) || a.number - b.number;
    return (right - left) * better || a.number - b.number;
  };
}

/** Orders by a parameter. */
export function byParam(name: string, way: 1 | -1): (a: Row, b: Row) => number {
  return (a, b) => {
    const left = a.params[name] ?? "";
    const right = b.params[name] ?? "";
    const order = typeof left === "number" && typeof right === "number" ? left - right : String(left).localeCompare(String(right));
    return order * way || a.number - b.number;
  };
}

/** A call in Python that names these values. */
export function pythonCall(name: string, params: Params): string {
  const values = Object.entries(params).map(([key, value]) => `${key}=${pythonValue(value)}`);
  return `${name}(${values.join(", ")})`;
}

function pythonValue(value: Value): string {
  if (typeof value === "boolean") return value ? "True" : "False";
  return typeof value === "number" ? String(value) : JSON.stringify(value);
}

/** What asks the server for a row as a run. */
export function requestFor({ number, sample, split }: Row): Record<string, unknown> {
  return { number, sample, split };
}

/** The line of Python that opens a row as a run: by its parameters, of a walk-forward by its name. */
export function lineFor(row: Row): string {
  if (row.sample === "all") return pythonCall("sweep.open", row.params);
  return `sweep.open(${row.number}, sample="${row.sample}", split=${row.split})`;
}
