import { el, setShown, setText } from "../dom.ts";
import type { Failure } from "../model/run.ts";
import { FailureBox } from "../view/failure.ts";
import type { Mounted, MountOptions } from "../view/mount.ts";
import { LiveCharts } from "./charts.ts";
import { Confirm } from "./confirm.ts";
import { LiveControls } from "./controls.ts";
import { Figures } from "./figures.ts";
import { LiveHeader } from "./header.ts";
import { listenToKeys } from "./keys.ts";
import { RiskPanel } from "./risk.ts";
import type { LiveSession } from "./session.ts";
import { LiveTables } from "./tables.ts";
import { LiveToolbar } from "./toolbar.ts";
import { brokerWords } from "./words.ts";

/** Draw a live session into `parent`. Everything is drawn at most once per animation frame. */
export function mountLive(parent: HTMLElement, session: LiveSession, options: MountOptions): Mounted {
  const { live } = session;
  const root = el("div", "wb-root wb-live");
  // A click beside the controls gives the view its keys.
  root.tabIndex = -1;
  parent.append(root);

  let frame = 0;
  let draws = 0;
  let gone = false;
  let refused: Failure | null = null;
  const header = new LiveHeader();
  const figures = new Figures();
  const toolbar = new LiveToolbar(session);
  const confirm = new Confirm(schedule);
  const controls = new LiveControls(session, confirm, schedule);
  const notice = el("div", "wb-notice");
  notice.setAttribute("role", "status");
  const failure = new FailureBox();
  const bar = el("div", "wb-live-bar");
  bar.append(toolbar.root, controls.root);
  const picture = el("div", "wb-picture");
  const charts = new LiveCharts(picture, session, options.height, schedule);
  const risk = new RiskPanel();
  const tables = new LiveTables(session, (time) => charts.jump(time), schedule);
  const body = el("div", "wb-live-body");
  body.append(picture, risk.root);
  root.append(header.root, header.notice, notice, failure.root, figures.root, bar, body, tables.root, confirm.root);
  const unlisten = listenToKeys(root, session, controls, () => confirm.open);
  const unsubscribe = session.onChange(schedule);
  // The age of the last price, and the seconds of silence, change without a message.
  const clock = setInterval(() => session.restless(Date.now()) && schedule(), 1000);

  function schedule(): void {
    if (frame === 0) frame = requestAnimationFrame(flush);
  }

  /** The last words of the stream, or why there is none. */
  function failureOf(): Failure | null {
    const { status } = session;
    if (live.run.failure !== null || status.state !== "failed") return live.run.failure;
    if (refused?.error !== status.reason) refused = { error: status.reason ?? "There is no such session", details: {} };
    return refused;
  }

  function flush(): void {
    frame = 0;
    const now = Date.now();
    const connection = header.update(session, now);
    figures.update(live);
    toolbar.update();
    controls.update(now);
    setText(notice, session.notice);
    setShown(notice, session.notice !== "");
    const failed = failureOf();
    failure.update(failed);
    // Of a session that was never heard of there is nothing to show but why.
    for (const part of [figures.root, bar, body, tables.root]) setShown(part, failed === null || live.seq > 0);
    charts.draw();
    risk.update(live);
    tables.update(now);
    const candles = live.symbols.get(session.symbol)?.candles(session.timeframe) ?? null;
    Object.assign(root.dataset, {
      connection,
      status: live.run.status,
      feed: live.feed.state,
      broker: session.facts === null ? "" : brokerWords(session.facts).badge,
      symbol: session.symbol,
      timeframe: session.timeframe,
      candles: String(candles?.length ?? 0),
      growing: String(candles?.growing ?? false),
      markers: String(live.run.markers.length),
      points: String(live.run.equity.length),
      positions: String(live.positions.size),
      working: String(live.orders.working.length),
      orders: String(live.orders.total),
      breaches: String(live.breaches.length),
      entries: live.entriesPaused ? "paused" : "open",
      pending: session.pending ?? "",
      beside: String(session.beside?.equity.length ?? 0),
      seq: String(live.seq),
      draws: String(++draws),
    });
  }

  /** What stands beside the charts is no higher than they are with what is above them. */
  function besides(height: number): void {
    body.style.setProperty("--wb-beside", `${height + 20}px`);
  }

  besides(options.height);
  schedule();
  return {
    setHeight(height) {
      charts.setHeight(height);
      besides(height);
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
      tables.destroy();
      root.remove();
    },
  };
}
