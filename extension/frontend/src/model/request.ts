import type { RunModel } from "./run.ts";

export type Action = "pause" | "resume" | "step" | "run_until" | "stop";

/** What was asked of a run and does not show in its stream yet. */
export class Request {
  private asked: Action | null = null;
  private seq = 0;

  /** The action still to come, or null. */
  get pending(): Action | null {
    return this.asked;
  }

  ask(action: Action, run: RunModel): void {
    this.asked = action;
    this.seq = run.seq;
  }

  /** The server would not; a later request is not touched. */
  refused(action: Action): void {
    if (this.asked === action) this.asked = null;
  }

  /** Look whether the run has done it. */
  settle(run: RunModel): void {
    const paused = run.status === "paused";
    const done =
      run.over ||
      (this.asked === "pause" && paused) ||
      (this.asked === "resume" && !paused) ||
      (this.asked === "step" && (!paused || run.seq !== this.seq)) ||
      (this.asked === "run_until" && paused && run.statusSeq > this.seq);
    if (done) this.asked = null;
  }
}
