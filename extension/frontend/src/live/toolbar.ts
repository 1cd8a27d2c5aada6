import { el, setShown, setText } from "../dom.ts";
import { fixed, percent } from "../format.ts";
import type { LiveSession } from "./session.ts";

/** The symbols, the timeframes, and the latest price. */
export class LiveToolbar {
  readonly root = el("div", "wb-live-market");
  private readonly symbols = el("div", "wb-segments");
  private readonly frames = el("div", "wb-segments");
  private readonly price = el("b", "wb-price");
  private readonly change = el("span", "wb-change");
  private known = "";

  constructor(private readonly session: LiveSession) {
    for (const [group, name] of [[this.symbols, "Symbol"], [this.frames, "Timeframe"]] as const) {
      group.setAttribute("role", "group");
      group.setAttribute("aria-label", name);
    }
    const quote = el("span", "wb-quote");
    quote.append(this.price, this.change);
    this.root.append(this.symbols, this.frames, quote);
  }

  update(): void {
    const { session } = this;
    const { live, symbol, timeframe } = session;
    const shown = live.symbols.get(symbol);
    const frames = shown?.timeframes ?? [];
    const held = new Set([...live.positions.values()].map((position) => position.symbol));
    const known = `${live.names.join(" ")}|${frames.join(" ")}`;
    if (known !== this.known) {
      this.known = known;
      setShown(this.symbols, live.names.length > 1);
      setShown(this.frames, frames.length > 1);
      this.symbols.replaceChildren(...live.names.map((name) => segment(name, `Show ${name} (s goes on to the next)`, () => session.show(name))));
      this.frames.replaceChildren(...frames.map((name, i) => segment(name, `Candles of ${name} (${i + 1})`, () => session.show(session.symbol, name))));
    }
    for (const button of this.symbols.children) {
      press(button, button.textContent === symbol);
      button.classList.toggle("wb-held", held.has(button.textContent ?? ""));
    }
    for (const button of this.frames.children) press(button, button.textContent === timeframe);
    const price = shown?.price ?? null;
    const candles = shown?.candles(timeframe) ?? null;
    setText(this.price, price === null || candles === null ? "" : fixed(price, candles.digits));
    const before = candles !== null && candles.length > 1 ? (candles.close[candles.length - 2] as number) : null;
    const moved = before === null || price === null ? null : price / before - 1;
    setText(this.change, moved === null ? "" : `${percent(moved, 2, true)} ${timeframe}`);
    this.change.className = `wb-change ${moved === null ? "" : moved < 0 ? "wb-drop" : "wb-gain"}`;
    this.change.title = "Against the close of the candle before";
  }
}

function segment(name: string, title: string, chosen: () => void): HTMLButtonElement {
  const button = el("button", "wb-segment", name);
  button.type = "button";
  button.title = title;
  button.addEventListener("click", chosen);
  return button;
}

function press(button: Element, pressed: boolean): void {
  if (button.getAttribute("aria-pressed") !== String(pressed)) button.setAttribute("aria-pressed", String(pressed));
}
