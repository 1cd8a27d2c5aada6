import { el, setShown } from "../dom.ts";
import type { RunModel } from "../model/run.ts";
import { grouped } from "../model/statistics.ts";

/** What a finished run says beyond the strip of figures, by group. */
export class Statistics {
  readonly root = el("div", "wb-statistics");
  private shown: object | null = null;

  constructor() {
    this.root.setAttribute("role", "group");
    this.root.setAttribute("aria-label", "Statistics");
    this.root.hidden = true;
  }

  update({ statistics, intervals, final }: RunModel): void {
    if (statistics === this.shown) return;
    this.shown = statistics;
    const groups = grouped(statistics, intervals, final);
    setShown(this.root, groups.length > 0);
    this.root.replaceChildren(...groups.map(([group, found]) => {
      const node = el("div", "wb-group");
      node.append(el("div", "wb-subtitle", group));
      for (const { name, title, text } of found) {
        const value = el("div", "wb-value", text);
        value.dataset["statistic"] = name;
        // Each row for itself: one long value must not make all names narrow.
        const row = el("div", "wb-statistic");
        row.append(el("div", "wb-name", title), value);
        node.append(row);
      }
      return node;
    }));
  }
}
