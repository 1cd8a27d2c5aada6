import { el } from "../dom.ts";
import { label } from "../model/grid.ts";
import { titleOf, written } from "../model/statistics.ts";
import { byFigure, byParam, figure, first, type Row, type SweepModel } from "../model/sweep.ts";
import { Table, type Column } from "../view/table.ts";
import type { Choice } from "../model/grid.ts";
import { MAIN } from "./tip.ts";

const MOST = 50;

export const keyOf = (row: Row): string => `${row.sample} ${row.split} ${row.number}`;

/** The best rows by the chosen metric, or as its columns were sorted. */
export class BestTable {
  readonly root = el("div", "wb-best-frame");
  private readonly scroller = el("div", "wb-best");
  private readonly table: Table<Row>;
  private readonly resizes: ResizeObserver;
  private sort: { kind: "param" | "metric"; name: string; way: 1 | -1 } | null = null;

  constructor(chosen: (row: Row) => void, private readonly changed: () => void) {
    this.table = new Table("Best combinations", keyOf, chosen);
    this.scroller.append(this.table.root);
    this.root.append(this.scroller);
    this.scroller.addEventListener("scroll", () => this.mark());
    this.resizes = new ResizeObserver(() => this.mark());
    for (const node of [this.scroller, this.table.root]) this.resizes.observe(node);
  }

  setHeight(height: number): void {
    this.scroller.style.maxHeight = `${height}px`;
  }

  destroy(): void {
    this.resizes.disconnect();
  }

  /** Show whether there is more to the right: a number that is cut looks like another one. */
  private mark(): void {
    const { scrollWidth, clientWidth, offsetWidth, scrollLeft } = this.scroller;
    this.root.dataset["more"] = String(scrollWidth - clientWidth - scrollLeft > 1);
    this.root.style.setProperty("--wb-bar", `${offsetWidth - clientWidth}px`);
  }

  update(sweep: SweepModel, choice: Choice, selected: Row | null): void {
    const { metric, better } = choice;
    const way = -better as 1 | -1;
    // A metric chosen anew is what to sort by.
    const sort = this.sort ?? { kind: "metric", name: metric, way };
    const compare = sort.kind === "param" ? byParam(sort.name, sort.way) : byFigure(sort.name, -sort.way as 1 | -1);
    const rows = sweep.splits.length === 0 ? sweep.rows
      : sweep.rows.filter((row) => row.sample === "in" && row.split === choice.split);
    const params = [...sweep.params.keys()];
    const metrics = [metric, ...MAIN.filter((name) => name !== metric && sweep.metrics.includes(name))];
    const columns: Column<Row>[] = [
      ...params.map((name): Column<Row> => ({ name, numeric: true, text: (row) => label(row.params[name]), ...this.sorting("param", name, 1, sort) })),
      ...metrics.map((name): Column<Row> => ({
        name: titleOf(name), numeric: true,
        text: (row) => (row.error ? "failed" : Number.isNaN(figure(row, name)) ? "–" : written(name, figure(row, name))),
        className: (row) => (row.error ? "wb-drop" : ""),
        ...this.sorting("metric", name, name === metric ? way : -1, sort),
      })),
    ];
    this.table.show(columns, first(rows, MOST, compare), selected === null ? null : keyOf(selected));
  }

  /** Sort by what is drawn again. */
  forget(): void {
    this.sort = null;
  }

  private sorting(kind: "param" | "metric", name: string, initial: 1 | -1, sort: { kind: string; name: string; way: 1 | -1 }): Pick<Column<Row>, "sort" | "sorted"> {
    const mine = sort.kind === kind && sort.name === name;
    return {
      sorted: mine ? sort.way : undefined,
      sort: () => {
        this.sort = { kind, name, way: mine ? (-sort.way as 1 | -1) : initial };
        this.changed();
      },
    };
  }
}
