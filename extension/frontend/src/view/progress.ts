import { el, setShown, setText } from "../dom.ts";
import { duration, whole } from "../format.ts";
import type { RunModel } from "../model/run.ts";

/** Shorter runs are over before a duration or a rate says anything. */
const LEAST_SECONDS = 0.3;

/** The bar, and how far, how fast and how long still. */
export class Progress {
  readonly root = el("div", "wb-progress");
  private readonly track = el("div", "wb-track");
  private readonly bar = el("div", "wb-bar");
  private readonly percent = el("b", "wb-percent");
  private readonly text = el("span", "wb-muted");

  constructor() {
    this.track.setAttribute("role", "progressbar");
    this.track.setAttribute("aria-label", "Progress of the run");
    this.track.setAttribute("aria-valuemin", "0");
    this.track.setAttribute("aria-valuemax", "100");
    this.track.append(this.bar);
    this.root.append(this.track, this.percent, this.text);
  }

  update(run: RunModel): void {
    this.bar.style.transform = `scaleX(${Math.min(1, Math.max(0, run.progress / 100))})`;
    this.track.setAttribute("aria-valuenow", run.progress.toFixed(1));
    this.track.dataset["status"] = run.status;
    setShown(this.track, !run.over);
    setShown(this.percent, !run.over || run.status !== "complete");
    setText(this.percent, `${run.progress.toFixed(run.progress < 100 ? 1 : 0)}%`);
    setText(this.text, describe(run).filter(Boolean).join("  ·  "));
  }
}

/** What stands beside the bar, in parts; empty ones are left out. */
export function describe(run: RunModel): string[] {
  const done = run.status === "complete" ? run.bars : run.bar;
  const candles = run.bars === 0 ? "" : run.status === "complete" ? `${whole(run.bars)} candles` : `${whole(run.bar)} / ${whole(run.bars)} candles`;
  if (run.over) {
    if (run.startedAt === null || run.endedAt === null) return [candles];
    const seconds = (run.endedAt - run.startedAt) / 1000;
    if (seconds < LEAST_SECONDS) return [candles];
    return [candles, `in ${duration(seconds)}`, done > 0 ? `${whole(done / seconds)} candles/s` : ""];
  }
  if (run.status !== "running") return [candles, run.reason && `reached ${shortTimes(run.reason)}`];
  const rate = run.rate.perSecond;
  const left = run.rate.secondsLeft(run.bars);
  return [
    candles,
    rate === null ? "" : `${rate < 10 ? rate.toFixed(1) : whole(rate)} candles/s`,
    left === null || run.bars === 0 ? "" : `${left < 1 ? "< 1 s" : duration(left)} left`,
  ];
}

function shortTimes(text: string): string {
  return text.replace(/(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(:\d\d(\.\d+)?)?Z/g, "$1 $2");
}
