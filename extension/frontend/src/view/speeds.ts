import { el } from "../dom.ts";

const CANDLES: [string, number][] = [
  ["Max", 0], ["10,000/s", 10_000], ["5,000/s", 5_000], ["1,000/s", 1_000], ["500/s", 500], ["100/s", 100],
  ["20/s", 20], ["5/s", 5], ["1/s", 1],
];
/** Market time that passes in a second. */
const MARKET: [string, number][] = [
  ["1 day/s", 86_400], ["6 h/s", 21_600], ["1 h/s", 3_600], ["15 min/s", 900], ["1 min/s", 60], ["real time", 1],
];

/** A menu of paces: candles a second, and multiples of market time. */
export class SpeedMenu {
  readonly root = el("select", "wb-select");
  private readonly unchosen = el("option", "", "Speed");

  constructor(chosen: (value: number, unit?: "x") => void) {
    this.root.setAttribute("aria-label", "Speed");
    this.root.title = "Speed: candles per second, or market time per second";
    // The pace a run was started with is its own affair: none is chosen until someone chooses.
    this.unchosen.value = "";
    this.unchosen.disabled = true;
    this.root.append(this.unchosen, group("Candles", CANDLES, ""), group("Market time", MARKET, "x"));
    this.root.value = "";
    this.root.addEventListener("change", () => {
      const { value } = this.root;
      if (value.endsWith("x")) chosen(parseFloat(value), "x");
      else chosen(Number(value));
    });
  }

  /** Show the pace that holds, also one that the menu does not have. */
  show(speed: number | null, unit?: string): void {
    const value = `${speed ?? 0}${unit ?? ""}`;
    if (this.root.value === value) return;
    this.root.value = value;
    if (this.root.value !== value) {
      this.unchosen.textContent = unit ? `${speed}×` : `${speed}/s`;
      this.root.value = "";
    }
  }
}

function group(label: string, speeds: [string, number][], unit: string): HTMLOptGroupElement {
  const made = el("optgroup");
  made.label = label;
  for (const [text, value] of speeds) {
    const option = el("option", "", unit ? `${text} (${value.toLocaleString("en-US")}×)` : text);
    option.value = `${value}${unit}`;
    made.append(option);
  }
  return made;
}
