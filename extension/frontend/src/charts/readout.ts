import { dateTime, fixed, money, percent } from "../format.ts";
import type { Candles } from "../model/candles.ts";
import type { RunModel } from "../model/run.ts";
import { lastNotAbove } from "../model/series.ts";
import { Fields } from "./fields.ts";

/** The row above the charts: what the crosshair points at, else the latest. */
export class Readout {
  private readonly fields = new Fields(["O", "H", "L", "C", "Equity", "Drawdown"]);
  readonly root = this.fields.root;

  update(at: number, run: RunModel, candles: Candles | null, count: number): void {
    const c = candles === null ? -1 : lastNotAbove(candles.time, at, count);
    const e = lastNotAbove(run.equityTime.values, at);
    const time = Number.isFinite(at) ? at : null;
    const shown = candles !== null && c >= 0 ? (candles.time[c] as number) : e >= 0 ? run.equityTime.at(e) : time;
    this.fields.time(shown === null ? "" : `${dateTime(shown)} UTC`);
    const price = (column: "open" | "high" | "low" | "close"): string =>
      candles === null || c < 0 ? "–" : fixed(candles[column][c] as number, candles.digits);
    this.fields.set("O", price("open"));
    this.fields.set("H", price("high"));
    this.fields.set("L", price("low"));
    this.fields.set("C", price("close"));
    this.fields.set("Equity", e < 0 ? "–" : money(run.equity.at(e)));
    this.fields.set("Drawdown", e < 0 || Number.isNaN(run.drawdown.at(e)) ? "–" : percent(run.drawdown.at(e)));
  }
}
