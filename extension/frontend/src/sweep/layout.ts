/** Where the cells stand, in CSS pixels. */
export interface Layout {
  left: number;
  top: number;
  width: number;
  height: number;
  columns: number;
  rows: number;
}

const LARGEST = { width: 84, height: 42 };

/** Cells that fill what is left beside the labels, none of them huge. */
export function layoutOf(
  width: number, height: number, columns: number, rows: number, labels: { left: number; bottom: number; top: number },
): Layout {
  const room = { width: Math.max(1, width - labels.left - 8), height: Math.max(1, height - labels.bottom - labels.top) };
  return {
    left: labels.left,
    top: labels.top,
    width: Math.min(room.width, columns * LARGEST.width),
    height: Math.min(room.height, rows * LARGEST.height),
    columns,
    rows,
  };
}

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** The box of a cell; the first row is at the bottom. `ratio` maps to the canvas's pixels. */
export function boxOf(layout: Layout, index: number, ratio = 1): Box {
  const column = index % layout.columns;
  const row = layout.rows - 1 - Math.floor(index / layout.columns);
  const edge = (start: number, size: number, count: number, at: number): number => Math.round((start + (size * at) / count) * ratio);
  const x = edge(layout.left, layout.width, layout.columns, column);
  const y = edge(layout.top, layout.height, layout.rows, row);
  return {
    x, y,
    width: edge(layout.left, layout.width, layout.columns, column + 1) - x,
    height: edge(layout.top, layout.height, layout.rows, row + 1) - y,
  };
}

/** The cell at a point, or -1. */
export function cellAt(layout: Layout, x: number, y: number): number {
  const column = Math.floor(((x - layout.left) / layout.width) * layout.columns);
  const row = Math.floor(((y - layout.top) / layout.height) * layout.rows);
  if (column < 0 || row < 0 || column >= layout.columns || row >= layout.rows) return -1;
  return (layout.rows - 1 - row) * layout.columns + column;
}

/** Every how many-th of `count` labels there is room for, `pitch` apart and `size` long. */
export function everyNth(pitch: number, size: number): number {
  return Math.max(1, Math.ceil((size + 6) / Math.max(0.01, pitch)));
}
