import { el } from "../dom.ts";

/** The card beside a marker. */
export class Tooltip {
  private readonly card = el("div", "wb-tooltip");
  private shown: object | null = null;

  constructor(private readonly frame: HTMLElement) {
    this.card.hidden = true;
    this.card.setAttribute("role", "tooltip");
    frame.append(this.card);
  }

  /** `content` tells of `thing`; `x`, `y` in CSS pixels of the frame. */
  show(thing: object, content: () => HTMLElement[], x: number, y: number): void {
    if (thing !== this.shown) {
      this.card.replaceChildren(...content());
      this.shown = thing;
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
