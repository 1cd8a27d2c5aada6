import { el } from "../dom.ts";
import { Asking } from "../live/asking.ts";
import type { Confirm } from "../live/confirm.ts";
import { brokerWords, count } from "../live/words.ts";
import { isEnabled, setEnabled } from "../view/icons.ts";
import type { Overview } from "./overview.ts";

const MOST_NAMED = 6;

/** Flattens all sessions, after a question. */
export class KillSwitch {
  readonly root = el("div", "wb-live-controls");
  private readonly button = el("button", "wb-text-button wb-big wb-danger", "FLATTEN ALL");
  private readonly asking: Asking;

  constructor(private readonly overview: Overview, private readonly confirm: Confirm, changed: () => void) {
    this.asking = new Asking(overview, changed);
    this.button.type = "button";
    this.button.addEventListener("click", () => this.ask());
    this.root.append(this.asking.root, this.button);
  }

  update(now: number): void {
    const { barred } = this.overview;
    setEnabled(this.button, this.overview.mayAsk("flatten", now));
    this.button.title = barred || "Close all positions of all sessions, cancel all orders, pause entries";
    this.asking.update(now);
    this.confirm.update(barred);
  }

  private ask(): void {
    if (!isEnabled(this.button) || this.confirm.open) return;
    this.confirm.ask({
      title: "Flatten all live sessions?",
      lines: () => this.lines(),
      verb: "Flatten all now",
      act: () => this.asking.send("flatten"),
    });
  }

  private lines(): string[] {
    const { active } = this.overview;
    const sum = (of: "positions" | "orders"): number => active.reduce((total, row) => total + row[of], 0);
    const [positions, orders] = [sum("positions"), sum("orders")];
    const real = active.filter(({ listed }) => listed?.facts && brokerWords(listed.facts).badge === "LIVE");
    return [
      active.length === 0 ? "No session is known to go on" : `Asks ${count(active.length, "session")}: ${some(active.map(({ id }) => id))}`,
      positions === 0 ? "There is no position to close" : `Closes ${count(positions, "position")} at market`,
      orders === 0 ? "There is no order to cancel" : `Cancels ${count(orders, "order")}`,
      "Pauses entries until they are resumed, in each session",
      ...real.map(({ id, listed }) => `${id}: ${listed?.facts ? brokerWords(listed.facts).told : ""}`),
    ];
  }
}

/** The first of some names, and how many more there are. */
function some(names: readonly string[]): string {
  const more = names.length - MOST_NAMED;
  return names.slice(0, MOST_NAMED).join(", ") + (more > 0 ? `, and ${more} more` : "");
}
