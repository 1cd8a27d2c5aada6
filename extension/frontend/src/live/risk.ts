import type { LimitUse, RiskData } from "../../stream/src/index.ts";
import { el, setShown, setText } from "../dom.ts";
import { dateTime, fixed, money, percent, whole } from "../format.ts";
import type { LiveModel, Met } from "./model.ts";
import { level, limitName, measure } from "./words.ts";

const MOST_MET = 30;

interface Bar {
  root: HTMLElement;
  value: HTMLElement;
  fill: HTMLElement;
}

/** How much of each limit is used, what is at risk, and which limits were met. */
export class RiskPanel {
  readonly root = el("div", "wb-risk");
  private readonly bars = el("div", "wb-limits");
  private readonly none = el("div", "wb-muted", "No limits are set");
  private readonly numbers = el("div", "wb-pairs");
  private readonly met = el("div", "wb-breaches");
  private readonly metTitle = el("div", "wb-subtitle");
  private readonly known = new Map<string, Bar>();
  private values = new Map<string, HTMLElement>();
  private shownMet: readonly Met[] | null = null;
  private shownRisk: RiskData | null = null;

  constructor() {
    this.root.setAttribute("role", "region");
    this.root.setAttribute("aria-label", "Risk");
    this.met.setAttribute("role", "log");
    this.root.append(el("div", "wb-subtitle", "Risk limits"), this.none, this.bars, this.numbers, this.metTitle, this.met);
  }

  update(live: LiveModel): void {
    const { risk } = live;
    if (risk !== this.shownRisk || risk === null) {
      this.shownRisk = risk;
      setText(this.none, risk === null ? "Not told yet" : "No limits are set");
      setShown(this.none, risk === null || risk.limits.length === 0);
      this.showBars(risk?.limits ?? []);
      if (risk !== null) this.showNumbers(risk);
      setShown(this.numbers, risk !== null);
    }
    if (live.breaches !== this.shownMet) {
      this.shownMet = live.breaches;
      this.showMet(live.breaches);
    }
  }

  private showBars(limits: readonly LimitUse[]): void {
    const names = limits.map(({ name }) => name);
    if (names.join(" ") !== [...this.known.keys()].join(" ")) {
      this.known.clear();
      for (const name of names) this.known.set(name, bar(name));
      this.bars.replaceChildren(...[...this.known.values()].map(({ root }) => root));
    }
    for (const use of limits) {
      const { root, value, fill } = this.known.get(use.name) as Bar;
      root.dataset["level"] = level(use);
      root.title = `${limitName(use.name)}${use.symbol ? `, ${use.symbol}` : ""}: ${percent(use.used, 0)} used`;
      setText(value, `${measure(use.value, use.unit)} / ${measure(use.limit, use.unit)}`);
      fill.style.transform = `scaleX(${Math.max(0, Math.min(1, use.used))})`;
      const meter = fill.parentElement as HTMLElement;
      meter.setAttribute("aria-valuenow", String(Math.round(use.used * 100)));
      meter.setAttribute("aria-valuetext", `${value.textContent}`);
    }
  }

  private showNumbers(risk: RiskData): void {
    const confidence = percent(risk.confidence, 0);
    const rows: [string, string, string?][] = [
      ["Net exposure", money(risk.net_exposure, true)],
      ["Leverage", `${fixed(risk.leverage, 2)}×`],
      ["Margin", money(risk.margin)],
      ["Value at risk", risk.var === null ? "–" : money(risk.var), `What is held loses no more than this within a candle, in ${confidence} of cases`],
      ["Expected shortfall", risk.es === null ? "–" : money(risk.es), `What is held loses on average in the worst ${percent(1 - risk.confidence, 0)} of candles`],
      ["Entries, exits waiting", whole(risk.open_orders), "Orders of the strategy that wait; stops and targets of what is held are not counted"],
      ["Orders in a minute", whole(risk.orders_last_minute)],
    ];
    if (this.values.size === 0) {
      for (const [name, , title] of rows) {
        const [label, value] = [el("div", "wb-name", name), el("div", "wb-value")];
        if (title) label.title = value.title = title;
        this.values.set(name, value);
        this.numbers.append(label, value);
      }
    }
    for (const [name, text] of rows) setText(this.values.get(name) as HTMLElement, text);
  }

  private showMet(breaches: readonly Met[]): void {
    setText(this.metTitle, breaches.length === 0 ? "" : `Breaches (${breaches.length}${breaches.length > MOST_MET ? `, the latest ${MOST_MET}` : ""})`);
    setShown(this.metTitle, breaches.length > 0);
    this.met.replaceChildren(...breaches.slice(0, MOST_MET).map((breach) => {
      const row = el("div", "wb-breach");
      const head = el("div", "wb-breach-head");
      head.append(el("b", "", limitName(breach.limit)), el("span", "wb-muted", Number.isFinite(breach.time) ? dateTime(breach.time) : ""));
      const done = breach.action === "flatten" ? "Everything was closed. " : "";
      row.append(head, el("div", "", `${done}${breach.message}`));
      return row;
    }));
  }
}

function bar(name: string): Bar {
  const root = el("div", "wb-limit");
  const head = el("div", "wb-limit-head");
  const value = el("span", "wb-limit-value");
  head.append(el("span", "", limitName(name)), value);
  const track = el("div", "wb-limit-track");
  track.setAttribute("role", "meter");
  track.setAttribute("aria-label", limitName(name));
  track.setAttribute("aria-valuemin", "0");
  track.setAttribute("aria-valuemax", "100");
  const fill = el("div", "wb-limit-fill");
  track.append(fill);
  root.append(head, track);
  return { root, value, fill };
}
