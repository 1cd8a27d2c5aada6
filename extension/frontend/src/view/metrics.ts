import { el, setText } from "../dom.ts";
import { fixed, money, percent, whole } from "../format.ts";
import type { Summary } from "../model/run.ts";

type Write = (summary: Summary) => string;
const known = (value: number | null, write: (value: number) => string): string =>
  value === null || Number.isNaN(value) ? "–" : value === Infinity ? "∞" : write(value);

const METRICS: [name: string, key: keyof Summary, write: Write][] = [
  ["Total return", "totalReturn", (s) => known(s.totalReturn, (v) => percent(v, 2, true))],
  ["Max drawdown", "maxDrawdown", (s) => known(s.maxDrawdown, (v) => percent(v))],
  ["Sharpe", "sharpe", (s) => known(s.sharpe, (v) => fixed(v, 2))],
  ["Profit factor", "profitFactor", (s) => known(s.profitFactor, (v) => fixed(v, 2))],
  ["Win rate", "winRate", (s) => known(s.winRate, (v) => percent(v, 1))],
  ["Trades", "trades", (s) => known(s.trades, whole)],
  ["Balance", "balance", (s) => known(s.balance, money)],
];

/** The strip of figures. */
export class Metrics {
  readonly root = el("dl", "wb-metrics");
  private readonly values: HTMLElement[] = [];

  constructor() {
    for (const [name, key] of METRICS) {
      const cell = el("div", "wb-metric");
      const value = el("dd", "", "–");
      value.dataset["metric"] = key;
      cell.append(el("dt", "", name), value);
      this.values.push(value);
      this.root.append(cell);
    }
  }

  update(summary: Summary): void {
    METRICS.forEach(([, key, write], i) => {
      const node = this.values[i] as HTMLElement;
      setText(node, write(summary));
      if (key !== "totalReturn") return;
      const sign = Math.sign(summary.totalReturn ?? 0);
      node.className = sign > 0 ? "wb-gain" : sign < 0 ? "wb-drop" : "";
    });
  }
}
