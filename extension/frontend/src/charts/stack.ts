import uPlot from "uplot";
import { el } from "../dom.ts";
import { Interaction } from "./interact.ts";
import { createPane, type PaneOptions } from "./pane.ts";
import type { Reduced } from "./reduce.ts";
import { readTheme, watchTheme, type Theme } from "./theme.ts";
import { Viewport, type Span } from "./viewport.ts";

const TIME_AXIS = 26;
let views = 0;

export interface StackedPane extends Pick<PaneOptions, "title" | "label" | "widest" | "series" | "draw" | "drawOver"> {
  /** Of the height of all. */
  share: number;
  /** Shown from this height of all on, CSS pixels; below it the first pane has its room. */
  from?: number;
}

export interface StackOptions {
  /** What it shows and which keys it knows, for who cannot see it. */
  label: string;
  /** Gets the theme as it is when something is drawn. */
  panes: (theme: () => Theme) => StackedPane[];
  height: number;
  schedule: () => void;
  /** A double click. */
  reset: () => void;
  /** The crosshair is in the pane of this index; the pane's own, not one it shares. */
  cursorMoved: (u: uPlot, index: number) => void;
  /** The stretch of time in view was changed. */
  moved: () => void;
}

/** Panes one above the other over one time axis, with one crosshair and one stretch of time in view. */
export class PaneStack {
  readonly root = el("div", "wb-charts");
  readonly viewport = new Viewport();
  readonly panes: uPlot[] = [];
  readonly frames: HTMLElement[] = [];
  theme: Theme;
  private readonly interaction: Interaction;
  private readonly resizes: ResizeObserver;
  private readonly unwatch: () => void;
  private stacked: readonly StackedPane[] = [];
  private themed = false;
  private axisWidth = 0;
  private widest = 0;
  private width = 0;
  private available = 0;
  private height: number;

  constructor(parent: HTMLElement, private readonly options: StackOptions) {
    this.height = options.height;
    parent.append(this.root);
    this.root.setAttribute("role", "application");
    this.root.setAttribute("aria-label", options.label);
    // Read again at the first draw: until then the view may not be in the page.
    this.theme = readTheme(parent);
    this.interaction = new Interaction(this.root, this.viewport, options.schedule);
    this.build();
    this.unwatch = watchTheme(() => {
      this.theme = readTheme(parent);
      this.panes.forEach((pane) => pane.redraw(false, true));
      options.schedule();
    });
    // Reading the width in each frame would force a layout of the whole page.
    this.resizes = new ResizeObserver(([entry]) => {
      this.available = entry && entry.contentRect.height > 0 ? Math.floor(entry.contentRect.width) : 0;
      options.schedule();
    });
    this.resizes.observe(this.root);
  }

  setHeight(height: number): void {
    this.height = height;
    this.width = 0;
    this.options.schedule();
  }

  /** Begin to bring the panes up to date; false while they have no size. */
  begin(): boolean {
    if (!this.fitSize()) return false;
    if (!this.themed) {
      this.theme = readTheme(this.root);
      this.themed = true;
    }
    this.widest = this.axisWidth;
    return true;
  }

  show(index: number, span: Span, data: Reduced, range: Span): void {
    const pane = this.panes[index] as uPlot;
    pane.batch(() => {
      pane.setData([data.x, data.y] as uPlot.AlignedData, false);
      pane.setScale("x", { min: span[0], max: span[1] });
      pane.setScale("y", { min: range[0], max: range[1] });
    });
  }

  /** Have the labels of the first pane's values made again. */
  relabel(): void {
    this.panes[0]?.redraw(false, true);
  }

  /** All panes were shown. */
  end(): void {
    // A wider label in one pane moves the others, so that their time axes stay aligned.
    if (this.axisWidth !== this.widest) this.panes.forEach((pane) => pane.redraw(false, true));
  }

  destroy(): void {
    this.resizes.disconnect();
    this.unwatch();
    this.interaction.destroy();
    this.panes.forEach((pane) => pane.destroy());
  }

  private build(): void {
    const { options } = this;
    const theme = (): Theme => this.theme;
    const panes = options.panes(theme);
    this.stacked = panes;
    const heights = this.heights();
    const syncKey = `workbench-${++views}`;
    panes.forEach((pane, i) => {
      const frame = el("div", "wb-pane");
      frame.append(el("span", "wb-pane-title", pane.title));
      this.root.append(frame);
      this.frames.push(frame);
      const u = createPane(frame, {
        ...pane, syncKey, theme,
        width: 600, height: heights[i] as number, timeAxis: i === panes.length - 1,
        axisWidth: (needed: number) => (this.axisWidth = Math.max(this.axisWidth, needed)),
        cursorMoved: (self: uPlot) => options.cursorMoved(self, i),
        selected: (min: number, max: number) => this.move(() => this.viewport.set(min, max)),
        reset: () => this.move(options.reset),
        pressed: (event: MouseEvent, self: uPlot) => this.interaction.press(event, self),
      });
      this.interaction.attach(u);
      this.panes.push(u);
    });
  }

  /** Change the stretch of time in view. */
  move(change: () => void): void {
    change();
    this.options.moved();
    this.options.schedule();
  }

  private heights(): number[] {
    const inner = Math.max(120, this.height - TIME_AXIS);
    const last = this.stacked.length - 1;
    const left = this.stacked.map(({ share, from = 0 }) => (this.height < from ? 0 : share));
    const spare = 1 - left.reduce((sum, share) => sum + share, 0);
    return left.map((share, i) => Math.round(inner * (i === 0 ? share + spare : share)) + (i === last ? TIME_AXIS : 0));
  }

  private fitSize(): boolean {
    const width = this.available;
    if (width < 40) return false;
    if (width !== this.width) {
      this.width = width;
      const heights = this.heights();
      this.panes.forEach((pane, i) => {
        const height = heights[i] as number;
        (this.frames[i] as HTMLElement).hidden = height === 0;
        pane.setSize({ width, height: Math.max(1, height) });
      });
    }
    return true;
  }
}

/** Decimals that write multiples of `step` without rounding. */
export function decimals(step: number): number {
  for (let digits = 0; digits < 10; digits++) {
    const scaled = step * 10 ** digits;
    if (Math.abs(scaled - Math.round(scaled)) < 1e-6 * scaled) return digits;
  }
  return 10;
}

export function padded(min: number, max: number, share: number, least: number): Span {
  const spare = Math.max((max - min) * share, Math.abs(least));
  return [min - spare, max + spare];
}
