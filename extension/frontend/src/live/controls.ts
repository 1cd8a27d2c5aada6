import type { LiveAction } from "../../stream/src/index.ts";
import { el, setShown, setText } from "../dom.ts";
import { isEnabled, setEnabled } from "../view/icons.ts";
import type { Confirm } from "./confirm.ts";
import type { LiveSession } from "./session.ts";
import { brokerWords, count } from "./words.ts";

const UNDER_WAY: Record<LiveAction, string> = {
  pause_entries: "Pausing entries…", resume_entries: "Resuming entries…", flatten: "Flattening…", stop: "Stopping…",
};

/** Pause and resume entries, and, each after a question, flatten and stop. */
export class LiveControls {
  readonly root = el("div", "wb-live-controls");
  private readonly entries = el("button", "wb-text-button wb-big");
  private readonly flatten = el("button", "wb-text-button wb-big wb-flatten", "FLATTEN");
  private readonly stop = el("button", "wb-text-button wb-big wb-danger", "STOP");
  private readonly told = el("span", "wb-live-told");
  private refused = "";

  constructor(private readonly session: LiveSession, private readonly confirm: Confirm) {
    this.root.setAttribute("role", "group");
    this.root.setAttribute("aria-label", "Session controls");
    this.told.setAttribute("role", "status");
    for (const button of [this.entries, this.flatten, this.stop]) button.type = "button";
    this.entries.addEventListener("click", () => this.toggleEntries());
    this.flatten.addEventListener("click", () => this.askFlatten());
    this.stop.addEventListener("click", () => this.askStop());
    this.root.append(this.told, this.entries, this.flatten, this.stop);
  }

  toggleEntries(): void {
    if (isEnabled(this.entries)) this.send(this.session.live.entriesPaused ? "resume_entries" : "pause_entries");
  }

  askFlatten(): void {
    if (!isEnabled(this.flatten) || this.confirm.open) return;
    this.confirm.ask({
      title: `Flatten ${this.session.id}?`,
      lines: () => [...this.ends(), "Pauses entries until they are resumed", ...this.money()],
      verb: "Flatten now",
      act: () => this.send("flatten"),
    });
  }

  askStop(): void {
    if (!isEnabled(this.stop) || this.confirm.open) return;
    this.confirm.ask({
      title: `Stop ${this.session.id}?`,
      lines: () => [...this.left(), "Ends the session: it cannot be resumed", ...this.money()],
      verb: "Stop now",
      act: () => this.send("stop"),
    });
  }

  update(): void {
    const { session } = this;
    const { live, pending, barred } = session;
    const paused = live.entriesPaused;
    setText(this.entries, paused ? "Resume entries" : "Pause entries");
    this.entries.setAttribute("aria-pressed", String(paused));
    const idle = barred === "";
    setEnabled(this.entries, idle && pending === null);
    setEnabled(this.flatten, idle && pending !== "flatten" && pending !== "stop");
    setEnabled(this.stop, idle && pending !== "stop");
    const meaning: [HTMLButtonElement, string][] = [
      [this.entries, paused ? "Let entries through again (e)" : "Let no entry through; what is held is still watched (e)"],
      [this.flatten, "Close all positions, cancel all orders, pause entries (x)"],
      [this.stop, "End the session"],
    ];
    for (const [button, text] of meaning) button.title = barred || text;
    // That it is not connected stands beside.
    const reason = barred === "There is no connection" || barred === "No server answers" ? "" : barred;
    const text = this.refused || (pending !== null ? UNDER_WAY[pending] : reason);
    setText(this.told, text);
    this.told.title = text;
    this.told.classList.toggle("wb-drop", this.refused !== "");
    setShown(this.told, text !== "");
    this.confirm.update(barred);
  }

  private ends(): string[] {
    const { positions, orders } = this.session.live;
    const working = orders.working.length;
    return [
      positions.size === 0 ? "There is no position to close" : `Closes ${count(positions.size, "position")} at market`,
      working === 0 ? "There is no order to cancel" : `Cancels ${count(working, "order")}`,
    ];
  }

  /** What stopping does with what is held; who started it has chosen. */
  private left(): string[] {
    const { keep, live } = this.session;
    if (keep === true) return [`Keeps ${count(live.positions.size, "position")}: nobody watches them then`];
    const ends = this.ends();
    return keep === null && live.positions.size > 0 ? [...ends, "Unless the session was started to keep what it holds"] : ends;
  }

  private money(): string[] {
    const { facts } = this.session.live;
    return facts !== null && facts.broker === "exchange" ? [brokerWords(facts).told] : [];
  }

  private send(action: LiveAction): void {
    this.refused = "";
    this.session.control(action).catch((error: unknown) => {
      this.refused = error instanceof Error ? error.message : String(error);
      this.update();
    });
  }
}
