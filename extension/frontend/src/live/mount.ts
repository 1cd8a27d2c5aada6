import { el, setShown, setText } from "../dom.ts";
import { Drawing, type Mounted, type MountOptions } from "../view/drawing.ts";
import { FailureBox } from "../view/failure.ts";
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

/** Draw a live session into `parent`. */
export function mountLive(parent: HTMLElement, session: LiveSession, { height }: MountOptions): Mounted {
  const { live } = session;
  const drawing = new Drawing(parent, "wb-live");
  const { root, schedule } = drawing;
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
  const charts = new LiveCharts(picture, session, height, schedule);
  const risk = new RiskPanel();
  const tables = new LiveTables(session, (time) => charts.jump(time), schedule);
  const body = el("div", "wb-live-body");
  body.append(picture, risk.root);
  root.append(header.root, header.notice, notice, failure.root, figures.root, bar, body, tables.root, confirm.root);

  function draw(now: number): Record<string, string> {
    const connection = header.update(session, now);
    figures.update(live);
    toolbar.update();
    controls.update(now);
    setText(notice, session.notice);
    setShown(notice, session.notice !== "");
    const failed = failure.explain(live.run.failure, session.status, "There is no such session");
    // Of a session that was never heard of there is nothing to show but why.
    for (const part of [figures.root, bar, body, tables.root]) setShown(part, !failed || live.seq > 0);
    charts.draw();
    risk.update(live);
    tables.update(now);
    const candles = live.symbols.get(session.symbol)?.candles(session.timeframe) ?? null;
    const [named, unnamed] = charts.told;
    return {
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
      named: String(named),
      unnamed: String(unnamed),
      breaches: String(live.breaches.length),
      entries: live.entriesPaused ? "paused" : "open",
      pending: session.pending ?? "",
      beside: String(session.beside?.equity.length ?? 0),
      seq: String(live.seq),
    };
  }

  return drawing.begin({
    draw,
    // The age of the last price, and the seconds of silence, change without a message.
    restless: (now) => session.restless(now),
    setHeight(wanted) {
      charts.setHeight(wanted);
      // What stands beside the charts is no higher than they are with what is above them.
      body.style.setProperty("--wb-beside", `${wanted + 20}px`);
    },
    ends: [
      session.onChange(schedule), listenToKeys(root, session, controls, () => confirm.open),
      () => charts.destroy(), () => tables.destroy(),
    ],
  }, height);
}
