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
  /** Goes on at its value until the next point, and after the last one to the present. */
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

/** `now` is where curves of steps end; `fill` shades what lies between the curve and zero. */
export function drawCurve(
  ctx: CanvasRenderingContext2D, g: Geometry, { x, y }: Reduced, curve: Curve, colour: string, now: number, fill?: string,
): void {
  if (x.length === 0) return;
  ctx.save();
  ctx.strokeStyle = colour;
  ctx.lineWidth = 1.4 * g.ratio;
  ctx.lineJoin = "round";
  ctx.setLineDash((curve.dash ?? []).map((length) => length * g.ratio));
  const path = new Path2D();
  let last = g.y(y[0] as number);
  let right = g.x(x[0] as number);
  const left = right;
  path.moveTo(right, last);
  for (let i = 1; i < x.length; i++) {
    const py = g.y(y[i] as number);
    right = g.x(x[i] as number);
    if (curve.steps) path.lineTo(right, last);
    path.lineTo(right, py);
    last = py;
  }
  if (curve.steps && g.x(now) > right) path.lineTo((right = g.x(now)), last);
  if (fill !== undefined) {
    const area = new Path2D(path);
    area.lineTo(right, g.y(0));
    area.lineTo(left, g.y(0));
    area.closePath();
    ctx.fillStyle = fill;
    ctx.fill(area);
  }
  ctx.stroke(path);
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
