import { counting, type Params, type Row, type SweepModel, type Value } from "./sweep.ts";

/** What is drawn of a sweep. */
export interface Choice {
  x: string;
  /** Null for one parameter alone. */
  y: string | null;
  metric: string;
  better: 1 | -1;
  /** The split whose in-sample part is drawn, where there are splits. */
  split: number;
  /** Values the other parameters are held at; the best over those that are not named. */
  fixed: Readonly<Record<string, Value>>;
}

/** The best row of a place, and how many there are. */
export interface Cell {
  row: Row;
  /** NaN where it failed, has no such figure or does not count. */
  value: number;
  count: number;
}

/** More numbers than this are put together. */
const MOST = 160;
const BINS = 40;

/** The places along a parameter: a value each, or a range of numbers where there are too many. */
export class Axis {
  readonly size: number;
  private readonly places: Map<Value, number> | null = null;
  private readonly low: number = 0;
  private readonly step: number = 1;

  constructor(
    readonly name: string,
    private readonly values: readonly Value[],
  ) {
    if (values.length <= MOST || !values.every((value) => typeof value === "number")) {
      this.places = new Map(values.map((value, i) => [value, i]));
      this.size = values.length;
      return;
    }
    this.low = values[0] as number;
    this.step = ((values[values.length - 1] as number) - this.low) / BINS;
    this.size = BINS;
  }

  /** -1 where the axis does not have it. */
  place(value: Value | undefined): number {
    if (value === undefined) return -1;
    if (this.places !== null) return this.places.get(value) ?? -1;
    return typeof value === "number" ? Math.max(0, Math.min(BINS - 1, Math.floor((value - this.low) / this.step))) : -1;
  }

  label(place: number): string {
    if (this.places !== null) return label(this.values[place]);
    return String(Number((this.low + (place + 0.5) * this.step).toPrecision(3)));
  }

  /** Whether its places are single numbers or ranges of them. */
  get numeric(): boolean {
    return this.values.every((value) => typeof value === "number");
  }
}

export function label(value: Value | undefined): string {
  if (typeof value === "number") return String(Number(value.toPrecision(6)));
  return value === undefined ? "" : String(value);
}

const NO_AXIS = new Axis("", [""]);

/** The rows of a sweep in their places, kept up to date row by row. */
export class Grid {
  x: Axis = NO_AXIS;
  y: Axis = NO_AXIS;
  cells: (Cell | null)[] = [];
  /** Least and greatest value; NaN while there is none. */
  low = NaN;
  high = NaN;
  /** Index of the best cell, or -1. */
  best = -1;
  /** How many cells there are something in. */
  filled = 0;
  private taken = 0;
  private known = "";
  private rows: readonly Row[] = [];
  /** Which places the constraint leaves something of; null where it is not known. */
  private allowed: Uint8Array | null = null;

  constructor(
    private readonly sweep: SweepModel,
    readonly choice: Choice,
  ) {}

  /** Take what has come; returns the cells that changed, or null when all are to be drawn anew. */
  update(): number[] | null {
    const { sweep, choice } = this;
    const { rows } = sweep;
    const values = [choice.x, choice.y].map((name) => (name === null ? 0 : (sweep.params.get(name)?.length ?? 0)));
    const known = values.join(" ");
    // A sweep that is told anew has another list.
    const anew = known !== this.known || rows !== this.rows || rows.length < this.taken;
    if (anew) this.begin(known);
    if (this.taken === rows.length) return anew ? null : [];
    const changed = new Set<number>();
    for (; this.taken < rows.length; this.taken++) this.take(rows[this.taken] as Row, changed);
    if (changed.size > 0) this.measure();
    return anew ? null : [...changed];
  }

  at(x: number, y: number): Cell | null {
    return x < 0 || y < 0 || x >= this.x.size || y >= this.y.size ? null : (this.cells[y * this.x.size + x] ?? null);
  }

  /** Whether the constraint excludes all that this place stands for. */
  excluded(place: number): boolean {
    return this.allowed !== null && this.allowed[place] === 0;
  }

  /** The place of a row, or -1 where it has none in what is drawn. */
  placeOf(row: Row): number {
    const { choice } = this;
    if (row.sample === "out" || (row.sample === "in" && row.split !== choice.split)) return -1;
    return this.placeFor(row.params);
  }

  private placeFor(params: Params): number {
    const { choice } = this;
    for (const name in choice.fixed) if (params[name] !== choice.fixed[name]) return -1;
    const x = this.x.place(params[choice.x]);
    const y = choice.y === null ? 0 : this.y.place(params[choice.y]);
    return x < 0 || y < 0 ? -1 : y * this.x.size + x;
  }

  /** The nearest cell that there is something in, in a direction; -1 at the edge. */
  next(from: number, dx: number, dy: number): number {
    const { size } = this.x;
    let x = from % size;
    let y = Math.floor(from / size);
    for (;;) {
      x += dx;
      y += dy;
      if (x < 0 || y < 0 || x >= size || y >= this.y.size) return -1;
      if (this.cells[y * size + x]) return y * size + x;
    }
  }

  private begin(known: string): void {
    const { sweep, choice } = this;
    this.known = known;
    this.rows = sweep.rows;
    this.taken = 0;
    this.x = new Axis(choice.x, sweep.params.get(choice.x) ?? []);
    this.y = choice.y === null ? NO_AXIS : new Axis(choice.y, sweep.params.get(choice.y) ?? []);
    this.cells = new Array<Cell | null>(this.x.size * this.y.size).fill(null);
    const allowed = new Uint8Array(this.cells.length);
    const told = sweep.eachAllowed((params) => {
      const place = this.placeFor(params);
      if (place >= 0) allowed[place] = 1;
    });
    this.allowed = told ? allowed : null;
    this.low = this.high = NaN;
    this.best = -1;
    this.filled = 0;
  }

  private take(row: Row, changed: Set<number>): void {
    const place = this.placeOf(row);
    if (place < 0) return;
    const value = counting(row, this.choice.metric);
    const cell = this.cells[place] ?? null;
    if (cell === null) {
      this.cells[place] = { row, value, count: 1 };
      this.filled++;
      changed.add(place);
      return;
    }
    cell.count++;
    if (Number.isNaN(value) || value === cell.value || (value - cell.value) * this.choice.better < 0) return;
    cell.row = row;
    cell.value = value;
    changed.add(place);
  }

  private measure(): void {
    const { better } = this.choice;
    this.low = this.high = NaN;
    this.best = -1;
    this.cells.forEach((cell, i) => {
      if (cell === null || Number.isNaN(cell.value)) return;
      if (Number.isFinite(cell.value)) {
        if (!(this.low <= cell.value)) this.low = cell.value;
        if (!(this.high >= cell.value)) this.high = cell.value;
      }
      if (this.best < 0 || (cell.value - (this.cells[this.best] as Cell).value) * better > 0) this.best = i;
    });
  }
}
