import { el, setShown, setText } from "../dom.ts";
import type { Action } from "../model/request.ts";
import type { Session } from "../session.ts";

/** Candles a second; 0 is as fast as possible. */
const SPEEDS: [string, number][] = [
  ["Max", 0], ["10,000/s", 10_000], ["1,000/s", 1_000], ["100/s", 100], ["20/s", 20], ["5/s", 5], ["1/s", 1],
];

const ICONS = {
  pause: "M4 3h3v10H4zM9 3h3v10H9z",
  resume: "M4.5 2.5v11l9-5.5z",
  step: "M3 2.5v11l7-5.5zM11 3h2.2v10H11z",
  stop: "M3.5 3.5h9v9h-9z",
};

const UNDER_WAY: Record<Action, string> = {
  pause: "Pausing…", resume: "Resuming…", step: "Stepping…", stop: "Stopping…",
};

/** Pause, step, stop and speed, while there is something to control. */
export class Controls {
  readonly root = el("div", "wb-controls");
  private readonly pause: HTMLButtonElement;
  private readonly step: HTMLButtonElement;
  private readonly stop: HTMLButtonElement;
  private readonly speed = el("select", "wb-select");
  private readonly underWay = el("span", "wb-muted wb-under-way");
  private readonly refused = el("span", "wb-refused");
  private paused = false;

  constructor(private readonly session: Session) {
    this.root.setAttribute("role", "group");
    this.root.setAttribute("aria-label", "Run controls");
    this.refused.setAttribute("role", "alert");
    this.underWay.setAttribute("role", "status");
    this.pause = this.button("Pause", ICONS.pause, () => this.send(session.control(this.paused ? "resume" : "pause")));
    this.step = this.button("Step one candle", ICONS.step, () => this.send(session.control("step")));
    this.stop = this.button("Stop", ICONS.stop, () => this.send(session.control("stop")));
    this.speed.setAttribute("aria-label", "Speed, candles per second");
    this.speed.title = "Speed, candles per second";
    // The pace a run was started with is its own affair: none is chosen until someone chooses.
    const unchosen = el("option", "", "Speed");
    unchosen.value = "";
    unchosen.disabled = true;
    this.speed.append(unchosen);
    for (const [label, value] of SPEEDS) {
      const option = el("option", "", label);
      option.value = String(value);
      this.speed.append(option);
    }
    this.speed.addEventListener("change", () => this.send(session.transport.control("speed", Number(this.speed.value))));
    this.root.append(this.refused, this.underWay, this.pause, this.step, this.stop, this.speed);
  }

  update(): void {
    const { run, transport, saved } = this.session;
    setShown(this.root, !run.over && transport.canControl && !saved);
    this.paused = run.status === "paused";
    const name = this.paused ? "Resume" : "Pause";
    if (this.pause.title !== name) {
      this.pause.title = name;
      this.pause.setAttribute("aria-label", name);
      this.pause.replaceChildren(icon(this.paused ? ICONS.resume : ICONS.pause));
    }
    const { pending } = this.session.request;
    setText(this.underWay, pending === null ? "" : UNDER_WAY[pending]);
    const stopping = pending === "stop";
    setDisabled(this.pause, stopping || pending === "pause" || pending === "resume");
    setDisabled(this.step, !this.paused || pending !== null);
    setDisabled(this.stop, stopping);
    setDisabled(this.speed, stopping);
  }

  private send(reply: Promise<unknown>): void {
    setText(this.refused, "");
    reply.catch((error: unknown) => {
      setText(this.refused, error instanceof Error ? error.message : String(error));
    });
  }

  private button(name: string, path: string, pressed: () => void): HTMLButtonElement {
    const button = el("button", "wb-button");
    button.type = "button";
    button.title = name;
    button.setAttribute("aria-label", name);
    button.append(icon(path));
    button.addEventListener("click", pressed);
    return button;
  }
}

function setDisabled(control: HTMLButtonElement | HTMLSelectElement, disabled: boolean): void {
  if (control.disabled !== disabled) control.disabled = disabled;
}

function icon(path: string): SVGSVGElement {
  const namespace = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(namespace, "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  const shape = document.createElementNS(namespace, "path");
  shape.setAttribute("d", path);
  svg.append(shape);
  return svg;
}
