import { el } from "../dom.ts";
import type { Failure } from "../model/run.ts";
import { FailureBox } from "../view/failure.ts";
import type { Mounted, MountOptions } from "../view/mount.ts";
import { MarketCharts } from "./charts.ts";
import { Gauge } from "./gauge.ts";
import { MarketHeader } from "./header.ts";
import { listenToKeys } from "./keys.ts";
import { LAYERS, type Layer } from "./layers.ts";
import type { MarketSession } from "./session.ts";
import { Toolbar } from "./toolbar.ts";

/** Draw a market into `parent`. Everything is drawn at most once per animation frame. */
export function mountMarket(parent: HTMLElement, session: MarketSession, options: MountOptions): Mounted {
  const { market } = session;
  const root = el("div", "wb-root wb-market");
  // A click beside the controls gives the view its keys.
  root.tabIndex = -1;
  parent.append(root);

  let frame = 0;
  let draws = 0;
  let gone = false;
  let refused: Failure | null = null;
  const layers = new Set<Layer>(LAYERS.map(({ layer }) => layer));
  const header = new MarketHeader();
  const toolbar = new Toolbar((timeframe) => session.show(timeframe), toggle);
  const failure = new FailureBox();
  const picture = el("div", "wb-picture");
  const gauge = new Gauge();
  const body = el("div", "wb-market-body");
  const charts = new MarketCharts(picture, market, layers, options.height, schedule);
  body.append(picture, gauge.root);
  root.append(header.root, toolbar.root, header.notice, failure.root, body);
  const unlisten = listenToKeys(root, session, toggle);
  const unsubscribe = session.onChange(schedule);
  // Only the seconds of a lost connection change without a message.
  const clock = setInterval(() => session.status.state === "reconnecting" && schedule(), 1000);

  function toggle(layer: Layer): void {
    if (!layers.delete(layer)) layers.add(layer);
    schedule();
  }

  function schedule(): void {
    if (frame === 0) frame = requestAnimationFrame(flush);
  }

  /** The last words of the stream, or why there is none. */
  function failureOf({ status }: MarketSession): Failure | null {
    if (market.failure !== null || status.state !== "failed") return market.failure;
    if (refused?.error !== status.reason) refused = { error: status.reason ?? "There is no such market", details: {} };
    return refused;
  }

  function flush(): void {
    frame = 0;
    const { timeframe } = session;
    const shown = market.frame(timeframe);
    const connection = header.update(session, Date.now());
    toolbar.update(market.info.timeframes, timeframe, layers, shown, market.price);
    const failed = failureOf(session);
    failure.update(failed);
    charts.draw(timeframe, failed !== null);
    gauge.update(market.confluence);
    const structure = shown?.structure;
    Object.assign(root.dataset, {
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
      draws: String(++draws),
    });
  }

  /** What stands beside the charts is no higher than they are with what is above them. */
  function besides(height: number): void {
    body.style.setProperty("--wb-beside", `${height + 28}px`);
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
      root.remove();
    },
  };
}
