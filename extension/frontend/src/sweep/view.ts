import { el, setShown, setText } from "../dom.ts";
import { Grid } from "../model/grid.ts";
import type { Row } from "../model/sweep.ts";
import type { Session } from "../session.ts";
import { Throttle } from "../view/table.ts";
import { BestTable } from "./best.ts";
import { Choosers } from "./choosers.ts";
import { Opening, type Mount } from "./opening.ts";
import { Plot } from "./plot.ts";
import { SplitTable } from "./splits.ts";

/** Tables are read by people: a few times a second is enough. */
const TABLES_MS = 250;

/** A sweep: what each combination came to, the best of them, and a way to each as a run. */
export class SweepView {
  readonly root = el("div", "wb-sweep");
  private readonly choosers: Choosers;
  private readonly plot: Plot;
  private readonly best: BestTable;
  private readonly splits: SplitTable;
  private readonly opening: Opening;
  private readonly throttle: Throttle;
  private readonly note = el("div", "wb-sweep-note");
  private grid: Grid | null = null;
  private selected: Row | null = null;
  /** What the tables show: nothing is written when it is the same. */
  private told = "";

  constructor(session: Session, height: number, mount: Mount, schedule: () => void) {
    const select = (row: Row): void => {
      this.selected = row;
      this.told = "";
      schedule();
    };
    const anew = (): void => {
      this.told = "";
      schedule();
    };
    this.choosers = new Choosers(() => {
      this.best.forget();
      anew();
    });
    this.opening = new Opening(session, mount, anew);
    this.plot = new Plot(plotHeight(height), { selected: select, opened: () => this.opening.open(), changed: schedule });
    this.best = new BestTable(select, anew);
    this.splits = new SplitTable(select);
    this.throttle = new Throttle(TABLES_MS, schedule);
    const panes = el("div", "wb-sweep-panes");
    panes.append(this.plot.root, this.best.root);
    this.root.append(this.choosers.root, this.note, panes, this.opening.root, this.splits.root);
    this.setHeight(height);
  }

  setHeight(height: number): void {
    this.plot.setHeight(plotHeight(height));
    this.best.setHeight(plotHeight(height) + 24);
  }

  /** Bring it up to date with its session. */
  draw({ run, canOpen }: Session, now: number): void {
    const { sweep } = run;
    setText(this.note, sweep.rows.length > 0 ? "" : "Nothing to show yet");
    setShown(this.note, sweep.rows.length === 0);
    const choice = this.choosers.choose(sweep, run.over);
    if (this.grid === null || this.grid.choice !== choice) {
      this.grid = new Grid(sweep, choice);
      this.told = "";
    }
    if (this.selected !== null && !sweep.rows.includes(this.selected)) this.selected = null;
    this.plot.draw(this.grid, this.selected, run.over);
    const news = `${sweep.rows.length} ${run.status} ${canOpen}`;
    if (news === this.told || (this.told !== "" && !this.throttle.due(now))) return;
    this.told = news;
    this.best.update(sweep, choice, this.selected);
    this.splits.update(sweep, choice.metric, this.selected);
    const best = this.grid.cells[this.grid.best]?.row ?? null;
    this.opening.update(this.selected ?? best, this.selected === null, choice.metric);
  }

  /** For the page's tests and tools: what is drawn. */
  get facts(): Record<string, string> {
    const { selected } = this;
    return {
      cells: String(this.plot.painted),
      selected: selected === null ? "" : Object.entries(selected.params).map(([name, value]) => `${name}=${value}`).join(","),
    };
  }

  destroy(): void {
    this.throttle.stop();
    this.opening.destroy();
    this.plot.destroy();
    this.best.destroy();
    this.splits.destroy();
  }
}

function plotHeight(height: number): number {
  return Math.max(160, Math.round(height * 0.72));
}
