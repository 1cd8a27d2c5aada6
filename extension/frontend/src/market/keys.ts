import { LAYERS, type Layer } from "./layers.ts";
import type { MarketSession } from "./session.ts";

/** Keys of the view, while it has the focus: digits choose the timeframe, letters what is drawn. */
export function listenToKeys(root: HTMLElement, session: MarketSession, toggle: (layer: Layer) => void): () => void {
  const aborter = new AbortController();
  root.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    const key = event.key.toLowerCase();
    const layer = LAYERS.find((each) => each.key === key);
    const timeframe = /^[1-9]$/.test(key) ? session.market.info.timeframes[Number(key) - 1] : undefined;
    if (layer === undefined && timeframe === undefined) return;
    // Else the notebook takes the key as a command of its own.
    event.preventDefault();
    event.stopPropagation();
    if (layer !== undefined) toggle(layer.layer);
    else if (timeframe !== undefined) session.show(timeframe);
  }, { capture: true, signal: aborter.signal });
  return () => aborter.abort();
}
