import { el } from "../dom.ts";
import { dateTime, fixed, money, percent, quantity } from "../format.ts";
import type { Marker } from "../model/marker.ts";
import type { Signal } from "../model/signal.ts";

/** Inputs shown of a decision; more would bury the chart. */
const MOST_INPUTS = 8;

/** What a card in a tooltip is made of: a head, rows of names and values, and text. */
export class Card {
  readonly parts: HTMLElement[] = [];
  private readonly rows = el("div", "wb-pairs");

  constructor(title: string, className: string, id: string) {
    const head = el("div", "wb-tooltip-head");
    head.append(el("span", `wb-side ${className}`, title), el("span", "wb-muted", id));
    this.parts.push(head, this.rows);
  }

  row(name: string, value: string, className = ""): void {
    this.rows.append(el("div", "wb-name", name), el("div", `wb-value ${className}`, value));
  }

  numbers(numbers: Readonly<Record<string, number>>): void {
    for (const [name, value] of Object.entries(numbers).slice(0, MOST_INPUTS)) this.row(name.replaceAll("_", " "), quantity(value));
  }

  text(text: string | null, className = ""): void {
    if (text) this.parts.push(el("div", `wb-rationale ${className}`, text));
  }
}

/** What was traded, how it went, and why; the strategy where `several` share the account. */
export function tradeCard(marker: Marker, digits: number, several: boolean): HTMLElement[] {
  const card = new Card(`${marker.side} ${marker.kind}`, `wb-${marker.side}`, marker.tradeId);
  const exit = marker.kind === "exit";
  if (several && marker.strategy) card.row("Strategy", marker.strategy);
  card.row("Time", `${dateTime(marker.time)} UTC`);
  card.row("Price", fixed(marker.price, digits));
  if (marker.quantity !== null) card.row("Quantity", quantity(marker.quantity));
  if (marker.entryPrice !== null) card.row("Entered at", fixed(marker.entryPrice, digits));
  if (marker.stopLoss !== null) card.row(exit ? "Stop at entry" : "Stop loss", fixed(marker.stopLoss, digits));
  if (marker.takeProfits.length > 0) {
    card.row(exit ? "Target at entry" : "Take profit", marker.takeProfits.map((p) => fixed(p, digits)).join(" · "));
  }
  if (marker.pnl !== null) {
    const share = marker.pnlPercent === null ? "" : ` (${percent(marker.pnlPercent / 100, 2, true)})`;
    card.row("P&L", money(marker.pnl, true) + share, marker.pnl >= 0 ? "wb-gain" : "wb-drop");
  }
  if (marker.reason) card.row("Exit", marker.reason.replaceAll("_", " "));
  if (marker.confidence !== null) card.row("Confidence", percent(marker.confidence, 0));
  card.numbers(marker.inputs);
  card.text(marker.rationale);
  return card.parts;
}

/** What was to be done, why it was not, and why it was wanted. */
export function signalCard(signal: Signal): HTMLElement[] {
  const card = new Card(`${signal.decision.replaceAll("_", " ")} ${signal.outcome}`, `wb-${signal.outcome}`, signal.id);
  if (signal.strategy) card.row("Strategy", signal.strategy);
  card.row("Time", `${dateTime(signal.time)} UTC`);
  card.row("Code", signal.code);
  if (signal.confidence !== null) card.row("Confidence", percent(signal.confidence, 0));
  card.numbers({ ...signal.numbers, ...signal.inputs });
  card.text(signal.message);
  card.text(signal.rationale);
  return card.parts;
}
