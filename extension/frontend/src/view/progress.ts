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
    const text = describe(run).filter(Boolean).join("  ·  ");
    setText(this.text, text);
    this.text.title = text;
  }
}

/** What is counted: candles of a run, rows of a sweep. */
function counted({ sweep, status, bar, bars }: RunModel): [done: number, total: number, noun: string] {
  if (!sweep.seen) return [status === "complete" ? bars : bar, bars, "candles"];
  const done = sweep.rows.length;
  return [done, sweep.facts?.total || done, sweep.splits.length > 0 ? "rows" : "combinations"];
}

/** What stands beside the bar, in parts; empty ones are left out. */
export function describe(run: RunModel): string[] {
  const [done, total, noun] = counted(run);
  const amount = total === 0 ? "" : run.status === "complete" && done === total ? `${whole(total)} ${noun}` : `${whole(done)} / ${whole(total)} ${noun}`;
  const failed = run.sweep.failed > 0 ? `${whole(run.sweep.failed)} failed` : "";
  const per = run.sweep.seen ? "/s" : " candles/s";
  const speed = (rate: number): string => `${rate < 10 ? rate.toFixed(1) : whole(rate)}${per}`;
  const why = shortTimes(run.reason);
  if (run.over) {
    // Why nothing was ordered.
    const ended = run.summary.trades === 0 && why ? [amount, failed, why] : [amount, failed];
    if (run.startedAt === null || run.endedAt === null) return ended;
    const seconds = (run.endedAt - run.startedAt) / 1000;
    if (seconds < LEAST_SECONDS) return ended;
    return [...ended, `in ${duration(seconds)}`, done > 0 ? speed(done / seconds) : ""];
  }
  if (run.status !== "running") return [amount, failed, why && `reached ${why}`];
  const rate = run.rate.perSecond;
  const left = run.rate.secondsLeft(total);
  return [
    amount, failed, ...(why ? [why] : []),
    rate === null ? "" : speed(rate),
    left === null || total === 0 ? "" : `${left < 1 ? "< 1 s" : duration(left)} left`,
  ];
}

function shortTimes(text: string): string {
  return text.replace(/(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(:\d\d(\.\d+)?)?Z/g, "$1 $2");
}
