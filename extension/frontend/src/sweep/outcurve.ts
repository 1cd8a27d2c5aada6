import { readTheme, watchTheme, type Theme } from "../charts/theme.ts";
import { el, setShown, setText } from "../dom.ts";
import type { Joined } from "../model/joined.ts";
import { titleOf, written } from "../model/statistics.ts";
import { scaled } from "./paint.ts";
import { scaleOf, ticksOf } from "./scale.ts";

const HEIGHT = 130;
const SPARE = { left: 64, right: 8, top: 8, bottom: 20 };
const FIGURES = ["total_return", "sharpe_ratio", "max_drawdown"] as const;

/** The account of who traded all out-of-sample parts: its curve, and what it came to. */
export class OutCurve {
  readonly root = el("div", "wb-out");
  private readonly words = el("div", "wb-subtitle");
  private readonly canvas = el("canvas");
  private readonly resizes: ResizeObserver;
  private readonly unwatch: () => void;
  private joined: Joined | null = null;
  private theme: Theme | null = null;
  private width = 0;

  constructor() {
    this.canvas.setAttribute("role", "img");
    this.root.append(this.words, this.canvas);
    this.root.hidden = true;
    this.resizes = new ResizeObserver(([entry]) => {
      const width = Math.floor(entry?.contentRect.width ?? 0);
      if (width === this.width) return;
      this.width = width;
      this.paint();
    });
    this.resizes.observe(this.root);
    this.unwatch = watchTheme(() => {
      this.theme = null;
      this.paint();
    });
  }

  update(joined: Joined): void {
    this.joined = joined;
    setShown(this.root, joined.parts > 0);
    setShown(this.canvas, joined.time.length > 1);
    const names = FIGURES.filter((name) => !Number.isNaN(joined[name]));
    const text = `Out of sample, all ${joined.parts} parts as one account: ${names.map((name) => `${titleOf(name)} ${written(name, joined[name])}`).join(" · ")}`;
    setText(this.words, text);
    this.canvas.setAttribute("aria-label", text);
    this.paint();
  }

  destroy(): void {
    this.resizes.disconnect();
    this.unwatch();
  }

  private paint(): void {
    const { joined, width, canvas } = this;
    const ctx = canvas.getContext("2d");
    if (joined === null || ctx === null || width < 2 * SPARE.left || joined.time.length < 2) return;
    const theme = (this.theme ??= readTheme(this.root));
    const ratio = window.devicePixelRatio || 1;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(HEIGHT * ratio);
    canvas.style.width = `${width}px`;
    canvas.style.height = `${HEIGHT}px`;
    ctx.scale(ratio, ratio);
    const percent = joined.growth.map((level) => 100 * (level - 1));
    const scale = scaleOf(percent.reduce((a, b) => Math.min(a, b), 0), percent.reduce((a, b) => Math.max(a, b), 0));
    const first = joined.time[0] as number;
    const last = joined.time[joined.time.length - 1] as number;
    const across = (time: number): number => SPARE.left + ((time - first) / (last - first)) * (width - SPARE.left - SPARE.right);
    const up = (value: number): number => SPARE.top + (1 - (value - scale.low) / (scale.high - scale.low)) * (HEIGHT - SPARE.top - SPARE.bottom);
    const line = (x1: number, y1: number, x2: number, y2: number): void => {
      ctx.beginPath();
      ctx.moveTo(x1, y1);
      ctx.lineTo(x2, y2);
      ctx.stroke();
    };
    ctx.font = scaled(theme.font, 1);
    ctx.fillStyle = theme.text;
    ctx.strokeStyle = theme.grid;
    ctx.textBaseline = "middle";
    ctx.textAlign = "right";
    for (const tick of ticksOf(scale, 4)) {
      line(SPARE.left, up(tick), width - SPARE.right, up(tick));
      ctx.fillText(written("total_return", tick), SPARE.left - 6, up(tick));
    }
    ctx.setLineDash([2, 3]);
    ctx.strokeStyle = theme.text;
    ctx.globalAlpha = 0.5;
    for (const start of joined.starts.slice(1)) {
      const x = across(joined.time[start] as number);
      line(x, SPARE.top, x, HEIGHT - SPARE.bottom);
    }
    ctx.globalAlpha = 1;
    ctx.setLineDash([]);
    ctx.textBaseline = "bottom";
    ctx.textAlign = "left";
    ctx.fillText(day(first), SPARE.left, HEIGHT);
    ctx.textAlign = "right";
    ctx.fillText(day(last), width - SPARE.right, HEIGHT);
    ctx.strokeStyle = theme.equity;
    ctx.lineWidth = 1.5;
    ctx.beginPath();
    percent.forEach((value, i) => ctx.lineTo(across(joined.time[i] as number), up(value)));
    ctx.stroke();
  }
}

function day(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}
