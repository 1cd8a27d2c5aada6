import { el } from "../dom.ts";
import type { Cell } from "../model/grid.ts";
import { label } from "../model/grid.ts";
import type { Row } from "../model/sweep.ts";
import { titleOf, written } from "../model/statistics.ts";

/** Shown first, and alone where space is short. */
export const MAIN = ["sharpe_ratio", "total_return", "max_drawdown", "profit_factor", "win_rate", "total_trades"];

/** The figures to show of a row: the chosen one first. */
export function mainFigures(row: Row, metric: string): [name: string, value: number][] {
  return [metric, ...MAIN.filter((name) => name !== metric)].flatMap((name) => {
    const value = row.metrics[name];
    return value === undefined ? [] : [[name, value] as [string, number]];
  });
}

/** The card beside a cell: its parameters, what they came to, or why they failed. */
export class SweepTip {
  private readonly card = el("div", "wb-tooltip");
  private shown = "";

  constructor(private readonly frame: HTMLElement) {
    this.card.hidden = true;
    this.card.setAttribute("role", "tooltip");
    frame.append(this.card);
  }

  /** `x`, `y` in CSS pixels of the frame: the middle of the cell. */
  show({ row, count }: Cell, metric: string, x: number, y: number): void {
    const key = `${row.sample} ${row.split} ${row.number} ${count} ${metric}`;
    if (key !== this.shown) this.card.replaceChildren(...content(row, metric, count));
    this.shown = key;
    this.place(x, y);
  }

  /** Say why there is nothing at a place. */
  explain(values: string, why: string, x: number, y: number): void {
    const key = `${values} ${why}`;
    if (key !== this.shown) {
      const head = el("div", "wb-tooltip-head");
      head.append(el("span", "wb-params", values));
      this.card.replaceChildren(head, el("div", "wb-rationale", why));
    }
    this.shown = key;
    this.place(x, y);
  }

  private place(x: number, y: number): void {
    this.card.hidden = false;
    const { offsetWidth, offsetHeight } = this.card;
    const { clientWidth } = this.frame;
    const left = x + 18 + offsetWidth <= clientWidth ? x + 18 : Math.max(0, x - 18 - offsetWidth);
    this.card.style.transform = `translate(${Math.round(left)}px, ${Math.round(Math.max(0, y - offsetHeight / 2))}px)`;
  }

  hide(): void {
    this.card.hidden = true;
  }
}

function content(row: Row, metric: string, count: number): HTMLElement[] {
  const head = el("div", "wb-tooltip-head");
  const params = Object.entries(row.params).map(([name, value]) => `${name} ${label(value)}`).join(" · ");
  head.append(el("span", "wb-params", params), el("span", "wb-muted", `#${row.number}`));
  const pairs = el("div", "wb-pairs");
  for (const [name, value] of mainFigures(row, metric)) {
    pairs.append(el("div", "wb-name", titleOf(name)), el("div", "wb-value", written(name, value)));
  }
  const parts: HTMLElement[] = [head, pairs];
  if (row.error) parts.push(el("div", "wb-rationale wb-drop", row.error));
  else if (row.few) parts.push(el("div", "wb-rationale", "too few trades to be best"));
  else if (row.metrics[metric] === undefined) parts.push(el("div", "wb-rationale", `${titleOf(metric)} is not defined for it`));
  if (count > 1) parts.push(el("div", "wb-muted", `best of ${count} that share this cell`));
  return parts;
}
