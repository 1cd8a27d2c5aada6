import { Charts } from "../charts/charts.ts";
import { el } from "../dom.ts";
import type { Session } from "../session.ts";
import { Controls } from "./controls.ts";
import { FailureBox } from "./failure.ts";
import { connection, Header } from "./header.ts";
import { Metrics } from "./metrics.ts";
import { Progress } from "./progress.ts";

export interface MountOptions {
  /** Height of the charts in CSS pixels. */
  height: number;
}

export interface Mounted {
  setHeight(height: number): void;
  destroy(): void;
}

/** Draw a session into `parent`. Everything is drawn at most once per animation frame. */
export function mount(parent: HTMLElement, session: Session, options: MountOptions): Mounted {
  const root = el("div", "wb-root");
  const header = new Header();
  const progress = new Progress();
  const controls = new Controls(session);
  const metrics = new Metrics();
  const failure = new FailureBox();
  const bar = el("div", "wb-toolbar");
  bar.append(progress.root, controls.root);
  root.append(header.root, bar, failure.root, metrics.root);
  parent.append(root);

  let frame = 0;
  let draws = 0;
  let gone = false;
  const charts = new Charts(root, session.run, session.candles, options.height, schedule);
  const unsubscribe = session.onChange(schedule);
  // Only the seconds of a lost connection change without a message.
  const clock = setInterval(() => session.status.state === "reconnecting" && schedule(), 1000);

  function schedule(): void {
    if (frame === 0) frame = requestAnimationFrame(flush);
  }

  function flush(): void {
    frame = 0;
    const { run } = session;
    const now = Date.now();
    // Asked for as soon as there is a connection: once the run is under way the server has more to do.
    if (session.transport.canControl && run.status !== "deleted") session.candles.load(now);
    header.update(session, now);
    progress.update(run);
    controls.update();
    failure.update(run.failure);
    metrics.update(run.summary);
    charts.draw();
    const data = root.dataset;
    data["status"] = run.status;
    data["connection"] = connection(session, now)[0];
    data["points"] = String(run.equity.length);
    data["markers"] = String(run.markers.length);
    data["candles"] = String(charts.candlesDrawn);
    data["seq"] = String(run.seq);
    data["draws"] = String(++draws);
  }

  schedule();
  return {
    setHeight: (height) => charts.setHeight(height),
    destroy() {
      // A view ends by its signal and by its returned function.
      if (gone) return;
      gone = true;
      clearInterval(clock);
      cancelAnimationFrame(frame);
      unsubscribe();
      charts.destroy();
      root.remove();
    },
  };
}
