import type uPlot from "uplot";

/** Linear maps from values to canvas pixels of one pane; cheaper than asking uPlot per value. */
export interface Geometry {
  left: number;
  top: number;
  width: number;
  height: number;
  ratio: number;
  /** Pixels per ms. */
  perMs: number;
  min: number;
  max: number;
  x(time: number): number;
  y(value: number): number;
}

/** Null while the pane has no size or no scale yet. */
export function geometryOf(u: uPlot, ratio: number): Geometry | null {
  const { left, top, width, height } = u.bbox;
  const { min, max } = u.scales["x"] ?? {};
  const { min: low, max: high } = u.scales["y"] ?? {};
  if (!(width > 0 && height > 0) || min == null || max == null || low == null || high == null) return null;
  if (max <= min || high <= low) return null;
  const perMs = width / (max - min);
  const perUnit = height / (high - low);
  return {
    left, top, width, height, ratio, perMs, min, max,
    x: (time) => left + (time - min) * perMs,
    y: (value) => top + (high - value) * perUnit,
  };
}
