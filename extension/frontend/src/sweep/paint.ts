import type { Cell, Grid } from "../model/grid.ts";
import { titleOf, written } from "../model/statistics.ts";
import type { Theme } from "../charts/theme.ts";
import { stepAt } from "./colours.ts";
import { boxOf, everyNth, type Box, type Layout } from "./layout.ts";
import type { Scale } from "./scale.ts";

/** What is painted on. */
export interface Surface {
  ctx: CanvasRenderingContext2D;
  /** Canvas pixels per CSS pixel. */
  ratio: number;
  theme: Theme;
}

/** How good a value is within the scale, 0 to 1: the better, the brighter. */
export function shareOf(value: number, scale: Scale, better: 1 | -1): number {
  const share = Math.min(1, Math.max(0, (value - scale.low) / (scale.high - scale.low)));
  return better === 1 ? share : 1 - share;
}

/** The labels and titles of both axes. */
export function paintAxes({ ctx, ratio, theme }: Surface, layout: Layout, grid: Grid): void {
  const { x, y, choice } = grid;
  ctx.font = scaled(theme.font, ratio);
  ctx.fillStyle = theme.text;
  const bottom = (layout.top + layout.height) * ratio;
  const pitch = { x: layout.width / layout.columns, y: layout.height / layout.rows };
  ctx.textAlign = "center";
  ctx.textBaseline = "top";
  const labels = Array.from({ length: x.size }, (_, i) => x.label(i));
  const widest = Math.max(0, ...labels.map((label) => ctx.measureText(label).width)) / ratio;
  for (let i = 0; i < x.size; i += everyNth(pitch.x, widest)) {
    ctx.fillText(labels[i] as string, (layout.left + (i + 0.5) * pitch.x) * ratio, bottom + 5 * ratio);
  }
  ctx.fillText(x.name, (layout.left + layout.width / 2) * ratio, bottom + 20 * ratio);
  if (choice.y === null) return;
  ctx.textAlign = "right";
  ctx.textBaseline = "middle";
  for (let i = 0; i < y.size; i += everyNth(pitch.y, 9)) {
    ctx.fillText(y.label(i), (layout.left - 6) * ratio, (layout.top + layout.height - (i + 0.5) * pitch.y) * ratio);
  }
  ctx.save();
  ctx.translate(8 * ratio, (layout.top + layout.height / 2) * ratio);
  ctx.rotate(-Math.PI / 2);
  ctx.textAlign = "center";
  ctx.fillText(y.name, 0, 0);
  ctx.restore();
}

/**
 * Paint one cell of the heat map, over what was there; once it is `over`, nothing more will come.
 * What the constraint excludes stays bare from the beginning.
 */
export function paintCell(surface: Surface, layout: Layout, grid: Grid, index: number, scale: Scale, over: boolean): void {
  const { ctx, ratio, theme } = surface;
  const cell = grid.cells[index] ?? null;
  const box = boxOf(layout, index, ratio);
  const pitch = Math.min(layout.width / layout.columns, layout.height / layout.rows);
  const gap = pitch >= 8 ? Math.max(1, Math.round(ratio)) : 0;
  box.width -= gap;
  box.height -= gap;
  ctx.clearRect(box.x, box.y, box.width, box.height);
  if (cell === null && grid.excluded(index)) return;
  if (cell === null && over) leftOut(surface, box);
  else if (cell === null) {
    ctx.fillStyle = theme.grid;
    ctx.fillRect(box.x, box.y, box.width, box.height);
  } else if (Number.isNaN(cell.value)) hatch(surface, box, cell);
  else {
    const { fill, ink } = stepAt(shareOf(cell.value, scale, grid.choice.better));
    ctx.fillStyle = fill;
    ctx.fillRect(box.x, box.y, box.width, box.height);
    if (box.width < 46 * ratio || box.height < 17 * ratio) return;
    ctx.fillStyle = ink;
    ctx.font = scaled(theme.font, ratio);
    ctx.textAlign = "center";
    ctx.textBaseline = "middle";
    ctx.fillText(written(grid.choice.metric, cell.value), box.x + box.width / 2, box.y + box.height / 2, box.width - 4 * ratio);
  }
}

/** A dot in the bare middle of what was not tried. */
function leftOut({ ctx, ratio, theme }: Surface, box: Box): void {
  const size = Math.min(Math.max(1, 3 * ratio), box.width / 2, box.height / 2);
  ctx.fillStyle = theme.grid;
  ctx.beginPath();
  ctx.arc(box.x + box.width / 2, box.y + box.height / 2, size / 2, 0, 2 * Math.PI);
  ctx.fill();
}

/** Lines across what failed, or has no such figure: one pattern over all cells. */
function hatch({ ctx, ratio, theme }: Surface, box: Box, cell: Cell): void {
  ctx.fillStyle = theme.grid;
  ctx.fillRect(box.x, box.y, box.width, box.height);
  ctx.fillStyle = lines(ctx, cell.row.error ? theme.loss : theme.text, Math.round(6 * ratio), ratio);
  ctx.fillRect(box.x, box.y, box.width, box.height);
}

const patterns = new Map<string, CanvasPattern>();

/** Diagonal lines that go on from tile to tile; made once, as paths for each cell are slow. */
function lines(ctx: CanvasRenderingContext2D, colour: string, size: number, width: number): CanvasPattern | string {
  const key = `${colour} ${size}`;
  const known = patterns.get(key);
  if (known !== undefined) return known;
  const tile = document.createElement("canvas");
  tile.width = tile.height = size;
  const pen = tile.getContext("2d");
  if (pen === null) return colour;
  pen.strokeStyle = colour;
  pen.lineWidth = width;
  for (const shift of [-size, 0, size]) {
    pen.moveTo(shift - 1, size + 1);
    pen.lineTo(shift + size + 1, -1);
  }
  pen.stroke();
  const made = ctx.createPattern(tile, "repeat");
  if (made === null) return colour;
  patterns.set(key, made);
  return made;
}

/** Paint the figures of one parameter: a line where it is a number, bars where it is not. */
export function paintLine(surface: Surface, layout: Layout, grid: Grid, scale: Scale, ticks: readonly number[]): void {
  const { ctx, ratio, theme } = surface;
  const height = (value: number): number => layout.top + layout.height * (1 - shareOf(value, scale, 1));
  const { metric } = grid.choice;
  ctx.font = scaled(theme.font, ratio);
  ctx.lineWidth = ratio;
  ctx.textAlign = "right";
  ctx.textBaseline = "middle";
  for (const tick of ticks) {
    ctx.strokeStyle = theme.grid;
    ctx.beginPath();
    ctx.moveTo(layout.left * ratio, height(tick) * ratio);
    ctx.lineTo((layout.left + layout.width) * ratio, height(tick) * ratio);
    ctx.stroke();
    ctx.fillStyle = theme.text;
    ctx.fillText(written(metric, tick), (layout.left - 6) * ratio, height(tick) * ratio);
  }
  ctx.textAlign = "left";
  ctx.textBaseline = "top";
  ctx.fillText(titleOf(metric), layout.left * ratio, 0);
  const joined = grid.x.numeric;
  const base = height(Math.min(scale.high, Math.max(scale.low, 0)));
  const pitch = layout.width / layout.columns;
  const points: [number, number][] = [];
  grid.cells.forEach((cell, i) => {
    if (cell === null) return;
    const middle = layout.left + (i + 0.5) * pitch;
    if (Number.isNaN(cell.value)) return hatch(surface, { ...boxOf(layout, i, ratio), y: layout.top * ratio, height: layout.height * ratio }, cell);
    const y = height(cell.value);
    if (joined) points.push([middle * ratio, y * ratio]);
    else {
      ctx.fillStyle = stepAt(shareOf(cell.value, scale, grid.choice.better)).fill;
      ctx.fillRect((middle - pitch * 0.35) * ratio, Math.min(y, base) * ratio, pitch * 0.7 * ratio, Math.max(1, Math.abs(base - y)) * ratio);
    }
  });
  if (!joined) return;
  ctx.strokeStyle = ctx.fillStyle = theme.equity;
  ctx.lineWidth = 1.5 * ratio;
  ctx.beginPath();
  for (const [x, y] of points) ctx.lineTo(x, y);
  ctx.stroke();
  if (pitch < 4) return;
  ctx.beginPath();
  for (const [x, y] of points) {
    ctx.moveTo(x + 3 * ratio, y);
    ctx.arc(x, y, 3 * ratio, 0, 2 * Math.PI);
  }
  ctx.fill();
}

/** A font of so many CSS pixels on a canvas of another resolution. */
export function scaled(font: string, ratio: number): string {
  return font.replace(/^([\d.]+)px/, (_, size: string) => `${Number(size) * ratio}px`);
}
