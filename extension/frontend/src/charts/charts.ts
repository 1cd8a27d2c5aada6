import uPlot from "uplot";
import { el, setShown, setText } from "../dom.ts";
import { fixed, percent } from "../format.ts";
import { visibleCount, type Candles } from "../model/candles.ts";
import type { RunModel } from "../model/run.ts";
import { drawCandles } from "./candles.ts";
import { signalCard, tradeCard } from "./cards.ts";
import { geometryOf } from "./geometry.ts";
import { drawDots, drawMarkers, isDense, markerAt } from "./markers.ts";
import { Readout } from "./readout.ts";
import { priceBounds } from "./prices.ts";
import { bounds, reduce, type Reduced } from "./reduce.ts";
import { drawSignals, drawSpot, signalAt, type Spot } from "./signals.ts";
import type { CandleSource } from "./source.ts";
import { decimals, padded, PaneStack, type StackedPane } from "./stack.ts";
import type { Theme } from "./theme.ts";
import { Tooltip } from "./tooltip.ts";
import type { Span, Viewport } from "./viewport.ts";

const NEVER: Reduced = { x: [0, 1], y: [NaN, NaN] };

/** Price with markers, equity and drawdown, one above the other over one time axis. */
export class Charts {
  private readonly stack: PaneStack;
  private readonly readout = new Readout();
  private readonly note = el("div", "wb-note");
  private readonly tooltip: Tooltip;
  private candles: Candles | null = null;
  private count = 0;
  private priced = false;
  private steady = false;
  private pointer: number | null = null;
  private spot: Spot | null = null;

  constructor(
    parent: HTMLElement,
    private run: RunModel,
    private readonly source: CandleSource,
    height: number,
    schedule: () => void,
  ) {
    parent.append(this.readout.root);
    this.stack = new PaneStack(parent, {
      label: "Price, equity and drawdown charts. Arrow keys pan (with shift while paused and in a replay), plus and minus zoom, 0 shows the whole run, f follows.",
      panes: (theme) => this.panes(theme),
      height,
      schedule,
      reset: () => {
        this.spot = null;
        this.viewport.fit();
      },
      cursorMoved: (u, index) => this.cursorMoved(u, index),
      moved: () => this.tooltip.hide(),
    });
    const price = this.stack.frames[0] as HTMLElement;
    this.tooltip = new Tooltip(price);
    price.append(this.note);
  }

  get root(): HTMLElement {
    return this.stack.root;
  }

  get viewport(): Viewport {
    return this.stack.viewport;
  }

  get candlesDrawn(): number {
    return this.count;
  }

  /** Decimals of the prices. */
  get digits(): number {
    return this.candles?.digits ?? 2;
  }

  /** Go to what was chosen in a list, and draw attention to it. */
  jump(spot: Spot): void {
    const [min, max] = this.viewport.span;
    const length = spot.to - spot.from;
    const candle = this.source.whole ? this.source.whole.span / this.source.whole.bucket : 3_600_000;
    const width = Math.max(candle * 80, length * 1.6, Math.min(max - min, candle * 400));
    const middle = spot.from + length / 2;
    this.spot = spot;
    this.stack.move(() => this.viewport.set(middle - width / 2, middle + width / 2));
  }

  setHeight(height: number): void {
    this.stack.setHeight(height);
  }

  /** Draw this run from now on; a *steady* one keeps its whole time in view. */
  use(run: RunModel, steady: boolean): void {
    this.run = run;
    this.steady = steady;
  }

  /** Bring the panes up to date; does nothing while the charts have no size. */
  draw(): void {
    const { run, source, stack } = this;
    if (!stack.begin()) return;
    const whole = source.whole;
    // Candles are known before the run begins: alone they are nothing to show.
    const start = run.info.start ?? run.equityTime.values[0] ?? (run.over ? whole?.time[0] : undefined);
    if (start !== undefined) {
      const lastCandle = whole && run.horizon === Infinity ? (whole.time[whole.time.length - 1] ?? start) : start;
      this.viewport.update({
        start: Math.max(start, whole?.time[0] ?? start),
        end: run.info.end,
        now: Math.max(run.present, lastCandle),
        over: run.over,
        steady: this.steady,
        candle: whole ? whole.span / whole.bucket : 3_600_000,
      });
    }
    this.root.classList.toggle("wb-empty", start === undefined);
    const span = this.viewport.span;
    this.candles = start === undefined ? null : source.forSpan(span);
    this.count = this.candles === null ? 0 : visibleCount(this.candles, run.horizon);
    const note = start === undefined ? "Nothing to show yet" : whole === null ? source.failure : "";
    setText(this.note, note);
    setShown(this.note, note !== "");

    stack.show(0, span, { x: [span[0], span[1]], y: [NaN, NaN] }, this.priceRange(span));
    const columns = Math.max(50, Math.round((stack.panes[1] as uPlot).bbox.width / 1.5));
    const time = run.equityTime.values;
    const equity = time.length ? reduce(time, run.equity.values, span[0], span[1], columns) : NEVER;
    stack.show(1, span, equity, this.equityRange(equity));
    const drawdown = time.length ? reduce(time, run.drawdown.values, span[0], span[1], columns) : NEVER;
    stack.show(2, span, drawdown, drawdownRange(drawdown));
    stack.end();
    this.readout.update(this.pointer ?? run.present, run, this.candles, this.count);
  }

  destroy(): void {
    this.stack.destroy();
  }

  private panes(theme: () => Theme): StackedPane[] {
    return [
      {
        title: "Price",
        share: 0.58,
        label: (value, step) => (this.priced ? fixed(value, Math.max(decimals(step), step < 1 ? 2 : 0)) : ""),
        series: { paths: () => null, points: { show: false } },
        draw: (u) => this.drawPrice(u),
      },
      {
        title: "Equity",
        share: 0.24,
        label: (value, step) => fixed(value, decimals(step)),
        series: { stroke: () => theme().equity, fill: () => theme().equityFill, width: 1.5, points: { show: false } },
      },
      {
        title: "Drawdown",
        share: 0.18,
        label: (value, step) => percent(value, decimals(step * 100)),
        series: {
          stroke: () => theme().drawdown, fill: () => theme().drawdownFill, fillTo: 0, width: 1, points: { show: false },
        },
      },
    ];
  }

  private priceRange(span: Span): Span {
    const found = priceBounds(span, this.candles, this.count, this.run);
    this.priced = found !== null;
    return found ? padded(found[0], found[1], 0.07, found[1] * 1e-5) : [0, 1];
  }

  private equityRange(equity: Reduced): Span {
    const found = bounds(equity.y, equity.y, 0, equity.y.length);
    const capital = this.run.info.initialCapital ?? 10_000;
    return found ? padded(found[0], found[1], 0.08, capital * 1e-4) : [capital * 0.99, capital * 1.01];
  }

  private drawPrice(u: uPlot): void {
    const g = geometryOf(u, uPlot.pxRatio);
    if (g === null) return;
    const { theme } = this.stack;
    const dense = isDense(g, this.run);
    if (dense) drawDots(u.ctx, g, this.run, theme);
    if (this.candles !== null) drawCandles(u.ctx, g, this.candles, this.count, theme);
    if (!dense) drawMarkers(u.ctx, g, this.run, theme);
    if (this.candles !== null) drawSignals(u.ctx, g, this.run, this.candles, this.count, theme);
    if (this.spot !== null) drawSpot(u.ctx, g, this.run, this.spot, theme);
  }

  private cursorMoved(u: uPlot, index: number): void {
    const { left = -1, top = -1 } = u.cursor;
    this.pointer = left >= 0 ? u.posToVal(left, "x") : null;
    this.readout.update(this.pointer ?? this.run.present, this.run, this.candles, this.count);
    if (index !== 0) return;
    const g = geometryOf(u, uPlot.pxRatio);
    if (g === null || left < 0 || top < 0) return this.tooltip.hide();
    const [px, py] = [g.left + left * g.ratio, g.top + top * g.ratio];
    const found = this.candles && signalAt(g, this.run, this.candles, this.count, px, py);
    if (found) {
      const { signal, x, y } = found;
      return this.tooltip.show(signal, () => signalCard(signal), x / g.ratio, y / g.ratio);
    }
    const marker = markerAt(g, this.run, px, py);
    if (marker === null) return this.tooltip.hide();
    const several = this.run.strategies.size > 1;
    this.tooltip.show(marker, () => tradeCard(marker, this.digits, several), g.x(marker.time) / g.ratio, g.y(marker.price) / g.ratio);
  }
}

function drawdownRange(drawdown: Reduced): Span {
  const found = bounds(drawdown.y, drawdown.y, 0, drawdown.y.length);
  const deepest = Math.min(found?.[0] ?? 0, -0.002);
  return [deepest * 1.1, -deepest * 0.04];
}
