import { Column, lastNotAbove } from "../model/series.ts";
import type { LiveModel } from "./model.ts";

/**
 * Profit and exposure at each point of the equity curve, out of the curve, the trades and the
 * candles: `pnl` and `risk` tell the latest alone.
 */
export class Course {
  /** Sum of the absolute notionals of what was held. */
  readonly exposure = new Column();
  readonly realized = new Column();
  readonly unrealized = new Column();
  private readonly held = new Map<string, number>();
  private next = 0;

  clear(): void {
    for (const column of [this.exposure, this.realized, this.unrealized]) column.clear();
    this.held.clear();
    this.next = 0;
  }

  /** Go on to the last point there is. */
  update({ run, symbols }: LiveModel): void {
    const { equityTime, markers } = run;
    const capital = run.info.initialCapital ?? (run.balance.length > 0 ? run.balance.at(0) : 0);
    for (let i = this.exposure.length; i < equityTime.length; i++) {
      this.realized.push(run.balance.at(i) - capital);
      this.unrealized.push(run.equity.at(i) - run.balance.at(i));
      const time = equityTime.at(i);
      let sum = 0;
      const closes = new Map<string, number>();
      for (const [name, symbol] of symbols) {
        const candles = symbol.shortest;
        // A point stands at the close of the candle that opened at its time: what was filled in it counts.
        const at = candles === null ? -1 : lastNotAbove(candles.time, time, candles.length);
        if (candles !== null && at >= 0) closes.set(name, candles.close[at] as number);
      }
      const span = [...symbols.values()].reduce((least, { shortest }) => Math.min(least, shortest?.span ?? Infinity), Infinity);
      for (let marker = markers[this.next]; marker !== undefined && marker.time < time + (Number.isFinite(span) ? span : 1); marker = markers[++this.next]) {
        const way = (marker.kind === "entry" ? 1 : -1) * (marker.side === "long" ? 1 : -1);
        this.held.set(marker.symbol, (this.held.get(marker.symbol) ?? 0) + way * (marker.quantity ?? 0));
        if (!closes.has(marker.symbol)) closes.set(marker.symbol, marker.price);
      }
      for (const [name, units] of this.held) sum += Math.abs(units) * (closes.get(name) ?? 0);
      this.exposure.push(sum < 1e-9 ? 0 : sum);
    }
  }
}
