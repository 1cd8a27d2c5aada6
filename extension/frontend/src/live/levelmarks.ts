import type { Geometry } from "../charts/geometry.ts";
import type { Theme } from "../charts/theme.ts";
import { scaled } from "../market/zones.ts";
import { nameOf, PADDING, type Level } from "./levels.ts";
import { GAP, HEIGHT, type Named, type Naming } from "./naming.ts";

/** Levels that are not told by name are fainter. */
const FAINT = 0.45;

/** Draw the levels as lines across, names at the right axis, and at the edges how many more there are. */
export function drawLevels(ctx: CanvasRenderingContext2D, g: Geometry, naming: Naming, theme: Theme): void {
  const { named, lines, above, below } = naming;
  begin(ctx, g, theme);
  ctx.globalAlpha = FAINT;
  for (const level of lines) drawLine(ctx, g, level, theme);
  ctx.globalAlpha = 1;
  for (const level of named) drawLine(ctx, g, level, theme);
  ctx.setLineDash([]);
  const right = g.left + g.width - 2 * g.ratio;
  for (const level of named) drawName(ctx, g, theme[level.colour], level.top, nameOf(level, g.width / g.ratio), right, theme);
  const bottom = g.height / g.ratio - HEIGHT - GAP;
  if (above > 0) drawName(ctx, g, theme.text, GAP, `${above} more above`, right, theme);
  if (below > 0) drawName(ctx, g, theme.text, bottom, `${below} more below`, right, theme);
  ctx.restore();
}

/** Draw the prices of the named levels on the axis, each beside its name. */
export function drawPrices(ctx: CanvasRenderingContext2D, g: Geometry, { named }: Naming, theme: Theme): void {
  begin(ctx, g, theme);
  for (const level of named) drawPrice(ctx, g, level, theme);
  ctx.restore();
}

/** `restore` is to follow. */
function begin(ctx: CanvasRenderingContext2D, g: Geometry, theme: Theme): void {
  ctx.save();
  ctx.font = scaled(theme.font, g.ratio);
  ctx.textAlign = "left";
  ctx.textBaseline = "middle";
}

function drawLine(ctx: CanvasRenderingContext2D, g: Geometry, { price, colour, dash }: Level, theme: Theme): void {
  const y = Math.round(g.y(price)) + 0.5;
  ctx.strokeStyle = theme[colour];
  ctx.lineWidth = 1.25 * g.ratio;
  ctx.setLineDash(dash.map((length) => length * g.ratio));
  ctx.beginPath();
  ctx.moveTo(g.left, y);
  ctx.lineTo(g.left + g.width, y);
  ctx.stroke();
}

function drawPrice(ctx: CanvasRenderingContext2D, g: Geometry, { top, told, colour }: Named, theme: Theme): void {
  const left = g.left + g.width + g.ratio;
  drawName(ctx, g, theme[colour], top, told, left + widthOf(ctx, g, told), theme);
}

function widthOf(ctx: CanvasRenderingContext2D, g: Geometry, text: string): number {
  return ctx.measureText(text).width + 2 * PADDING * g.ratio;
}

/** `top` in CSS pixels of the pane, `right` in those of the canvas. */
function drawName(
  ctx: CanvasRenderingContext2D, g: Geometry, colour: string, top: number, text: string, right: number, theme: Theme,
): void {
  const width = widthOf(ctx, g, text);
  const height = HEIGHT * g.ratio;
  const [x, y] = [right - width, g.top + top * g.ratio];
  ctx.beginPath();
  ctx.roundRect(x, y, width, height, 3 * g.ratio);
  ctx.fillStyle = theme.surface;
  ctx.fill();
  ctx.strokeStyle = ctx.fillStyle = colour;
  ctx.lineWidth = g.ratio;
  ctx.stroke();
  ctx.fillText(text, x + PADDING * g.ratio, y + height / 2);
}
