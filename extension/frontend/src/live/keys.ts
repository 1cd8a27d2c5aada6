import type { LiveControls } from "./controls.ts";
import type { LiveSession } from "./session.ts";

/** Keys of the view, while it has the focus: digits choose the timeframe, s the symbol, e entries, x flattens. */
export function listenToKeys(root: HTMLElement, session: LiveSession, controls: LiveControls, asking: () => boolean): () => void {
  const aborter = new AbortController();
  root.addEventListener("keydown", (event) => {
    // A question over the view has keys of its own.
    if (asking() || event.ctrlKey || event.metaKey || event.altKey) return;
    const chosen = actionFor(event.shiftKey ? `shift+${event.key.toLowerCase()}` : event.key.toLowerCase(), session, controls);
    if (chosen === null) return;
    // Else the notebook takes the key as a command of its own.
    event.preventDefault();
    event.stopPropagation();
    chosen();
  }, { capture: true, signal: aborter.signal });
  return () => aborter.abort();
}

function actionFor(key: string, session: LiveSession, controls: LiveControls): (() => void) | null {
  const { names, symbols } = session.live;
  if (/^[1-9]$/.test(key)) {
    const timeframe = symbols.get(session.symbol)?.timeframes[Number(key) - 1];
    return timeframe === undefined ? null : () => session.show(session.symbol, timeframe);
  }
  if ((key === "s" || key === "shift+s") && names.length > 1) {
    const step = key === "s" ? 1 : names.length - 1;
    return () => session.show(names[(names.indexOf(session.symbol) + step) % names.length] as string);
  }
  if (key === "e") return () => controls.toggleEntries();
  if (key === "x") return () => controls.askFlatten();
  return null;
}
