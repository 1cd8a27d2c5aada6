import { el } from "../dom.ts";
import { Drawing, type Mounted, type MountOptions } from "../view/drawing.ts";
import { FailureBox } from "../view/failure.ts";
import { MarketCharts } from "./charts.ts";
import { Gauge } from "./gauge.ts";
import { MarketHeader } from "./header.ts";
import { listenToKeys } from "./keys.ts";
import { LAYERS, type Layer } from "./layers.ts";
import type { MarketSession } from "./session.ts";
import { Toolbar } from "./toolbar.ts";

/** Draw a market into `parent`. */
export function mountMarket(parent: HTMLElement, session: MarketSession, { height }: MountOptions): Mounted {
  const { market } = session;
  const drawing = new Drawing(parent, "wb-market");
  const { root, schedule } = drawing;
  const layers = new Set<Layer>(LAYERS.map(({ layer }) => layer));
  const header = new MarketHeader();
  const toolbar = new Toolbar((timeframe) => session.show(timeframe), toggle);
  const failure = new FailureBox();
  const picture = el("div", "wb-picture");
  const gauge = new Gauge();
  const body = el("div", "wb-market-body");
  const charts = new MarketCharts(picture, market, layers, height, schedule);
  body.append(picture, gauge.root);
  root.append(header.root, toolbar.root, header.notice, failure.root, body);

  function toggle(layer: Layer): void {
    if (!layers.delete(layer)) layers.add(layer);
    schedule();
  }

  function draw(now: number): Record<string, string> {
    const { timeframe } = session;
    const shown = market.frame(timeframe);
    const connection = header.update(session, now);
    toolbar.update(market.info.timeframes, timeframe, layers, shown, market.price);
    const failed = failure.explain(market.failure, session.status, "There is no such market");
    charts.draw(timeframe, failed);
    gauge.update(market.confluence);
    const structure = shown?.structure;
    return {
      connection,
      status: market.state,
      timeframe,
      candles: String(shown?.candles.length ?? 0),
      growing: String(shown?.candles.growing ?? false),
      patterns: String(shown?.patterns.count ?? 0),
      provisional: String(shown?.patterns.provisional ?? 0),
      zones: String(structure?.open.length ?? 0),
      structure: String(structure?.things.length ?? 0),
      gaps: String(market.gaps.length),
      score: market.confluence ? String(market.confluence.score) : "",
      price: market.price === null ? "" : String(market.price),
      layers: [...layers].sort().join(" "),
      seq: String(market.seq),
    };
  }

  return drawing.begin({
    draw,
    // Only the seconds of a lost connection change without a message.
    restless: () => session.status.state === "reconnecting",
    setHeight(wanted) {
      charts.setHeight(wanted);
      // What stands beside the charts is no higher than they are with what is above them.
      body.style.setProperty("--wb-beside", `${wanted + 28}px`);
    },
    ends: [session.onChange(schedule), listenToKeys(root, session, toggle), () => charts.destroy()],
  }, height);
}
