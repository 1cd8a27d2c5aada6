import { Charts } from "../charts/charts.ts";
import { el, setShown, setText } from "../dom.ts";
import type { Session } from "../session.ts";
import { Controls } from "./controls.ts";
import { FailureBox } from "./failure.ts";
import { connection, Header, shownStatus } from "./header.ts";
import { listenToKeys } from "./keys.ts";
import { Metrics } from "./metrics.ts";
import { Progress } from "./progress.ts";
import { ReplayBar } from "./replaybar.ts";

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
  const replay = new ReplayBar(session);
  const notice = el("div", "wb-notice");
  notice.setAttribute("role", "status");
  const bar = el("div", "wb-toolbar");
  bar.append(progress.root, replay.begin, controls.root, replay.root);
  root.append(header.root, bar, notice, failure.root, metrics.root);
  // A click beside the controls gives the view its keys.
  root.tabIndex = -1;
  parent.append(root);

  let frame = 0;
  let draws = 0;
  let gone = false;
  const charts = new Charts(root, session.run, session.candles, options.height, schedule);
  const unlisten = listenToKeys(root, session, controls);
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
    if (session.transport.canControl && session.result.status !== "deleted") session.candles.load(now);
    header.update(session, now);
    setShown(progress.root, session.replaying === null);
    progress.update(run);
    controls.update();
    replay.update();
    setText(notice, session.notice);
    setShown(notice, session.notice !== "" && !controls.refusing);
    failure.update(run.failure);
    metrics.update(run.summary);
    charts.use(run, session.replaying !== null);
    charts.draw();
    const data = root.dataset;
    data["status"] = run.status;
    data["connection"] = connection(session, now)[0];
    data["points"] = String(run.equity.length);
    data["markers"] = String(run.markers.length);
    data["candles"] = String(charts.candlesDrawn);
    data["seq"] = String(run.seq);
    data["replay"] = session.replaying?.state?.state ?? (session.replaying ? "connecting" : "");
    data["time"] = Number.isFinite(run.present) ? new Date(run.present).toISOString() : "";
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
      unlisten();
      charts.destroy();
      root.remove();
    },
  };
}
