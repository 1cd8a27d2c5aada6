import { el, setShown, setText } from "../dom.ts";
import { dateTime } from "../format.ts";
import type { Replaying } from "../replay.ts";
import type { Session } from "../session.ts";
import { icon, iconButton, ICONS, setDisabled, setEnabled, setMeaning } from "./icons.ts";
import { SpeedMenu } from "./speeds.ts";

/** Tells a finished run again: the button for it, and once pressed the bar that steers it. */
export class ReplayBar {
  /** Begins a replay. */
  readonly begin = el("button", "wb-text-button");
  readonly root = el("div", "wb-replay");
  private readonly play: HTMLButtonElement;
  private readonly back: HTMLButtonElement;
  private readonly on: HTMLButtonElement;
  private readonly slider = el("input", "wb-slider");
  private readonly time = el("span", "wb-replay-time");
  private readonly refused = el("span", "wb-refused");
  private readonly speed: SpeedMenu;
  private readonly leave = el("button", "wb-text-button");
  private dragging = false;

  constructor(private readonly session: Session) {
    this.begin.type = "button";
    this.begin.title = "Tell this run again, from its first candle";
    this.begin.append(icon(ICONS.replay), "Replay");
    this.begin.addEventListener("click", () => session.startReplay());
    this.root.setAttribute("role", "group");
    this.root.setAttribute("aria-label", "Replay");
    this.back = iconButton("Step back", ICONS.back, () => this.replaying?.step(-1), "←");
    this.play = iconButton("Play", ICONS.resume, () => this.replaying?.toggle(), "space");
    this.on = iconButton("Step forward", ICONS.step, () => this.replaying?.step(1), "→");
    this.speed = new SpeedMenu((value, unit) => this.replaying?.speed(value, unit));
    this.refused.setAttribute("role", "alert");
    this.leave.type = "button";
    this.leave.textContent = "Back to the result";
    this.leave.addEventListener("click", () => session.endReplay());
    this.slider.type = "range";
    this.slider.setAttribute("aria-label", "Market time");
    this.slider.title = "Market time (Home: first candle, End: last, t and shift+t: next and previous trade)";
    this.slider.addEventListener("input", () => {
      this.dragging = true;
      this.write(Number(this.slider.value));
    });
    this.slider.addEventListener("change", () => {
      this.dragging = false;
      this.replaying?.seek(Number(this.slider.value));
    });
    // A drag that ends where it began changes nothing, and is over all the same.
    this.slider.addEventListener("pointerup", () => (this.dragging = false));
    this.root.append(this.back, this.play, this.on, this.slider, this.time, this.speed.root, this.refused, this.leave);
  }

  update(): void {
    const { session, replaying } = this;
    setShown(this.begin, replaying === null && session.canReplay);
    setShown(this.root, replaying !== null);
    if (replaying === null) {
      this.dragging = false;
      return;
    }
    const { state, run, span } = replaying;
    const lost = state === null || replaying.status.state !== "live" && replaying.status.state !== "catching-up";
    for (const button of [this.back, this.play]) setEnabled(button, !lost);
    setDisabled(this.speed.root, lost);
    setMeaning(this.play, replaying.playing ? "Pause" : "Play", replaying.playing ? ICONS.pause : ICONS.resume, "space");
    setEnabled(this.on, !lost && state?.state !== "ended");
    this.speed.show(state);
    setDisabled(this.slider, lost || span === null);
    setText(this.refused, replaying.refused);
    this.refused.title = replaying.refused;
    if (span === null || this.dragging) return;
    this.slider.min = String(span[0]);
    this.slider.max = String(span[1]);
    const { present } = run;
    if (!Number.isFinite(present)) return;
    this.slider.value = String(present);
    this.write(present);
  }

  private get replaying(): Replaying | null {
    return this.session.replaying;
  }

  private write(time: number): void {
    const text = dateTime(time);
    setText(this.time, text);
    this.slider.setAttribute("aria-valuetext", `${text} UTC`);
    const span = this.replaying?.span;
    const share = span ? (time - span[0]) / (span[1] - span[0]) : 0;
    this.slider.style.setProperty("--wb-told", `${(100 * Math.min(1, Math.max(0, share))).toFixed(2)}%`);
  }
}
