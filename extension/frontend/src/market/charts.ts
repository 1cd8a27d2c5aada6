import uPlot from "uplot";
import { drawCandles } from "../charts/candles.ts";
import { geometryOf, type Geometry } from "../charts/geometry.ts";
import { bounds } from "../charts/reduce.ts";
import { padded, PaneStack, type StackedPane } from "../charts/stack.ts";
import { Tooltip } from "../charts/tooltip.ts";
import type { Span } from "../charts/viewport.ts";
import { MINUS } from "../format.ts";
import { lowerBound } from "../model/series.ts";
import { gapCard, patternCard, thingCard } from "./cards.ts";
import { LatestPrice } from "./latest.ts";
import type { Layer } from "./layers.ts";
import { drawGaps, drawLines, gapAt, lineAt } from "./lines.ts";
import { drawPatterns, patternAt } from "./marks.ts";
import type { MarketModel, TimeframeModel } from "./model.ts";
import { MarketReadout } from "./readout.ts";
import { drawScore } from "./score.ts";
import { drawVolume } from "./volume.ts";
import { drawZones, zoneAt } from "./zones.ts";

/** Candles in view at first. */
const IN_VIEW = 120;
/** Below this height the volume is left out: the price needs the room. */
const VOLUME_FROM = 380;

/** Price with what was seen in it, volume and the score, over one time axis. */
export class MarketCharts {
  private readonly stack: PaneStack;
  private readonly readout = new MarketReadout();
  private readonly latest = new LatestPrice(IN_VIEW);
  private readonly tooltip: Tooltip;
  private frame: TimeframeModel | null = null;
  private pointer: number | null = null;

  constructor(
    parent: HTMLElement,
    private readonly market: MarketModel,
    private readonly layers: ReadonlySet<Layer>,
    height: number,
    schedule: () => void,
  ) {
    parent.append(this.readout.root);
    this.stack = new PaneStack(parent, {
      label: "Price, volume and confluence charts. Arrow keys pan, plus and minus zoom, 0 shows all there is, f follows the present; digits choose the timeframe.",
      panes: () => this.panes(),
      height,
      schedule,
      reset: () => this.latest.recent(this.stack.viewport),
      cursorMoved: (u, index) => this.cursorMoved(u, index),
      moved: () => this.tooltip.hide(),
    });
    const price = this.stack.frames[0] as HTMLElement;
    this.tooltip = new Tooltip(price);
    this.latest.into(price);
  }

  setHeight(height: number): void {
    this.stack.setHeight(height);
  }

  /** Bring the panes up to date with a timeframe; does nothing while the charts have no size. */
  draw(timeframe: string, failed: boolean): void {
    const { stack, market, latest } = this;
    if (!stack.begin()) return;
    this.frame = market.frame(timeframe);
    const candles = this.frame?.candles ?? null;
    const there = latest.show(candles, market.info.synthetic, failed ? "No prices" : "Waiting for the first candles");
    stack.root.classList.toggle("wb-empty", !there);
    const renamed = latest.renamed(there ? timeframe : "");
    if (there) {
      stack.viewport.update({
        start: candles.time[0] as number, end: null, now: candles.lastTime + candles.span, over: true, candle: candles.span,
      });
      if (renamed) latest.recent(stack.viewport);
    }
    const { span } = stack.viewport;
    const nothing = { x: [span[0], span[1]], y: [NaN, NaN] };
    const range = this.priceRange(span);
    const moved = latest.keepClear(range, stack.panes[0]?.over.clientHeight ?? 1);
    stack.show(0, span, nothing, range);
    stack.show(1, span, nothing, this.volumeRange(span));
    stack.show(2, span, nothing, [-1.05, 1.05]);
    if (moved) stack.relabel();
    stack.end();
    this.readout.update(this.pointer, market, candles);
  }

  destroy(): void {
    this.stack.destroy();
  }

  private panes(): StackedPane[] {
    const series: uPlot.Series = { paths: () => null, points: { show: false } };
    const known = (): boolean => (this.frame?.candles.length ?? 0) > 0;
    return [
      {
        title: "Price", share: 0.66, series, draw: (u) => this.drawPrice(u),
        label: (value, step) => this.latest.label(value, step),
        widest: () => this.latest.widest,
      },
      { title: "Volume", share: 0.14, from: VOLUME_FROM, series, draw: (u) => this.drawVolume(u), label: (value) => (known() ? short(value) : "") },
      {
        title: "Confluence", share: 0.2, series, draw: (u) => this.drawScore(u),
        label: (value) => (value === 0 ? "0" : (value < 0 ? MINUS : "+") + String(Math.abs(Number(value.toFixed(2))))),
      },
    ];
  }

  private inView(span: Span): [number, number] {
    const candles = this.frame?.candles;
    if (!candles) return [0, 0];
    const { time } = candles;
    return [lowerBound(time, span[0] - candles.span), lowerBound(time, span[1] + candles.span)];
  }

  private priceRange(span: Span): Span {
    const candles = this.frame?.candles;
    const found = candles ? bounds(candles.low, candles.high, ...this.inView(span)) : null;
    return found ? padded(found[0], found[1], 0.1, found[1] * 1e-5) : [0, 1];
  }

  private volumeRange(span: Span): Span {
    const candles = this.frame?.candles;
    const found = candles ? bounds(candles.volume, candles.volume, ...this.inView(span)) : null;
    return [0, Math.max(found?.[1] ?? 0, 1e-9) * 1.08];
  }

  private drawPrice(u: uPlot): void {
    const g = geometryOf(u, uPlot.pxRatio);
    if (g === null || this.frame === null) return;
    const { ctx } = u;
    const { theme } = this.stack;
    const { candles, structure, patterns } = this.frame;
    if (candles.length === 0) return;
    if (this.layers.has("gaps")) drawGaps(ctx, g, this.market.gaps, theme);
    if (this.layers.has("zones")) drawZones(ctx, g, structure, candles, theme);
    drawCandles(ctx, g, candles, candles.length, theme);
    if (this.layers.has("structure")) drawLines(ctx, g, structure, candles, theme);
    if (this.layers.has("patterns")) drawPatterns(ctx, g, patterns, candles, theme);
    this.latest.draw(ctx, g, theme);
  }

  private drawVolume(u: uPlot): void {
    const g = geometryOf(u, uPlot.pxRatio);
    if (g === null || this.frame === null) return;
    if (this.layers.has("gaps")) drawGaps(u.ctx, g, this.market.gaps, this.stack.theme);
    drawVolume(u.ctx, g, this.frame.candles, this.stack.theme);
  }

  private drawScore(u: uPlot): void {
    const g = geometryOf(u, uPlot.pxRatio);
    if (g === null || this.frame === null) return;
    drawScore(u.ctx, g, this.market, this.frame.candles, this.stack.theme);
  }

  private cursorMoved(u: uPlot, index: number): void {
    const { left = -1, top = -1 } = u.cursor;
    this.pointer = left >= 0 ? u.posToVal(left, "x") : null;
    this.readout.update(this.pointer, this.market, this.frame?.candles ?? null);
    if (index !== 0) return;
    const g = geometryOf(u, uPlot.pxRatio);
    if (g === null || left < 0 || top < 0 || !this.point(g, left, top)) this.tooltip.hide();
  }

  /** Show the card of what is at a point (CSS pixels of the pane); false where there is nothing. */
  private point(g: Geometry, left: number, top: number): boolean {
    const { frame, layers, tooltip } = this;
    if (frame === null || frame.candles.length === 0) return false;
    const { candles, structure, patterns } = frame;
    const [px, py] = [g.left + left * g.ratio, g.top + top * g.ratio];
    const [x, y] = [px / g.ratio, py / g.ratio];
    const mark = layers.has("patterns") ? patternAt(g, patterns, candles, px, py) : null;
    if (mark) {
      tooltip.show(mark.group, () => patternCard(mark.group), mark.x / g.ratio, mark.y / g.ratio);
      return true;
    }
    const thing = (layers.has("structure") ? lineAt(g, structure, candles, px, py) : null)
      ?? (layers.has("zones") ? zoneAt(g, structure, candles, px, py) : null);
    if (thing) {
      tooltip.show(thing, () => thingCard(thing, candles.digits), x, y);
      return true;
    }
    const gap = layers.has("gaps") ? gapAt(g, this.market.gaps, px) : null;
    if (gap) tooltip.show(gap, () => gapCard(gap), x, y);
    return gap !== null;
  }
}

function short(value: number): string {
  return value.toLocaleString("en-US", { notation: "compact", maximumSignificantDigits: 3 });
}
