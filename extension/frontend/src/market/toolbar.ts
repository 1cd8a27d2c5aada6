import { el, setShown, setText } from "../dom.ts";
import { fixed, percent } from "../format.ts";
import { LAYERS, type Layer } from "./layers.ts";
import type { TimeframeModel } from "./model.ts";

/** Timeframes, the latest price, and what is drawn over the candles. */
export class Toolbar {
  readonly root = el("div", "wb-toolbar wb-market-bar");
  private readonly frames = el("div", "wb-segments");
  private readonly price = el("b", "wb-price");
  private readonly change = el("span", "wb-change");
  private readonly toggles = new Map<Layer, HTMLButtonElement>();
  private known = "";

  constructor(private readonly choose: (timeframe: string) => void, toggle: (layer: Layer) => void) {
    this.frames.setAttribute("role", "group");
    this.frames.hidden = true;
    this.frames.setAttribute("aria-label", "Timeframe");
    const quote = el("span", "wb-quote");
    quote.append(this.price, this.change);
    const layers = el("div", "wb-layers");
    layers.setAttribute("role", "group");
    layers.setAttribute("aria-label", "Layers");
    for (const { layer, name, key, title } of LAYERS) {
      const button = el("button", "wb-text-button wb-layer", name);
      button.type = "button";
      button.title = `${title} (${key})`;
      button.addEventListener("click", () => toggle(layer));
      this.toggles.set(layer, button);
      layers.append(button);
    }
    this.root.append(this.frames, quote, layers);
  }

  update(timeframes: readonly string[], shown: string, layers: ReadonlySet<Layer>, frame: TimeframeModel | null, price: number | null): void {
    const known = timeframes.join(" ");
    if (known !== this.known) {
      this.known = known;
      setShown(this.frames, timeframes.length > 0);
      this.frames.replaceChildren(...timeframes.map((name, i) => this.button(name, i)));
    }
    for (const button of this.frames.children) press(button, button.textContent === shown);
    for (const [layer, button] of this.toggles) press(button, layers.has(layer));
    const candles = frame?.candles;
    const count = candles?.length ?? 0;
    setText(this.price, price === null || !candles ? "" : fixed(price, candles.digits));
    const before = candles && count > 1 ? (candles.close[count - 2] as number) : null;
    const moved = before === null || price === null ? null : price / before - 1;
    setText(this.change, moved === null ? "" : `${percent(moved, 2, true)} ${shown}`);
    this.change.className = `wb-change ${moved === null ? "" : moved < 0 ? "wb-drop" : "wb-gain"}`;
    this.change.title = "Against the close of the candle before";
  }

  private button(name: string, index: number): HTMLButtonElement {
    const button = el("button", "wb-segment", name);
    button.type = "button";
    if (index < 9) button.title = `Candles of ${name} (${index + 1})`;
    button.addEventListener("click", () => this.choose(name));
    return button;
  }
}

function press(button: Element, pressed: boolean): void {
  if (button.getAttribute("aria-pressed") !== String(pressed)) button.setAttribute("aria-pressed", String(pressed));
}
