import { Fields } from "../charts/fields.ts";
import { dateTime, fixed, money, percent } from "../format.ts";
import type { CandleSeries } from "../market/series.ts";
import { lastNotAbove } from "../model/series.ts";
import type { LiveModel } from "./model.ts";

/** The row above the charts: what the crosshair points at, else the latest. */
export class LiveReadout {
  private readonly fields = new Fields(["O", "H", "L", "C", "Equity", "Drawdown", "Exposure"]);
  readonly root = this.fields.root;

  update(at: number | null, { run, course }: LiveModel, candles: CandleSeries | null): void {
    const index = candles === null ? -1 : candles.at(at ?? Infinity);
    const time = candles === null || index < 0 ? (at ?? NaN) : (candles.time[index] as number);
    this.fields.time(Number.isFinite(time) ? `${dateTime(time)} UTC` : "");
    const price = (column: "open" | "high" | "low" | "close"): string =>
      candles === null || index < 0 ? "–" : fixed(candles[column][index] as number, candles.digits);
    this.fields.set("O", price("open"));
    this.fields.set("H", price("high"));
    this.fields.set("L", price("low"));
    this.fields.set("C", price("close"));
    const point = lastNotAbove(run.equityTime.values, at ?? Infinity);
    this.fields.set("Equity", point < 0 ? "–" : money(run.equity.at(point)));
    this.fields.set("Drawdown", point < 0 ? "–" : percent(run.drawdown.at(point)));
    this.fields.set("Exposure", point < 0 || point >= course.exposure.length ? "–" : money(course.exposure.at(point)));
  }
}
