import { el, setText } from "../dom.ts";
import { dateTime, fixed, money, percent } from "../format.ts";
import type { Candles } from "../model/candles.ts";
import type { RunModel } from "../model/run.ts";
import { lastNotAbove } from "../model/series.ts";

const FIELDS = ["O", "H", "L", "C", "Equity", "Drawdown"] as const;

/** The row above the charts: what the crosshair points at, else the latest. */
export class Readout {
  readonly root = el("div", "wb-readout");
  private readonly time = el("span", "wb-readout-time");
  private readonly values = new Map<string, HTMLElement>();

  constructor() {
    this.root.append(this.time);
    for (const name of FIELDS) {
      const value = el("b");
      const field = el("span");
      field.append(`${name} `, value);
      this.values.set(name, value);
      this.root.append(field);
    }
  }

  update(at: number, run: RunModel, candles: Candles | null, count: number): void {
    const c = candles === null ? -1 : lastNotAbove(candles.time, at, count);
    const e = lastNotAbove(run.equityTime.values, at);
    const time = Number.isFinite(at) ? at : null;
    const shown = candles !== null && c >= 0 ? (candles.time[c] as number) : e >= 0 ? run.equityTime.at(e) : time;
    setText(this.time, shown === null ? "" : `${dateTime(shown)} UTC`);
    const price = (column: "open" | "high" | "low" | "close"): string =>
      candles === null || c < 0 ? "–" : fixed(candles[column][c] as number, candles.digits);
    this.set("O", price("open"));
    this.set("H", price("high"));
    this.set("L", price("low"));
    this.set("C", price("close"));
    this.set("Equity", e < 0 ? "–" : money(run.equity.at(e)));
    this.set("Drawdown", e < 0 || Number.isNaN(run.drawdown.at(e)) ? "–" : percent(run.drawdown.at(e)));
  }

  private set(name: string, text: string): void {
    const node = this.values.get(name);
    if (node) setText(node, text);
  }
}
