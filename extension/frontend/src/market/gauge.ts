import { el, setShown, setText } from "../dom.ts";
import { dateTime, fixed, percent } from "../format.ts";
import type { Confluence } from "./model.ts";
import { plain } from "./words.ts";

const RADIUS = 52;
const CIRCLE = Math.PI * RADIUS;
const SIDE = { bullish: "wb-long", bearish: "wb-short", neutral: "wb-muted" };

/** The confluence score as a half circle, what it is made of, and what it says in words. */
export class Gauge {
  readonly root = el("div", "wb-gauge");
  private readonly dial = el("div", "wb-dial");
  private readonly arc: SVGPathElement;
  private readonly score = el("div", "wb-dial-score");
  private readonly direction = el("div", "wb-dial-direction");
  private readonly when = el("div", "wb-muted wb-dial-when");
  private readonly terms = el("div", "wb-terms");
  private readonly rationale = el("div", "wb-dial-rationale");
  private shown: Confluence | null | undefined = undefined;

  constructor() {
    this.dial.setAttribute("role", "meter");
    this.dial.setAttribute("aria-label", "Confluence score");
    this.dial.setAttribute("aria-valuemin", "0");
    this.dial.setAttribute("aria-valuemax", "1");
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", "0 0 128 70");
    svg.setAttribute("aria-hidden", "true");
    const path = (className: string): SVGPathElement => {
      const made = document.createElementNS("http://www.w3.org/2000/svg", "path");
      made.setAttribute("d", `M ${64 - RADIUS} 64 A ${RADIUS} ${RADIUS} 0 0 1 ${64 + RADIUS} 64`);
      made.setAttribute("class", className);
      svg.append(made);
      return made;
    };
    path("wb-dial-track");
    this.arc = path("wb-dial-arc");
    this.dial.append(svg, this.score, this.direction);
    this.root.append(el("div", "wb-subtitle", "Confluence"), this.dial, this.when, this.terms, this.rationale);
  }

  update(confluence: Confluence | null): void {
    if (confluence === this.shown) return;
    this.shown = confluence;
    const { score, direction } = confluence ?? { score: 0, direction: "neutral" as const };
    this.arc.style.strokeDasharray = `${(Math.max(0, Math.min(1, score)) * CIRCLE).toFixed(1)} ${CIRCLE.toFixed(1)}`;
    this.dial.className = `wb-dial ${SIDE[direction] ?? ""}`;
    this.dial.setAttribute("aria-valuenow", String(score));
    setText(this.score, confluence ? fixed(score, 2) : "–");
    setText(this.direction, confluence ? direction : "no score yet");
    this.dial.setAttribute("aria-valuetext", confluence ? `${fixed(score, 2)} ${direction}` : "no score yet");
    setText(this.when, confluence ? `${confluence.timeframe} candle ${dateTime(Date.parse(confluence.bar_time))}` : "");
    this.when.title = "Times are UTC";
    this.terms.replaceChildren(...(confluence?.terms ?? []).map(term));
    setText(this.rationale, confluence?.rationale ?? "");
    setShown(this.rationale, Boolean(confluence?.rationale));
  }
}

/** A vote as a bar from the middle: to the right bullish, to the left bearish, as wide as it is sure. */
function term({ name, value, weight, rationale }: Confluence["terms"][number]): HTMLElement {
  const row = el("div", "wb-term");
  const head = el("div", "wb-term-head");
  head.append(el("span", "", plain(name)), el("span", "wb-muted", percent(weight, 0)));
  const track = el("div", "wb-term-track");
  const bar = el("div", value < 0 ? "wb-term-bar wb-term-down" : "wb-term-bar");
  const width = Math.min(1, Math.abs(value)) * 50;
  bar.style.width = `${width}%`;
  bar.style.left = `${value < 0 ? 50 - width : 50}%`;
  track.append(bar);
  row.append(head, track);
  if (rationale) row.append(el("div", "wb-term-why", rationale));
  row.title = `${plain(name)}: ${fixed(value, 2)} of −1 to +1, weight ${percent(weight, 0)}`;
  return row;
}
