import uPlot from "uplot";
import { drawCandles } from "../charts/candles.ts";
import { tradeCard } from "../charts/cards.ts";
import { geometryOf, type Geometry } from "../charts/geometry.ts";
import { drawDots, drawMarkers, isDense, markerAt } from "../charts/markers.ts";
import { priceBounds } from "../charts/prices.ts";
import type { Reduced } from "../charts/reduce.ts";
import { decimals, padded, PaneStack, type StackedPane } from "../charts/stack.ts";
import type { Theme } from "../charts/theme.ts";
import { Tooltip } from "../charts/tooltip.ts";
import type { Span } from "../charts/viewport.ts";
import { fixed, percent } from "../format.ts";
import { gapCard } from "../market/cards.ts";
import { LatestPrice } from "../market/latest.ts";
import { drawGaps, gapAt } from "../market/lines.ts";
import type { CandleSeries } from "../market/series.ts";
import { boundsOf, drawAcross, drawCurve, inView, Legend, type Curve } from "./curves.ts";
import { drawLevels, drawPrices } from "./levelmarks.ts";
import { levelsOf, roomFor, type Level } from "./levels.ts";
import type { LiveModel } from "./model.ts";
import { namingOf, pricesTaken, type Naming } from "./naming.ts";
import { LiveReadout } from "./readout.ts";
import type { LiveSession } from "./session.ts";
import type { SymbolModel } from "./symbol.ts";

/** Candles in view at first. */
const IN_VIEW = 110;
/** The view shows levels that are so many heights of its candles away. */
const REACH = 1.2;
const COMPACT = new Intl.NumberFormat("en-US", { notation: "compact", maximumSignificantDigits: 3 });
/** Part of the width right of the present. */
const LEAST_ROOM = 0.04;
const NOTHING: Naming = { named: [], lines: [], above: 0, below: 0 };
const [PRICE, EQUITY, DRAWDOWN, PROFIT, EXPOSURE] = [0, 1, 2, 3, 4];

/** Price of a symbol with what is held and waits, equity, profit and exposure over one time axis. */
export class LiveCharts {
  private readonly stack: PaneStack;
  private readonly readout = new LiveReadout();
  private readonly latest = new LatestPrice(IN_VIEW);
  private readonly legends = new Map([EQUITY, PROFIT, EXPOSURE].map((index) => [index, new Legend()]));
  private readonly tooltip: Tooltip;
  private readonly live: LiveModel;
  private symbol: SymbolModel | null = null;
  private candles: CandleSeries | null = null;
  private levels: Level[] = [];
  private naming: Naming = NOTHING;
  private pointer: number | null = null;
  private drawn = new Map<number, [Curve, Reduced][]>();

  constructor(parent: HTMLElement, private readonly session: LiveSession, height: number, schedule: () => void) {
    this.live = session.live;
    parent.append(this.readout.root);
    this.stack = new PaneStack(parent, {
      label: "Price, equity, drawdown, profit and exposure charts. Arrow keys pan, plus and minus zoom, 0 shows all there is, f follows the present.",
      panes: (theme) => this.panes(theme),
      height,
      schedule,
      reset: () => this.latest.recent(this.stack.viewport),
      cursorMoved: (u, index) => this.cursorMoved(u, index),
      moved: () => this.tooltip.hide(),
    });
    const price = this.stack.frames[PRICE] as HTMLElement;
    this.tooltip = new Tooltip(price);
    this.latest.into(price);
    for (const [index, legend] of this.legends) this.stack.frames[index]?.append(legend.root);
  }

  /** How many levels are told by name, and how many are not. */
  get told(): [named: number, more: number] {
    return [this.naming.named.length, this.naming.above + this.naming.below];
  }

  setHeight(height: number): void {
    this.stack.setHeight(height);
  }

  /** Go to a market time, in the width there is. */
  jump(time: number): void {
    const [min, max] = this.stack.viewport.span;
    if (time > min && time < max) return;
    this.stack.move(() => this.stack.viewport.set(time - (max - min) / 2, time + (max - min) / 2));
  }

  /** Bring the panes up to date; does nothing while the charts have no size. */
  draw(): void {
    const { stack, live, session, latest } = this;
    if (!stack.begin()) return;
    live.course.update(live);
    this.symbol = live.symbols.get(session.symbol) ?? null;
    this.candles = this.symbol?.candles(session.timeframe) ?? null;
    const { candles } = this;
    const there = latest.show(candles, live.run.info.synthetic, live.run.failure !== null ? "No prices" : "Waiting for the first candles");
    stack.root.classList.toggle("wb-empty", !there);
    const renamed = latest.renamed(there ? session.timeframe : "");
    this.levels = levelsOf(live.positions.values(), live.orders.working, session.symbol, candles?.digits ?? 2);
    if (there) {
      const now = Math.max(candles.lastTime + candles.span, live.run.now);
      const start = Math.min(candles.time[0] as number, live.run.equityTime.values[0] ?? Infinity);
      stack.viewport.update({ start, end: null, now, over: true, candle: candles.span, room: this.room() });
      if (renamed) latest.recent(stack.viewport);
    }
    const { span } = stack.viewport;
    this.drawn = new Map(this.curves().map(([index, curves]) => {
      const columns = Math.max(50, Math.round((stack.panes[index] as uPlot).bbox.width / 1.5));
      return [index, curves.map((curve) => [curve, inView(curve, span, columns)])];
    }));
    const nothing = { x: [span[0], span[1]], y: [NaN, NaN] };
    const range = this.priceRange(span);
    const height = Math.max(1, stack.panes[PRICE]?.over.clientHeight ?? 1);
    this.naming = there ? namingOf(this.levels, range, height, latest.price) : NOTHING;
    const moved = latest.keepClear(range, height, pricesTaken(this.naming, range, height));
    stack.show(PRICE, span, nothing, range);
    for (const index of [EQUITY, DRAWDOWN, PROFIT, EXPOSURE]) stack.show(index, span, nothing, this.rangeOf(index));
    for (const [index, legend] of this.legends) {
      const curves = this.drawn.get(index) ?? [];
      legend.update(curves.length > 1 ? curves.map(([curve]) => curve) : []);
    }
    if (moved) stack.relabel();
    stack.end();
    this.readout.update(this.pointer, live, candles);
  }

  destroy(): void {
    this.stack.destroy();
  }

  /** Names of levels stand right of the latest candle, not on it. */
  private room(): number {
    const { ctx, over } = this.stack.panes[PRICE] as uPlot;
    ctx.save();
    ctx.font = this.stack.theme.font;
    const part = roomFor(this.levels, over.clientWidth, (text) => ctx.measureText(text).width);
    ctx.restore();
    return Math.max(LEAST_ROOM, part);
  }

  private panes(theme: () => Theme): StackedPane[] {
    const series: uPlot.Series = { paths: () => null, points: { show: false } };
    const told = (): boolean => this.live.run.equity.length > 0;
    const several = (index: number) => (u: uPlot): void => this.drawCurves(u, index, theme());
    const money = (value: number, step: number): string => (told() ? fixed(value, decimals(step)) : "");
    return [
      {
        title: "Price", share: 0.46, series, draw: (u) => this.drawPrice(u), drawOver: (u) => this.drawOver(u),
        label: (value, step) => this.latest.label(value, step),
        widest: () => this.latest.widest,
      },
      { title: "Equity", share: 0.16, series, draw: several(EQUITY), label: money },
      { title: "Drawdown", share: 0.11, from: 480, series, draw: several(DRAWDOWN), label: (value, step) => (told() ? percent(value, decimals(step * 100)) : "") },
      { title: "Profit", share: 0.14, from: 340, series, draw: several(PROFIT), label: money },
      { title: "Exposure", share: 0.13, from: 400, series, draw: several(EXPOSURE), label: (value) => (told() ? short(value) : "") },
    ];
  }

  private curves(): [number, Curve[]][] {
    const { run, course, fees, feesTime } = this.live;
    const { beside } = this.session;
    const time = run.equityTime.values;
    const equity: Curve[] = [{ name: "live", colour: "equity", time, values: run.equity.values }];
    if (beside !== null) equity.push({ name: beside.name, colour: "violet", time: beside.time, values: beside.equity, dash: [5, 3] });
    return [
      [EQUITY, equity],
      [DRAWDOWN, [{ name: "drawdown", colour: "drawdown", time, values: run.drawdown.values }]],
      [PROFIT, [
        { name: "unrealised", colour: "amber", time, values: course.unrealized.values },
        { name: "realised", colour: "win", time, values: course.realized.values, steps: true },
        { name: "fees", colour: "muted", time: feesTime.values, values: fees.values, steps: true, dash: [3, 3] },
      ]],
      [EXPOSURE, [{ name: "exposure", colour: "violet", time, values: course.exposure.values, steps: true }]],
    ];
  }

  /** Of the candles in view, with the levels that are near enough not to flatten them. */
  private priceRange(span: Span): Span {
    const { candles, symbol, levels } = this;
    const found = candles === null || symbol === null ? null : priceBounds(span, candles, candles.length, symbol);
    if (found === null) return [0, 1];
    const [low, high] = found;
    const reach = Math.max((high - low) * REACH, high * 1e-3);
    const near = levels.map(({ price }) => price).filter((price) => price > low - reach && price < high + reach);
    return padded(Math.min(low, ...near), Math.max(high, ...near), 0.08, high * 1e-5);
  }

  private rangeOf(index: number): Span {
    const found = boundsOf((this.drawn.get(index) ?? []).map(([, points]) => points));
    const capital = this.live.run.info.initialCapital ?? 10_000;
    if (index === DRAWDOWN) {
      const deepest = Math.min(found?.[0] ?? 0, -0.002);
      return [deepest * 1.1, -deepest * 0.06];
    }
    if (index === EXPOSURE) return [0, Math.max(found?.[1] ?? 0, capital * 0.01) * 1.15];
    if (index === PROFIT) return found ? padded(Math.min(0, found[0]), Math.max(0, found[1]), 0.1, capital * 2e-4) : [-1, 1];
    return found ? padded(found[0], found[1], 0.1, capital * 1e-4) : [capital * 0.99, capital * 1.01];
  }

  private drawPrice(u: uPlot): void {
    const g = geometryOf(u, uPlot.pxRatio);
    const { candles, symbol } = this;
    if (g === null || candles === null || symbol === null || candles.length === 0) return;
    const { ctx } = u;
    const { theme } = this.stack;
    drawGaps(ctx, g, symbol.gaps, theme);
    const dense = isDense(g, symbol);
    if (dense) drawDots(ctx, g, symbol, theme);
    drawCandles(ctx, g, candles, candles.length, theme);
    drawLevels(ctx, g, this.naming, theme);
    const beside = this.session.beside?.symbols.get(symbol.name);
    if (beside && isDense(g, beside)) drawDots(ctx, g, beside, theme);
    else if (beside) drawMarkers(ctx, g, beside, theme, true);
    if (!dense) drawMarkers(ctx, g, symbol, theme);
    this.latest.draw(ctx, g, theme);
  }

  private drawOver(u: uPlot): void {
    const g = geometryOf(u, uPlot.pxRatio);
    if (g !== null && this.candles !== null) drawPrices(u.ctx, g, this.naming, this.stack.theme);
  }

  private drawCurves(u: uPlot, index: number, theme: Theme): void {
    const g = geometryOf(u, uPlot.pxRatio);
    if (g === null) return;
    if (index === PROFIT) drawAcross(u.ctx, g, 0, theme.grid);
    if (index === EXPOSURE) {
      const limit = this.live.risk?.limits.find(({ name }) => name === "max_exposure")?.limit;
      if (limit !== undefined) drawAcross(u.ctx, g, limit, theme.loss, [4, 3]);
    }
    const fill = index === DRAWDOWN ? theme.drawdownFill : index === EXPOSURE ? theme.grid : undefined;
    for (const [curve, points] of this.drawn.get(index) ?? []) {
      drawCurve(u.ctx, g, points, curve, colourOf(theme, curve.colour), this.live.run.now, fill);
    }
  }

  private cursorMoved(u: uPlot, index: number): void {
    const { left = -1, top = -1 } = u.cursor;
    this.pointer = left >= 0 ? u.posToVal(left, "x") : null;
    this.readout.update(this.pointer, this.live, this.candles);
    if (index !== PRICE) return;
    const g = geometryOf(u, uPlot.pxRatio);
    if (g === null || left < 0 || top < 0 || !this.point(g, left, top)) this.tooltip.hide();
  }

  /** Show the card of what is at a point (CSS pixels of the pane); false where there is nothing. */
  private point(g: Geometry, left: number, top: number): boolean {
    const { symbol, candles, tooltip } = this;
    if (symbol === null) return false;
    const [px, py] = [g.left + left * g.ratio, g.top + top * g.ratio];
    const beside = this.session.beside?.symbols.get(symbol.name);
    const marker = markerAt(g, symbol, px, py) ?? (beside ? markerAt(g, beside, px, py) : null);
    if (marker !== null) {
      const several = this.live.run.strategies.size > 1;
      tooltip.show(marker, () => tradeCard(marker, candles?.digits ?? 2, several), g.x(marker.time) / g.ratio, g.y(marker.price) / g.ratio);
      return true;
    }
    const gap = gapAt(g, symbol.gaps, px);
    if (gap) tooltip.show(gap, () => gapCard(gap), px / g.ratio, py / g.ratio);
    return gap !== null;
  }
}

function colourOf(theme: Theme, name: string): string {
  return name === "muted" ? theme.text : (theme[name as keyof Theme] ?? theme.text);
}

function short(value: number): string {
  return COMPACT.format(value);
}
