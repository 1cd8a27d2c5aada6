import { el, setShown } from "../dom.ts";
import { fixed } from "../format.ts";
import { label } from "../model/grid.ts";
import { joinedOf } from "../model/joined.ts";
import { titleOf, written } from "../model/statistics.ts";
import { figure, type Row, type SweepModel } from "../model/sweep.ts";
import { Table, type Column } from "../view/table.ts";
import { keyOf } from "./best.ts";
import { OutCurve } from "./outcurve.ts";

/** The out-of-sample row of a split, and what the same combination came to in sample. */
export interface Split {
  out: Row;
  inside: Row | null;
}

/** The splits that are done, in their order. */
export function splitsOf(sweep: SweepModel): Split[] {
  return sweep.rows
    .filter((row) => row.sample === "out")
    .sort((a, b) => a.split - b.split)
    .map((out) => ({ out, inside: sweep.find("in", out.split, out.number) }));
}

/** Out of sample over in sample: 1 where what was chosen held. NaN where that says nothing. */
export function efficiency({ out, inside }: Split, metric: string): number {
  const within = inside === null ? NaN : figure(inside, metric);
  return within > 0 && within < Infinity ? figure(out, metric) / within : NaN;
}

/** A walk-forward's splits: what was chosen in sample, and what became of it after. */
export class SplitTable {
  readonly root = el("div", "wb-splits");
  private readonly table: Table<Split>;
  private readonly curve = new OutCurve();

  constructor(chosen: (row: Row) => void) {
    this.table = new Table<Split>("Walk-forward splits", ({ out }) => keyOf(out), ({ out }) => chosen(out));
    this.root.append(el("div", "wb-subtitle", "Walk-forward: chosen in sample, run out of sample"), this.table.root, this.curve.root);
    this.root.hidden = true;
  }

  update(sweep: SweepModel, metric: string, selected: Row | null): void {
    const splits = splitsOf(sweep);
    setShown(this.root, splits.length > 0);
    const figureOf = (row: Row | null): string => (row === null ? "–" : row.error ? "failed" : written(metric, figure(row, metric)));
    const days = ({ start, end }: Row): string => `${start.slice(0, 10)} – ${end.slice(0, 10)}`;
    const columns: Column<Split>[] = [
      { name: "Split", numeric: true, text: ({ out }) => String(out.split) },
      { name: "In sample", text: ({ inside }) => (inside === null ? "" : days(inside)) },
      { name: "Out of sample", text: ({ out }) => days(out) },
      ...[...sweep.params.keys()].map((name): Column<Split> => ({ name, numeric: true, text: ({ out }) => label(out.params[name]) })),
      { name: `${titleOf(metric)} in`, numeric: true, text: ({ inside }) => figureOf(inside) },
      { name: "out", numeric: true, text: ({ out }) => figureOf(out) },
      { name: "out / in", numeric: true, text: (split) => ((found) => (Number.isNaN(found) ? "–" : fixed(found, 2)))(efficiency(split, metric)) },
    ];
    this.table.show(columns, splits, selected === null ? null : keyOf(selected));
    this.curve.update(joinedOf(splits.map(({ out }) => out)));
  }

  destroy(): void {
    this.curve.destroy();
  }
}
