import { Charts } from "../charts/charts.ts";
import { el, setShown, setText } from "../dom.ts";
import type { Session } from "../session.ts";
import { SweepView } from "../sweep/view.ts";
import { Controls } from "./controls.ts";
import { Drawing, type Mounted, type MountOptions } from "./drawing.ts";
import { FailureBox } from "./failure.ts";
import { connection, Header, shownStatus } from "./header.ts";
import { listenToKeys } from "./keys.ts";
import { Lists } from "./lists.ts";
import { Metrics } from "./metrics.ts";
import { Progress } from "./progress.ts";
import { ReplayBar } from "./replaybar.ts";
import { Statistics } from "./statistics.ts";

/** Draw a run into `parent`. */
export function mount(parent: HTMLElement, session: Session, options: MountOptions): Mounted {
  const drawing = new Drawing(parent);
  const { root, schedule } = drawing;
  const progress = new Progress();
  const controls = new Controls(session);
  const metrics = new Metrics();
  const failure = new FailureBox();
  const replay = new ReplayBar(session);
  const notice = el("div", "wb-notice");
  notice.setAttribute("role", "status");
  const bar = el("div", "wb-toolbar");
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

  function draw(now: number): Record<string, string> {
    const { run } = session;
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
    setShown(picture, !session.isSweep);
    // Of a sweep the best combination is told below.
    setShown(metrics.root, !session.isSweep);
    let more: Record<string, string> = {};
    if (session.isSweep) {
      sweep ??= sweepView();
      sweep.draw(session, now);
      more = { ...sweep.facts, rows: String(run.sweep.rows.length) };
    } else {
      charts.use(run, session.replaying !== null);
      charts.draw();
      lists.update(run, now);
      statistics.update(run);
    }
    return {
      ...more,
      status: run.status,
      connection: connection(session, now)[0],
      points: String(run.equity.length),
      markers: String(run.markers.length),
      signals: String(run.signals.total),
      candles: String(charts.candlesDrawn),
      seq: String(run.seq),
      replay: session.replaying?.state?.state ?? (session.replaying ? "connecting" : ""),
      time: Number.isFinite(run.present) ? new Date(run.present).toISOString() : "",
    };
  }

  function sweepView(): SweepView {
    const made = new SweepView(session, height, mount, schedule);
    root.append(made.root);
    return made;
  }

  return drawing.begin({
    draw,
    // Only the seconds of a lost connection change without a message.
    restless: () => shownStatus(session).state === "reconnecting",
    setHeight(wanted) {
      height = wanted;
      charts.setHeight(height);
      sweep?.setHeight(height);
    },
    ends: [
      session.onChange(schedule), listenToKeys(root, session, controls, lists),
      () => charts.destroy(), () => lists.destroy(), () => sweep?.destroy(),
    ],
  }, height);
}
