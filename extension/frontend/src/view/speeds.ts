import { el, setText } from "../dom.ts";

const CANDLES: [string, number][] = [
  ["Max", 0], ["10,000/s", 10_000], ["5,000/s", 5_000], ["1,000/s", 1_000], ["500/s", 500], ["100/s", 100],
  ["20/s", 20], ["5/s", 5], ["1/s", 1],
];
/** Market time that passes in a second. */
const MARKET: [string, number][] = [
  ["1 day/s", 86_400], ["6 h/s", 21_600], ["1 h/s", 3_600], ["15 min/s", 900], ["1 min/s", 60], ["real time", 1],
];

/** A pace as it is told: no speed is as fast as possible. */
interface Told {
  speed: number | null;
  unit?: string;
}

/** A menu of paces: candles a second, and multiples of market time. */
export class SpeedMenu {
  readonly root = el("select", "wb-select");
  private readonly unchosen = el("option", "", "Speed");

  private told: Told | null = null;
  private asking = 0;

  /** `chosen` may promise an answer: until it is there, the menu shows what was asked for. */
  constructor(chosen: (value: number, unit?: "x") => Promise<unknown> | void) {
    this.root.setAttribute("aria-label", "Speed");
    this.root.title = "Speed: candles per second, or market time per second";
    // The pace a run was started with is its own affair: none is shown until one is told.
    this.unchosen.value = "";
    this.unchosen.disabled = true;
    this.root.append(this.unchosen, group("Candles", CANDLES, ""), group("Market time", MARKET, "x"));
    this.root.value = "";
    this.root.addEventListener("change", () => {
      const { value } = this.root;
      const answer = value.endsWith("x") ? chosen(parseFloat(value), "x") : chosen(Number(value));
      if (answer) void this.waitFor(answer);
    });
  }

  /** Show the pace that holds, also one that the menu does not have; null is unknown. */
  show(pace: Told | null): void {
    this.told = pace;
    if (this.asking > 0) return;
    const value = pace === null ? "" : `${pace.speed ?? 0}${pace.unit ?? ""}`;
    const listed = [...this.root.options].some((option) => option.value === value);
    setText(this.unchosen, listed ? "Speed" : `${pace?.speed}${pace?.unit ? "×" : "/s"}`);
    const shown = listed ? value : "";
    if (this.root.value !== shown) this.root.value = shown;
  }

  private async waitFor(answer: Promise<unknown>): Promise<void> {
    this.asking++;
    await answer;
    this.asking--;
    this.show(this.told);
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
