import uPlot from "uplot";
import { tickLabel } from "../format.ts";
import type { Theme } from "./theme.ts";

export interface PaneOptions {
  title: string;
  width: number;
  height: number;
  /** Panes with one key share the crosshair. */
  syncKey: string;
  /** Show the labels of the time axis. */
  timeAxis: boolean;
  theme: () => Theme;
  /** Labels of the value axis. */
  label: (value: number, step: number) => string;
  /** A text that has to fit beside them, too. */
  widest?: () => string;
  /** Give the label width of this pane, get that of the widest. */
  axisWidth: (needed: number) => number;
  series: uPlot.Series;
  draw?: (u: uPlot) => void;
  /** Draws last, and over the axes, too. */
  drawOver?: (u: uPlot) => void;
  cursorMoved: (u: uPlot) => void;
  selected: (min: number, max: number) => void;
  reset: () => void;
  /** True when the press is the start of a pan and not of a selection. */
  pressed: (event: MouseEvent, u: uPlot) => boolean;
}

const TIME_AXIS_HEIGHT = 26;
const TITLE_HEIGHT = 18;
const EDGE = 18;
const AXIS_PADDING = 14;
const LOW = 52;

/** One uPlot with a value axis on the right and the time along the bottom, in UTC. */
export function createPane(target: HTMLElement, options: PaneOptions): uPlot {
  const { theme } = options;
  const grid = { stroke: () => theme().grid, width: 1 };
  const u = new uPlot(
    {
      width: options.width,
      height: options.height,
      ms: 1,
      tzDate: (time) => uPlot.tzDate(new Date(time), "UTC"),
      padding: [TITLE_HEIGHT, 0, options.timeAxis ? 0 : 4, 0],
      legend: { show: false },
      scales: { x: { time: true, auto: false }, y: { auto: false } },
      series: [{}, options.series],
      axes: [
        {
          scale: "x",
          size: options.timeAxis ? TIME_AXIS_HEIGHT : 0,
          space: 72,
          stroke: () => theme().text,
          font: theme().font,
          grid,
          ticks: { show: options.timeAxis, ...grid, size: 4 },
          values: (self, splits, _axis, _space, step) => {
            // A label at the very edge would be cut off.
            const fits = (time: number): boolean => self.valToPos(time, "x") > EDGE;
            return splits.map((time) => (options.timeAxis && fits(time) ? tickLabel(time, step) : ""));
          },
        },
        {
          scale: "y",
          side: 1,
          // A low pane shows two values rather than one.
          space: (_u, _axis, _min, _max, height) => (height < LOW ? height / 2.4 : 34),
          gap: 6,
          stroke: () => theme().text,
          font: theme().font,
          grid,
          ticks: { ...grid, size: 4 },
          size: (self, values) => options.axisWidth(labelWidth(self, [...(values ?? []), options.widest?.() ?? ""], theme().font)),
          values: (_u, splits, _axis, _space, step) => splits.map((value) => options.label(value, step)),
        },
      ],
      cursor: {
        sync: { key: options.syncKey, scales: ["x", null] },
        points: { show: false },
        drag: { x: true, y: false, setScale: false, dist: 4 },
        bind: {
          dblclick: () => () => {
            options.reset();
            return null;
          },
          mousedown: (self, _target, handler) => (event) => {
            if (!options.pressed(event, self)) handler(event);
            return null;
          },
        },
      },
      hooks: {
        draw: [...(options.draw ? [clipped(options.draw)] : []), ...(options.drawOver ? [options.drawOver] : [])],
        setCursor: [options.cursorMoved],
        setSelect: [
          (self) => {
            const { left, width } = self.select;
            if (width < 4) return;
            const ends = [self.posToVal(left, "x"), self.posToVal(left + width, "x")] as const;
            self.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
            options.selected(...ends);
          },
        ],
      },
    },
    [[0, 1], [null, null]] as uPlot.AlignedData,
    target,
  );
  u.over.setAttribute("aria-label", options.title);
  return u;
}

function clipped(draw: (u: uPlot) => void): (u: uPlot) => void {
  return (u) => {
    const { ctx, bbox } = u;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    draw(u);
    ctx.restore();
  };
}

function labelWidth(u: uPlot, labels: string[], font: string): number {
  u.ctx.save();
  u.ctx.font = font;
  const width = Math.max(0, ...labels.map((label) => u.ctx.measureText(label).width));
  u.ctx.restore();
  return Math.ceil(width) + AXIS_PADDING;
}
