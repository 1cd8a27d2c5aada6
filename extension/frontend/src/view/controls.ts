import { el, setShown, setText } from "../dom.ts";
import type { Action } from "../model/request.ts";
import type { Session } from "../session.ts";
import { iconButton, ICONS, setDisabled, setMeaning } from "./icons.ts";
import { SpeedMenu } from "./speeds.ts";

const UNDER_WAY: Record<Action, string> = {
  pause: "Pausing…", resume: "Resuming…", step: "Stepping…", run_until: "To the next trade…", stop: "Stopping…",
};

/** Pause, step, next trade, stop and speed, while there is something to control. */
export class Controls {
  readonly root = el("div", "wb-controls");
  private readonly pause: HTMLButtonElement;
  private readonly step: HTMLButtonElement;
  private readonly next: HTMLButtonElement;
  private readonly stop: HTMLButtonElement;
  private readonly speed: SpeedMenu;
  private readonly underWay = el("span", "wb-muted wb-under-way");
  private readonly refused = el("span", "wb-refused");
  private paused = false;

  constructor(private readonly session: Session) {
    this.root.setAttribute("role", "group");
    this.root.setAttribute("aria-label", "Run controls");
    this.refused.setAttribute("role", "alert");
    this.underWay.setAttribute("role", "status");
    this.pause = iconButton("Pause", ICONS.pause, () => this.toggle(), "space");
    this.step = iconButton("Step one candle", ICONS.step, () => this.stepOn(), "→");
    this.next = iconButton("Run to the next trade", ICONS.nextTrade, () => this.nextTrade(), "t");
    this.stop = iconButton("Stop", ICONS.stop, () => this.send(session.control("stop")));
    this.speed = new SpeedMenu((value, unit) => {
      this.send(session.transport.control({ action: "speed", value, ...(unit && { unit }) }));
    });
    this.root.append(this.refused, this.underWay, this.pause, this.step, this.next, this.stop, this.speed.root);
  }

  /** Whether there is a run to control, and it stands still. */
  get standing(): boolean {
    return !this.root.hidden && this.paused;
  }

  /** Whether it shows that this view was refused something. */
  get refusing(): boolean {
    return this.refused.textContent !== "";
  }

  toggle(): void {
    if (!this.pause.disabled) this.send(this.session.control(this.paused ? "resume" : "pause"));
  }

  stepOn(): void {
    if (!this.step.disabled) this.send(this.session.control("step"));
  }

  nextTrade(): void {
    if (!this.next.disabled) this.send(this.session.control("run_until", { until: { trades: 1 } }));
  }

  update(): void {
    const { result, transport, saved } = this.session;
    setShown(this.root, !result.over && transport.canControl && !saved);
    this.paused = result.status === "paused";
    setMeaning(this.pause, this.paused ? "Resume" : "Pause", this.paused ? ICONS.resume : ICONS.pause, "space");
    const { pending } = this.session.request;
    setText(this.underWay, pending === null ? "" : UNDER_WAY[pending]);
    const stopping = pending === "stop";
    setDisabled(this.pause, stopping || pending === "pause" || pending === "resume");
    setDisabled(this.step, !this.paused || pending !== null);
    setDisabled(this.next, pending !== null);
    setDisabled(this.stop, stopping);
    setDisabled(this.speed.root, stopping);
  }

  private send(reply: Promise<unknown>): void {
    this.refuse("");
    this.session.notice = "";
    reply.catch((error: unknown) => this.refuse(error instanceof Error ? error.message : String(error)));
  }

  /** What the server answered to this view; what it refused to others is a notice. */
  private refuse(why: string): void {
    setText(this.refused, why);
    this.refused.title = why;
  }
}
