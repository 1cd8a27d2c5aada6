import { el, setText } from "../dom.ts";
import { money, percent, whole } from "../format.ts";
import type { LiveModel } from "./model.ts";

type Figure = [name: string, key: string, title: string, write: (live: LiveModel) => [text: string, sign: number]];

const known = (value: number | null | undefined, write: (value: number) => string): string =>
  value === null || value === undefined || Number.isNaN(value) ? "–" : write(value);
const signed = (value: number | null | undefined): [string, number] => [known(value, (v) => money(v, true)), Math.sign(value ?? 0)];

const FIGURES: Figure[] = [
  ["Equity", "equity", "Balance and unrealised profit", ({ profit }) => [known(profit.equity, money), 0]],
  ["Today", "daily", "Since 00:00 UTC, or since the session began", ({ risk }) => signed(risk?.daily_pnl)],
  ["Unrealised", "unrealized", "Of what is held, before the fees of its exit", ({ profit }) => signed(profit.unrealized)],
  ["Realised", "realized", "Of what was closed, net of fees", ({ profit }) => signed(profit.realized)],
  ["Fees", "fees", "Commissions and financing", ({ profit }) => [known(profit.fees, money), 0]],
  ["Exposure", "exposure", "Sum of the absolute notionals of what is held", ({ risk }) => [known(risk?.exposure, money), 0]],
  ["Drawdown", "drawdown", "From the highest equity of the session", ({ risk, run }) => [
    known(risk?.drawdown ?? (run.drawdown.length > 0 ? run.drawdown.at(run.drawdown.length - 1) : null), percent), 0,
  ]],
  ["Closed trades", "trades", "From entry to last exit: what is held is not among them. Beside it what part of them won", ({ run: { summary }, pnl }) => [
    known(summary.trades ?? pnl?.trades, whole) + (summary.winRate === null ? "" : ` · ${percent(summary.winRate, 0)}`), 0,
  ]],
];

/** The strip of figures. */
export class Figures {
  readonly root = el("div", "wb-metrics wb-live-figures");
  private readonly values: HTMLElement[] = [];

  constructor() {
    for (const [name, key, title] of FIGURES) {
      const cell = el("div", "wb-metric");
      const value = el("div", "wb-value", "–");
      value.dataset["metric"] = key;
      cell.title = title;
      cell.append(el("div", "wb-name", name), value);
      this.values.push(value);
      this.root.append(cell);
    }
  }

  update(live: LiveModel): void {
    FIGURES.forEach(([, , , write], i) => {
      const node = this.values[i] as HTMLElement;
      const [text, sign] = write(live);
      setText(node, text);
      node.classList.toggle("wb-gain", sign > 0);
      node.classList.toggle("wb-drop", sign < 0);
    });
  }
}
