import { el } from "../dom.ts";
import { dateTime, fixed, money, percent, quantity } from "../format.ts";
import type { Marker } from "../model/marker.ts";

/** The card beside a marker: what was traded, how it went, and why. */
export class Tooltip {
  private readonly card = el("div", "wb-tooltip");
  private shown: Marker | null = null;

  constructor(private readonly frame: HTMLElement) {
    this.card.hidden = true;
    this.card.setAttribute("role", "tooltip");
    frame.append(this.card);
  }

  /** `x`, `y` in CSS pixels of the frame. */
  show(marker: Marker, x: number, y: number, digits: number): void {
    if (marker !== this.shown) {
      this.card.replaceChildren(...content(marker, digits));
      this.shown = marker;
    }
    this.card.hidden = false;
    const { clientWidth, clientHeight } = this.frame;
    const { offsetWidth, offsetHeight } = this.card;
    const right = x + 14 + offsetWidth <= clientWidth;
    const left = right ? x + 14 : Math.max(4, x - 14 - offsetWidth);
    const top = Math.min(Math.max(4, y - offsetHeight / 2), Math.max(4, clientHeight - offsetHeight - 4));
    this.card.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
  }

  hide(): void {
    this.card.hidden = true;
  }
}

function content(marker: Marker, digits: number): HTMLElement[] {
  const head = el("div", "wb-tooltip-head");
  head.append(
    el("span", `wb-side wb-${marker.side}`, `${marker.side} ${marker.kind}`),
    el("span", "wb-muted", marker.tradeId),
  );
  const rows = el("dl");
  const row = (name: string, value: string, className = ""): void => {
    rows.append(el("dt", "", name), el("dd", className, value));
  };
  row("Time", `${dateTime(marker.time)} UTC`);
  row("Price", fixed(marker.price, digits));
  if (marker.quantity !== null) row("Quantity", quantity(marker.quantity));
  if (marker.entryPrice !== null) row("Entered at", fixed(marker.entryPrice, digits));
  if (marker.stopLoss !== null) row("Stop loss", fixed(marker.stopLoss, digits));
  if (marker.takeProfits.length > 0) row("Take profit", marker.takeProfits.map((p) => fixed(p, digits)).join(" · "));
  if (marker.pnl !== null) {
    const share = marker.pnlPercent === null ? "" : ` (${percent(marker.pnlPercent / 100, 2, true)})`;
    row("P&L", money(marker.pnl, true) + share, marker.pnl >= 0 ? "wb-gain" : "wb-drop");
  }
  if (marker.reason) row("Exit", marker.reason.replaceAll("_", " "));
  if (marker.confidence !== null) row("Confidence", percent(marker.confidence, 0));
  const parts: HTMLElement[] = [head, rows];
  if (marker.rationale) parts.push(el("p", "", marker.rationale));
  return parts;
}
