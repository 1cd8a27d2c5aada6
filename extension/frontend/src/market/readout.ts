import { el, setText } from "../dom.ts";
import { dateTime, fixed, quantity } from "../format.ts";
import { lastNotAbove } from "../model/series.ts";
import type { MarketModel } from "./model.ts";
import type { CandleSeries } from "./series.ts";

const FIELDS = ["O", "H", "L", "C", "Volume", "Score"] as const;

/** The row above the charts: what the crosshair points at, else the latest. */
export class MarketReadout {
  readonly root = el("div", "wb-readout");
  private readonly time = el("span", "wb-readout-time");
  private readonly state = el("span", "wb-muted wb-readout-state");
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
    this.root.append(this.state);
  }

  update(at: number | null, market: MarketModel, candles: CandleSeries | null): void {
    const index = candles === null ? -1 : candles.at(at ?? Infinity);
    const write = (name: (typeof FIELDS)[number], text: string): void => setText(this.values.get(name) as Element, text);
    if (candles === null || index < 0) {
      setText(this.time, "");
      setText(this.state, "");
      for (const name of FIELDS) write(name, "–");
      return;
    }
    const time = candles.time[index] as number;
    setText(this.time, `${dateTime(time)} UTC`);
    const price = (column: "open" | "high" | "low" | "close"): string => fixed(candles[column][index] as number, candles.digits);
    write("O", price("open"));
    write("H", price("high"));
    write("L", price("low"));
    write("C", price("close"));
    write("Volume", quantity(candles.volume[index] as number));
    // Scores are given at closes: that of a candle is the last one within it.
    const scored = lastNotAbove(market.scoreTime.values, time + candles.span - 1);
    const inside = scored >= 0 && market.scoreTime.at(scored) >= time;
    write("Score", inside ? scoreText(market.score.at(scored)) : "–");
    setText(this.state, time > candles.closedTo ? "growing" : "");
  }
}

/** A score with its sign: bullish ones are above zero. */
export function scoreText(score: number): string {
  return (score > 0 ? "+" : "") + fixed(score, 2);
}
