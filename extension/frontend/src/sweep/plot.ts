import { readTheme, watchTheme, type Theme } from "../charts/theme.ts";
import { el, setShown, setText } from "../dom.ts";
import type { Grid } from "../model/grid.ts";
import type { Row } from "../model/sweep.ts";
import { titleOf, written } from "../model/statistics.ts";
import { GRADIENT } from "./colours.ts";
import { boxOf, cellAt, layoutOf, type Layout } from "./layout.ts";
import { paintAxes, paintCell, paintLine, scaled } from "./paint.ts";
import { same, scaleOf, ticksOf, type Scale } from "./scale.ts";
import { SweepTip } from "./tip.ts";

export interface PlotEvents {
  selected(row: Row): void;
  opened(): void;
  /** Something is to be drawn that no message brought. */
  changed(): void;
}

/** The heat map of two parameters, or the line of one, which fills up while rows come. */
export class Plot {
  readonly root = el("div", "wb-sweep-plot");
  private readonly canvas = el("canvas");
  private readonly legend = el("div", "wb-legend");
  private readonly ends = [el("span"), el("span", "wb-legend-title"), el("span")] as const;
  private readonly best = el("div", "wb-cell-best");
  private readonly chosen = el("div", "wb-cell-selected");
  private readonly tip: SweepTip;
  private readonly frame = el("div", "wb-sweep-frame");
  private readonly resizes: ResizeObserver;
  private readonly unwatch: () => void;
  private grid: Grid | null = null;
  private layout: Layout | null = null;
  private scale: Scale = scaleOf(NaN, NaN);
  private theme: Theme | null = null;
  private width = 0;
  private dirty = true;
  private hovered = -1;
  private over = false;
  /** Where the mouse was last: what moves under it moves no mouse. */
  private pointer = "";
  private selected: Row | null = null;

  constructor(private height: number, private readonly events: PlotEvents) {
    this.frame.tabIndex = 0;
    this.frame.setAttribute("role", "application");
    this.frame.setAttribute("aria-label", "Results by parameter. Arrow keys select a cell, b the best one, enter opens it as a run.");
    this.best.title = "Best";
    // Before a cell has its mark the outline would be seen as a corner.
    this.best.hidden = this.chosen.hidden = true;
    this.frame.append(this.canvas, this.best, this.chosen);
    const bar = el("div", "wb-legend-bar");
    bar.style.background = GRADIENT;
    this.legend.append(this.ends[0], bar, this.ends[2], this.ends[1]);
    this.root.append(this.legend, this.frame);
    this.tip = new SweepTip(this.frame);
    this.frame.addEventListener("pointermove", (event) => {
      const pointer = `${event.clientX} ${event.clientY}`;
      if (pointer === this.pointer) return;
      this.pointer = pointer;
      this.hover(this.indexAt(event));
    });
    this.frame.addEventListener("pointerleave", () => {
      this.pointer = "";
      this.hover(-1);
    });
    this.frame.addEventListener("click", (event) => this.choose(this.indexAt(event)));
    this.frame.addEventListener("keydown", (event) => this.key(event));
    this.resizes = new ResizeObserver(([entry]) => {
      const width = Math.floor(entry?.contentRect.width ?? 0);
      if (width === this.width) return;
      this.width = width;
      this.repaint();
    });
    this.resizes.observe(this.root);
    this.unwatch = watchTheme(() => {
      this.theme = null;
      this.repaint();
    });
  }

  /** How many cells there is something in, of those that are painted. */
  get painted(): number {
    return this.layout === null ? 0 : (this.grid?.filled ?? 0);
  }

  setHeight(height: number): void {
    this.height = height;
    this.repaint();
  }

  /** Draw what came; only the cells that changed, unless the whole picture did. */
  draw(grid: Grid, selected: Row | null, over: boolean): void {
    const changed = grid.update();
    if (grid !== this.grid || changed === null || over !== this.over) this.dirty = true;
    this.over = over;
    this.grid = grid;
    this.selected = selected;
    if (this.width < 40) return;
    this.theme ??= readTheme(this.root);
    const scale = scaleOf(grid.low, grid.high);
    if (!same(scale, this.scale)) this.dirty = true;
    this.scale = scale;
    const lines = grid.choice.y === null;
    if (this.dirty || (lines && changed !== null && changed.length > 0)) this.paint(grid, lines);
    else this.paintCells(grid, changed ?? []);
    this.dirty = false;
    this.mark(this.best, grid.best);
    this.mark(this.chosen, selected === null ? -1 : grid.placeOf(selected));
    this.describe(grid, lines);
    if (this.hovered >= 0) this.hover(this.hovered);
  }

  destroy(): void {
    this.resizes.disconnect();
    this.unwatch();
  }

  private repaint(): void {
    this.dirty = true;
    this.events.changed();
  }

  private paint(grid: Grid, lines: boolean): void {
    const ratio = window.devicePixelRatio || 1;
    const ctx = this.canvas.getContext("2d") as CanvasRenderingContext2D;
    const theme = this.theme as Theme;
    ctx.font = scaled(theme.font, 1);
    const ticks = lines ? ticksOf(this.scale, Math.max(2, this.height / 50)) : [];
    const texts = lines ? ticks.map((tick) => written(grid.choice.metric, tick)) : Array.from({ length: grid.y.size }, (_, i) => grid.y.label(i));
    const left = Math.ceil(Math.max(0, ...texts.map((text) => ctx.measureText(text).width))) + (lines ? 12 : 24);
    const spare = lines ? { left, bottom: 36, top: 18 } : { left, bottom: 36, top: 2 };
    const layout = layoutOf(this.width, this.height, grid.x.size, lines ? 1 : grid.y.size, spare);
    if (lines) layout.height = this.height - spare.top - spare.bottom;
    this.layout = layout;
    const height = Math.ceil(layout.top + layout.height + spare.bottom);
    this.canvas.width = Math.round(this.width * ratio);
    this.canvas.height = Math.round(height * ratio);
    this.canvas.style.width = `${this.width}px`;
    this.canvas.style.height = `${height}px`;
    const surface = { ctx, ratio, theme };
    paintAxes(surface, layout, grid);
    if (lines) paintLine(surface, layout, grid, this.scale, ticks);
    else for (let i = 0; i < grid.cells.length; i++) paintCell(surface, layout, grid, i, this.scale, this.over);
  }

  private paintCells(grid: Grid, changed: readonly number[]): void {
    if (this.layout === null || changed.length === 0) return;
    const ctx = this.canvas.getContext("2d") as CanvasRenderingContext2D;
    const surface = { ctx, ratio: window.devicePixelRatio || 1, theme: this.theme as Theme };
    for (const index of changed) paintCell(surface, this.layout, grid, index, this.scale, this.over);
  }

  private mark(node: HTMLElement, index: number): void {
    setShown(node, index >= 0 && this.layout !== null);
    if (index < 0 || this.layout === null) return;
    const box = boxOf(this.layout, index);
    node.style.transform = `translate(${box.x}px, ${box.y}px)`;
    node.style.width = `${box.width}px`;
    node.style.height = `${box.height}px`;
  }

  private describe(grid: Grid, lines: boolean): void {
    const { metric, better } = grid.choice;
    const { low, high } = this.scale;
    setShown(this.legend, !lines && grid.best >= 0);
    const ends = better === 1 ? [low, high] : [high, low];
    setText(this.ends[0], written(metric, ends[0] as number));
    setText(this.ends[2], written(metric, ends[1] as number));
    setText(this.ends[1], `${titleOf(metric)}, ${better === 1 ? "more" : "less"} is better`);
  }

  private indexAt(event: MouseEvent): number {
    if (this.layout === null) return -1;
    const { left, top } = this.canvas.getBoundingClientRect();
    return cellAt(this.layout, event.clientX - left, event.clientY - top);
  }

  private hover(index: number): void {
    this.hovered = index;
    const { grid, layout } = this;
    if (index < 0 || layout === null || grid === null || index >= grid.cells.length) return this.tip.hide();
    const box = boxOf(layout, index);
    const cell = grid.cells[index] ?? null;
    if (cell === null) this.tip.explain(placeOf(grid, index), this.emptiness(grid, index), box.x + box.width / 2, box.y + box.height / 2);
    else this.tip.show(cell, grid.choice.metric, box.x + box.width / 2, box.y + box.height / 2);
  }

  /** Why there is nothing at a place. */
  private emptiness(grid: Grid, index: number): string {
    if (grid.excluded(index)) return "excluded by the constraint";
    return this.over ? "not tried" : "to come";
  }

  private choose(index: number): void {
    const cell = this.grid?.cells[index] ?? null;
    if (cell !== null) this.events.selected(cell.row);
  }

  private key(event: KeyboardEvent): void {
    const { grid } = this;
    if (grid === null || event.ctrlKey || event.metaKey || event.altKey) return;
    const moves: Record<string, [number, number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    const move = moves[event.key];
    if (move === undefined && event.key !== "Enter" && event.key !== "b") return;
    // Else the notebook takes the key as a command of its own.
    event.preventDefault();
    event.stopPropagation();
    this.hover(-1);
    if (event.key === "Enter") return this.events.opened();
    const selected = this.selected === null ? -1 : grid.placeOf(this.selected);
    if (move === undefined || selected < 0) return this.choose(grid.best >= 0 ? grid.best : grid.cells.findIndex((cell) => cell !== null));
    this.choose(grid.next(selected, ...move));
  }
}

/** The values that a place stands for. */
function placeOf({ x, y, choice }: Grid, index: number): string {
  const first = `${x.name} ${x.label(index % x.size)}`;
  return choice.y === null ? first : `${first} · ${y.name} ${y.label(Math.floor(index / x.size))}`;
}
