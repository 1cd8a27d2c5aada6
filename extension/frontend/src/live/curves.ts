import type { Geometry } from "../charts/geometry.ts";
import { bounds, reduce, type Reduced } from "../charts/reduce.ts";
import type { Span } from "../charts/viewport.ts";
import { el } from "../dom.ts";

/** One of several curves in a pane. */
export interface Curve {
  name: string;
  /** A name of the theme's colours, as the style sheet has it. */
  colour: string;
  time: Float64Array;
  values: Float64Array;
  dash?: readonly number[];
  /** Goes on at its value until the next point. */
  steps?: boolean;
}

/** The part of a curve that is in view, at most two points a column. */
export function inView(curve: Curve, span: Span, columns: number): Reduced {
  return reduce(curve.time, curve.values, span[0], span[1], columns);
}

export function boundsOf(curves: readonly Reduced[]): [number, number] | null {
  return curves.reduce<[number, number] | null>((found, { y }) => {
    const own = bounds(y, y, 0, y.length);
    if (own === null || found === null) return own ?? found;
    return [Math.min(own[0], found[0]), Math.max(own[1], found[1])];
  }, null);
}

export function drawCurve(ctx: CanvasRenderingContext2D, g: Geometry, { x, y }: Reduced, curve: Curve, colour: string): void {
  if (x.length === 0) return;
  ctx.save();
  ctx.strokeStyle = colour;
  ctx.lineWidth = 1.4 * g.ratio;
  ctx.lineJoin = "round";
  ctx.setLineDash((curve.dash ?? []).map((length) => length * g.ratio));
  ctx.beginPath();
  let last = g.y(y[0] as number);
  ctx.moveTo(g.x(x[0] as number), last);
  for (let i = 1; i < x.length; i++) {
    const [px, py] = [g.x(x[i] as number), g.y(y[i] as number)];
    if (curve.steps) ctx.lineTo(px, last);
    ctx.lineTo(px, py);
    last = py;
  }
  ctx.stroke();
  ctx.restore();
}

/** A line across, such as zero or a limit. */
export function drawAcross(ctx: CanvasRenderingContext2D, g: Geometry, value: number, colour: string, dash: readonly number[] = []): void {
  const y = Math.round(g.y(value)) + 0.5;
  ctx.save();
  ctx.strokeStyle = colour;
  ctx.lineWidth = g.ratio;
  ctx.setLineDash(dash.map((length) => length * g.ratio));
  ctx.beginPath();
  ctx.moveTo(g.left, y);
  ctx.lineTo(g.left + g.width, y);
  ctx.stroke();
  ctx.restore();
}

/** What stands for which curve, in the corner of a pane. */
export class Legend {
  readonly root = el("div", "wb-legend");
  private shown = "";

  update(curves: readonly Pick<Curve, "name" | "colour" | "dash">[]): void {
    const known = curves.map(({ name, colour }) => `${name} ${colour}`).join("|");
    if (known === this.shown) return;
    this.shown = known;
    this.root.replaceChildren(...curves.map(({ name, colour, dash }) => {
      const item = el("span", "wb-legend-item");
      const line = el("span", dash === undefined ? "wb-legend-line" : "wb-legend-line wb-dashed");
      line.style.color = `var(--wb-${colour})`;
      item.append(line, name);
      return item;
    }));
  }
}
