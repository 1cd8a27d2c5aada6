import uPlot from "uplot";
import { el, setShown, setText } from "../dom.ts";
import { fixed, percent } from "../format.ts";
import { visibleCount, type Candles } from "../model/candles.ts";
import type { RunModel } from "../model/run.ts";
import { drawCandles } from "./candles.ts";
import { signalCard, tradeCard } from "./cards.ts";
import { geometryOf } from "./geometry.ts";
import { Interaction } from "./interact.ts";
import { drawDots, drawMarkers, isDense, markerAt } from "./markers.ts";
import { createPane, type PaneOptions } from "./pane.ts";
import { Readout } from "./readout.ts";
import { priceBounds } from "./prices.ts";
import { bounds, reduce, type Reduced } from "./reduce.ts";
import { drawSignals, drawSpot, signalAt, type Spot } from "./signals.ts";
import type { CandleSource } from "./source.ts";
import { readTheme, watchTheme, type Theme } from "./theme.ts";
import { Tooltip } from "./tooltip.ts";
import { Viewport, type Span } from "./viewport.ts";

const SHARES = [0.58, 0.24, 0.18];
const TIME_AXIS = 26;
const NEVER: Reduced = { x: [0, 1], y: [NaN, NaN] };
let views = 0;

/** Price with markers, equity and drawdown, one above the other over one time axis. */
export class Charts {
  readonly root = el("div", "wb-charts");
  readonly viewport = new Viewport();
  private readonly readout = new Readout();
  private readonly note = el("div", "wb-note");
  private readonly panes: uPlot[] = [];
  private readonly frames: HTMLElement[] = [];
  private readonly interaction: Interaction;
  private readonly tooltip: Tooltip;
  private readonly resizes: ResizeObserver;
  private readonly unwatch: () => void;
  private theme: Theme;
  private themed = false;
  private axisWidth = 0;
  private candles: Candles | null = null;
  private count = 0;
  private priced = false;
  private steady = false;
  private pointer: number | null = null;
  private width = 0;
  private available = 0;
  private spot: Spot | null = null;

  constructor(
    parent: HTMLElement,
    private run: RunModel,
    private readonly source: CandleSource,
    private height: number,
    private readonly schedule: () => void,
  ) {
    parent.append(this.readout.root, this.root);
    this.root.setAttribute("role", "application");
    this.root.setAttribute(
      "aria-label",
      "Price, equity and drawdown charts. Arrow keys pan (with shift while paused and in a replay), plus and minus zoom, 0 shows the whole run, f follows.",
    );
    // Read again at the first draw: until then the view may not be in the page.
    this.theme = readTheme(parent);
    this.interaction = new Interaction(this.root, this.viewport, schedule);
    this.build();
    this.tooltip = new Tooltip(this.frames[0] as HTMLElement);
    this.frames[0]?.append(this.note);
    this.unwatch = watchTheme(() => {
      this.theme = readTheme(parent);
      this.panes.forEach((pane) => pane.redraw(false, true));
      schedule();
    });
    // Reading the width in each frame would force a layout of the whole page.
    this.resizes = new ResizeObserver(([entry]) => {
      this.available = entry && entry.contentRect.height > 0 ? Math.floor(entry.contentRect.width) : 0;
      schedule();
    });
    this.resizes.observe(this.root);
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
    this.moved(() => this.viewport.set(middle - width / 2, middle + width / 2));
  }

  setHeight(height: number): void {
    this.height = height;
    this.width = 0;
    this.schedule();
  }

  /** Draw this run from now on; a *steady* one keeps its whole time in view. */
  use(run: RunModel, steady: boolean): void {
    this.run = run;
    this.steady = steady;
  }

  /** Bring the panes up to date; does nothing while the charts have no size. */
  draw(): void {
    if (!this.fitSize()) return;
    if (!this.themed) {
      this.theme = readTheme(this.root);
      this.themed = true;
    }
    const { run, source } = this;
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

    const before = this.axisWidth;
    this.show(0, span, { x: [span[0], span[1]], y: [NaN, NaN] }, this.priceRange(span));
    const columns = Math.max(50, Math.round((this.panes[1] as uPlot).bbox.width / 1.5));
    const time = run.equityTime.values;
    const equity = time.length ? reduce(time, run.equity.values, span[0], span[1], columns) : NEVER;
    this.show(1, span, equity, this.equityRange(equity));
    const drawdown = time.length ? reduce(time, run.drawdown.values, span[0], span[1], columns) : NEVER;
    this.show(2, span, drawdown, drawdownRange(drawdown));
    // A wider label in one pane moves the others, so that their time axes stay aligned.
    if (this.axisWidth !== before) this.panes.forEach((pane) => pane.redraw(false, true));
    this.readout.update(this.pointer ?? run.present, run, this.candles, this.count);
  }

  destroy(): void {
    this.resizes.disconnect();
    this.unwatch();
    this.interaction.destroy();
    this.panes.forEach((pane) => pane.destroy());
  }

  private build(): void {
    const syncKey = `workbench-${++views}`;
    const heights = this.heights();
    const theme = (): Theme => this.theme;
    const common = {
      width: 600, syncKey, theme,
      axisWidth: (needed: number) => (this.axisWidth = Math.max(this.axisWidth, needed)),
      cursorMoved: (u: uPlot) => this.cursorMoved(u),
      selected: (min: number, max: number) => this.moved(() => this.viewport.set(min, max)),
      reset: () => {
        this.spot = null;
        this.moved(() => this.viewport.fit());
      },
      pressed: (event: MouseEvent, u: uPlot) => this.interaction.press(event, u),
    };
    const panes: Pick<PaneOptions, "title" | "label" | "series" | "draw">[] = [
      {
        title: "Price",
        label: (value, step) => (this.priced ? fixed(value, Math.max(decimals(step), step < 1 ? 2 : 0)) : ""),
        series: { paths: () => null, points: { show: false } },
        draw: (u) => this.drawPrice(u),
      },
      {
        title: "Equity",
        label: (value, step) => fixed(value, decimals(step)),
        series: { stroke: () => theme().equity, fill: () => theme().equityFill, width: 1.5, points: { show: false } },
      },
      {
        title: "Drawdown",
        label: (value, step) => percent(value, decimals(step * 100)),
        series: {
          stroke: () => theme().drawdown, fill: () => theme().drawdownFill, fillTo: 0, width: 1, points: { show: false },
        },
      },
    ];
    panes.forEach((pane, i) => {
      const frame = el("div", "wb-pane");
      frame.append(el("span", "wb-pane-title", pane.title));
      this.root.append(frame);
      this.frames.push(frame);
      const u = createPane(frame, { ...common, ...pane, height: heights[i] as number, timeAxis: i === 2 });
      this.interaction.attach(u);
      this.panes.push(u);
    });
  }

  private heights(): number[] {
    const inner = Math.max(120, this.height - TIME_AXIS);
    return SHARES.map((share, i) => Math.round(inner * share) + (i === 2 ? TIME_AXIS : 0));
  }

  private fitSize(): boolean {
    const width = this.available;
    if (width < 40) return false;
    if (width !== this.width) {
      this.width = width;
      const heights = this.heights();
      this.panes.forEach((pane, i) => pane.setSize({ width, height: heights[i] as number }));
    }
    return true;
  }

  private show(index: number, span: Span, data: Reduced, range: Span): void {
    const pane = this.panes[index] as uPlot;
    pane.batch(() => {
      pane.setData([data.x, data.y] as uPlot.AlignedData, false);
      pane.setScale("x", { min: span[0], max: span[1] });
      pane.setScale("y", { min: range[0], max: range[1] });
    });
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
    const dense = isDense(g, this.run);
    if (dense) drawDots(u.ctx, g, this.run, this.theme);
    if (this.candles !== null) drawCandles(u.ctx, g, this.candles, this.count, this.theme);
    if (!dense) drawMarkers(u.ctx, g, this.run, this.theme);
    if (this.candles !== null) drawSignals(u.ctx, g, this.run, this.candles, this.count, this.theme);
    if (this.spot !== null) drawSpot(u.ctx, g, this.run, this.spot, this.theme);
  }

  private cursorMoved(u: uPlot): void {
    const { left = -1, top = -1 } = u.cursor;
    this.pointer = left >= 0 ? u.posToVal(left, "x") : null;
    this.readout.update(this.pointer ?? this.run.present, this.run, this.candles, this.count);
    if (u !== this.panes[0]) return;
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

  private moved(change: () => void): void {
    change();
    this.tooltip.hide();
    this.schedule();
  }
}

/** Decimals that write multiples of `step` without rounding. */
function decimals(step: number): number {
  for (let digits = 0; digits < 10; digits++) {
    const scaled = step * 10 ** digits;
    if (Math.abs(scaled - Math.round(scaled)) < 1e-6 * scaled) return digits;
  }
  return 10;
}

function padded(min: number, max: number, share: number, least: number): Span {
  const spare = Math.max((max - min) * share, Math.abs(least));
  return [min - spare, max + spare];
}

function drawdownRange(drawdown: Reduced): Span {
  const found = bounds(drawdown.y, drawdown.y, 0, drawdown.y.length);
  const deepest = Math.min(found?.[0] ?? 0, -0.002);
  return [deepest * 1.1, -deepest * 0.04];
}
