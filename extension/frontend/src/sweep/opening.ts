import { el, setShown, setText } from "../dom.ts";
import { label } from "../model/grid.ts";
import { titleOf, written } from "../model/statistics.ts";
import { lineFor, type Row } from "../model/sweep.ts";
import type { Session } from "../session.ts";
import { Below } from "../view/below.ts";
import { CodeLine } from "../view/codeline.ts";
import type { Mounted, MountOptions } from "../view/drawing.ts";
import { mainFigures } from "./tip.ts";

export type Mount = (parent: HTMLElement, session: Session, options: MountOptions) => Mounted;

const HEIGHT = 420;

/** What is selected, and a way to see it as a run: from the page, or the line of Python for it. */
export class Opening {
  readonly root = el("div", "wb-opening");
  private readonly told = el("span", "wb-opening-row");
  private readonly button = el("button", "wb-text-button", "Open as run");
  private readonly code = new CodeLine();
  private readonly refused = el("span", "wb-refused");
  private readonly below = new Below(() => this.changed());
  private row: Row | null = null;
  private busy = false;

  constructor(private readonly session: Session, private readonly mount: Mount, private readonly changed: () => void) {
    const bar = el("div", "wb-opening-bar");
    this.told.setAttribute("role", "status");
    this.refused.setAttribute("role", "alert");
    this.button.type = "button";
    this.button.addEventListener("click", () => this.open());
    bar.append(this.told, this.button, this.code.line, this.code.copy, this.refused);
    this.root.append(bar, this.below.root);
    this.root.hidden = true;
  }

  /** Of the selected row, or of the best one while none is. */
  update(row: Row | null, isBest: boolean, metric: string): void {
    if (row !== this.row) setText(this.refused, "");
    this.row = row;
    setShown(this.root, row !== null);
    if (row === null) return;
    const params = Object.entries(row.params).map(([name, value]) => `${name} ${label(value)}`);
    const figures = mainFigures(row, metric).slice(0, 3).map(([name, value]) => `${titleOf(name)} ${written(name, value)}`);
    const part = row.sample === "all" ? "" : ` (split ${row.split}, ${row.sample === "in" ? "in" : "out of"} sample)`;
    setText(this.told, `${isBest ? "Best: " : ""}${params.join(", ")}${part}: ${row.error || figures.join(", ")}`);
    setShown(this.button, this.session.canOpen);
    this.button.disabled = this.busy;
    setText(this.button, this.busy ? "Starting…" : "Open as run");
    this.code.show(lineFor(row));
  }

  /** Start the selected combination as a run and show it below. */
  open(): void {
    if (this.row === null || this.busy || !this.session.canOpen) return;
    this.busy = true;
    setText(this.refused, "");
    this.session
      .open(this.row)
      .then(([runId, session]) => this.show(runId, session))
      .catch((error: unknown) => setText(this.refused, error instanceof Error ? error.message : String(error)))
      .finally(() => {
        this.busy = false;
        this.changed();
      });
    this.changed();
  }

  destroy(): void {
    this.below.close();
  }

  private show(runId: string, session: Session): void {
    this.below.show("Run", runId, (parent) => {
      const view = this.mount(parent, session, { height: HEIGHT });
      return {
        setHeight: (height) => view.setHeight(height),
        destroy() {
          view.destroy();
          session.destroy();
        },
      };
    });
  }
}
