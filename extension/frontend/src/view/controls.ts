import { el, setShown, setText } from "../dom.ts";
import type { Action } from "../model/request.ts";
import type { Session } from "../session.ts";
import { iconButton, ICONS, isEnabled, setDisabled, setEnabled, setMeaning } from "./icons.ts";
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
  /** What a refusal was said in: it is of no interest in another state. */
  private moment = "";

  constructor(private readonly session: Session) {
    this.root.setAttribute("role", "group");
    this.root.setAttribute("aria-label", "Run controls");
    this.refused.setAttribute("role", "alert");
    this.underWay.setAttribute("role", "status");
    this.pause = iconButton("Pause", ICONS.pause, () => this.toggle(), "space");
    this.step = iconButton("Step one candle", ICONS.step, () => this.stepOn(), "→");
    this.next = iconButton("Run to the next trade", ICONS.nextTrade, () => this.nextTrade(), "t");
    this.stop = iconButton("Stop", ICONS.stop, () => this.send(session.control("stop")));
    this.speed = new SpeedMenu((value, unit) => (
      this.send(session.transport.control({ action: "speed", value, ...(unit && { unit }) }))
    ));
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
    if (isEnabled(this.pause)) this.send(this.session.control(this.paused ? "resume" : "pause"));
  }

  stepOn(): void {
    if (isEnabled(this.step)) this.send(this.session.control("step"));
  }

  nextTrade(): void {
    if (isEnabled(this.next)) this.send(this.session.control("run_until", { until: { trades: 1 } }));
  }

  update(): void {
    const { result, transport, saved, connected, isSweep } = this.session;
    setShown(this.root, !result.over && transport.canControl && !saved);
    // A sweep has no candle to step by.
    for (const part of [this.step, this.next, this.speed.root]) setShown(part, !isSweep);
    this.paused = result.status === "paused";
    const moment = `${result.status} ${connected}`;
    if (moment !== this.moment) this.clear();
    this.moment = moment;
    setMeaning(this.pause, this.paused ? "Resume" : "Pause", this.paused ? ICONS.resume : ICONS.pause, "space");
    const { pending } = this.session.request;
    setText(this.underWay, pending === null ? "" : UNDER_WAY[pending]);
    const stopping = pending === "stop";
    setEnabled(this.pause, connected && !stopping && pending !== "pause" && pending !== "resume");
    setEnabled(this.step, connected && this.paused && pending === null);
    setEnabled(this.next, connected && pending === null);
    setEnabled(this.stop, connected && !stopping);
    setDisabled(this.speed.root, !connected || stopping);
    this.speed.show(result.pace);
  }

  private send(reply: Promise<unknown>): Promise<unknown> {
    this.clear();
    return reply.catch((error: unknown) => this.refuse(error instanceof Error ? error.message : String(error)));
  }

  private clear(): void {
    this.refuse("");
    this.session.notice = "";
  }

  /** What the server answered to this view; what it refused to others is a notice. */
  private refuse(why: string): void {
    setText(this.refused, why);
    this.refused.title = why;
  }
}
