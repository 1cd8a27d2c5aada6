import { el, setText } from "../dom.ts";
import { dateTime, fixed, money, percent } from "../format.ts";
import type { CandleSeries } from "../market/series.ts";
import { lastNotAbove } from "../model/series.ts";
import type { LiveModel } from "./model.ts";

const FIELDS = ["O", "H", "L", "C", "Equity", "Drawdown", "Exposure"] as const;

/** The row above the charts: what the crosshair points at, else the latest. */
export class LiveReadout {
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

  update(at: number | null, { run, course }: LiveModel, candles: CandleSeries | null): void {
    const write = (name: (typeof FIELDS)[number], text: string): void => setText(this.values.get(name) as Element, text);
    const index = candles === null ? -1 : candles.at(at ?? Infinity);
    const time = candles === null || index < 0 ? (at ?? NaN) : (candles.time[index] as number);
    setText(this.time, Number.isFinite(time) ? `${dateTime(time)} UTC` : "");
    const price = (column: "open" | "high" | "low" | "close"): string =>
      candles === null || index < 0 ? "–" : fixed(candles[column][index] as number, candles.digits);
    write("O", price("open"));
    write("H", price("high"));
    write("L", price("low"));
    write("C", price("close"));
    const point = lastNotAbove(run.equityTime.values, at ?? Infinity);
    write("Equity", point < 0 ? "–" : money(run.equity.at(point)));
    write("Drawdown", point < 0 ? "–" : percent(run.drawdown.at(point)));
    write("Exposure", point < 0 || point >= course.exposure.length ? "–" : money(course.exposure.at(point)));
  }
}
