import { el, setText } from "../dom.ts";
import { isEnabled, setEnabled } from "../view/icons.ts";
import { Asking } from "./asking.ts";
import type { Confirm } from "./confirm.ts";
import type { LiveSession } from "./session.ts";
import { isUnheard } from "./request.ts";
import { brokerWords, count, waitingWords } from "./words.ts";

/** Pause and resume entries, and, each after a question, flatten and stop. */
export class LiveControls {
  readonly root = el("div", "wb-live-controls");
  private readonly entries = el("button", "wb-text-button wb-big");
  private readonly flatten = el("button", "wb-text-button wb-big wb-flatten", "FLATTEN");
  private readonly stop = el("button", "wb-text-button wb-big wb-danger", "STOP");
  private readonly asking: Asking;

  constructor(private readonly session: LiveSession, private readonly confirm: Confirm, changed: () => void) {
    this.asking = new Asking(session, changed);
    this.root.setAttribute("role", "group");
    this.root.setAttribute("aria-label", "Session controls");
    for (const button of [this.entries, this.flatten, this.stop]) button.type = "button";
    this.entries.addEventListener("click", () => this.toggleEntries());
    this.flatten.addEventListener("click", () => this.askFlatten());
    this.stop.addEventListener("click", () => this.askStop());
    this.root.append(this.asking.root, this.entries, this.flatten, this.stop);
  }

  toggleEntries(): void {
    if (isEnabled(this.entries)) this.asking.send(this.session.live.entriesPaused ? "resume_entries" : "pause_entries");
  }

  askFlatten(): void {
    if (!isEnabled(this.flatten) || this.confirm.open) return;
    this.confirm.ask({
      title: `Flatten ${this.session.id}?`,
      lines: () => [...this.ends(), "Pauses entries until they are resumed", ...this.money()],
      verb: "Flatten now",
      act: () => this.asking.send("flatten"),
    });
  }

  askStop(): void {
    if (!isEnabled(this.stop) || this.confirm.open) return;
    this.confirm.ask({
      title: `Stop ${this.session.id}?`,
      lines: () => [...this.left(), "Ends the session: it cannot be resumed", ...this.money()],
      verb: "Stop now",
      act: () => this.asking.send("stop"),
    });
  }

  update(now: number): void {
    const { session } = this;
    const { live, request, barred } = session;
    const paused = live.entriesPaused;
    setText(this.entries, paused ? "Resume entries" : "Pause entries");
    this.entries.setAttribute("aria-pressed", String(paused));
    const unheard = request !== null && isUnheard(request, now);
    setEnabled(this.entries, barred === "" && (request === null || unheard));
    setEnabled(this.flatten, session.mayAsk("flatten", now) && session.mayAsk("stop", now));
    setEnabled(this.stop, session.mayAsk("stop", now));
    const meaning: [HTMLButtonElement, string][] = [
      [this.entries, paused ? "Let entries through again (e)" : "Let no entry through; what is held is still watched (e)"],
      [this.flatten, "Close all positions, cancel all orders, pause entries (x)"],
      [this.stop, "End the session"],
    ];
    for (const [button, text] of meaning) button.title = barred || text;
    this.asking.update(now);
    this.confirm.update(barred);
  }

  private ends(): string[] {
    const { positions, orders } = this.session.live;
    const working = orders.working.length;
    return [
      positions.size === 0 ? "There is no position to close" : `Closes ${count(positions.size, "position")} at market`,
      working === 0 ? "There is no order to cancel" : `Cancels ${count(working, "order")} (${waitingWords(orders.working)})`,
    ];
  }

  /** What stopping does with what is held; who started it has chosen. */
  private left(): string[] {
    const { asked, live } = this.session;
    const keep = asked?.keep ?? null;
    if (keep === true) return [`Keeps ${count(live.positions.size, "position")}: nobody watches them then`];
    const ends = this.ends();
    return keep === null && live.positions.size > 0 ? [...ends, "Unless the session was started to keep what it holds"] : ends;
  }

  private money(): string[] {
    const { facts } = this.session;
    return facts !== null && facts.broker === "exchange" ? [brokerWords(facts).told] : [];
  }
}
