import { Charts } from "../charts/charts.ts";
import { el, setShown, setText } from "../dom.ts";
import type { Session } from "../session.ts";
import { SweepView } from "../sweep/view.ts";
import { Controls } from "./controls.ts";
import { FailureBox } from "./failure.ts";
import { connection, Header, shownStatus } from "./header.ts";
import { listenToKeys } from "./keys.ts";
import { Lists } from "./lists.ts";
import { Metrics } from "./metrics.ts";
import { Progress } from "./progress.ts";
import { ReplayBar } from "./replaybar.ts";
import { Statistics } from "./statistics.ts";

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
  const progress = new Progress();
  const controls = new Controls(session);
  const metrics = new Metrics();
  const failure = new FailureBox();
  const replay = new ReplayBar(session);
  const notice = el("div", "wb-notice");
  notice.setAttribute("role", "status");
  const bar = el("div", "wb-toolbar");
  // A click beside the controls gives the view its keys.
  root.tabIndex = -1;
  parent.append(root);

  let frame = 0;
  let draws = 0;
  let gone = false;
  let { height } = options;
  const picture = el("div", "wb-picture");
  const charts = new Charts(picture, session.run, session.candles, height, schedule);
  const lists = new Lists(charts, schedule);
  const statistics = new Statistics();
  let sweep: SweepView | null = null;
  const header = new Header(lists.signalsButton);
  bar.append(progress.root, lists.tradesButton, replay.begin, controls.root, replay.root);
  picture.append(lists.root, statistics.root);
  root.append(header.root, bar, notice, failure.root, metrics.root, picture);
  const unlisten = listenToKeys(root, session, controls, lists);
  const unsubscribe = session.onChange(schedule);
  // Only the seconds of a lost connection change without a message.
  const clock = setInterval(() => shownStatus(session).state === "reconnecting" && schedule(), 1000);

  function schedule(): void {
    if (frame === 0) frame = requestAnimationFrame(flush);
  }

  function flush(): void {
    frame = 0;
    const { run } = session;
    const now = Date.now();
    // Asked for as soon as there is a connection: once the run is under way the server has more to do.
    if (session.transport.canControl && session.result.status !== "deleted" && !session.isSweep) session.candles.load(now);
    header.update(session, now);
    setShown(progress.root, session.replaying === null);
    progress.update(run);
    controls.update();
    replay.update();
    setText(notice, session.notice);
    setShown(notice, session.notice !== "" && !controls.refusing);
    failure.update(run.failure);
    metrics.update(run.summary);
    const data = root.dataset;
    setShown(picture, !session.isSweep);
    // Of a sweep the best combination is told below.
    setShown(metrics.root, !session.isSweep);
    if (session.isSweep) {
      sweep ??= sweepView();
      sweep.draw(session, now);
      Object.assign(data, sweep.facts, { rows: String(run.sweep.rows.length) });
    } else {
      charts.use(run, session.replaying !== null);
      charts.draw();
      lists.update(run, now);
      statistics.update(run);
    }
    data["status"] = run.status;
    data["connection"] = connection(session, now)[0];
    data["points"] = String(run.equity.length);
    data["markers"] = String(run.markers.length);
    data["signals"] = String(run.signals.total);
    data["candles"] = String(charts.candlesDrawn);
    data["seq"] = String(run.seq);
    data["replay"] = session.replaying?.state?.state ?? (session.replaying ? "connecting" : "");
    data["time"] = Number.isFinite(run.present) ? new Date(run.present).toISOString() : "";
    data["draws"] = String(++draws);
  }

  function sweepView(): SweepView {
    const made = new SweepView(session, height, mount, schedule);
    root.append(made.root);
    return made;
  }

  schedule();
  return {
    setHeight(wanted) {
      height = wanted;
      charts.setHeight(height);
      sweep?.setHeight(height);
    },
    destroy() {
      // A view ends by its signal and by its returned function.
      if (gone) return;
      gone = true;
      clearInterval(clock);
      cancelAnimationFrame(frame);
      unsubscribe();
      unlisten();
      charts.destroy();
      lists.destroy();
      sweep?.destroy();
      root.remove();
    },
  };
}
