import type { Session } from "../session.ts";
import type { Controls } from "./controls.ts";
import type { Lists } from "./lists.ts";

/**
 * Keys of the view, while it has the focus. They come before those of the charts: with shift the
 * arrows pan as ever.
 */
export function listenToKeys(root: HTMLElement, session: Session, controls: Controls, lists: Lists): () => void {
  const aborter = new AbortController();
  const listener = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const key = (event.shiftKey ? "shift+" : "") + (event.key.length === 1 ? event.key.toLowerCase() : event.key);
    const target = event.target as HTMLElement;
    // A run opened from a sweep has its own view within this one.
    if (target.closest(".wb-root") !== root) return;
    // A menu has uses of its own for every key, and a button for the space bar.
    if (target.tagName === "SELECT" || (target.tagName === "BUTTON" && event.key === " ")) return;
    const chosen = actionFor(key, session, controls, lists);
    if (chosen === null) return;
    // Else the notebook takes the key as a command of its own.
    event.preventDefault();
    event.stopPropagation();
    chosen();
  };
  root.addEventListener("keydown", listener, { capture: true, signal: aborter.signal });
  return () => aborter.abort();
}

function actionFor(key: string, session: Session, controls: Controls, lists: Lists): (() => void) | null {
  const { replaying } = session;
  if (key === "l" && !session.isSweep) return () => lists.toggle("trades");
  if (replaying !== null) {
    switch (key) {
      case " ": return () => replaying.toggle();
      case "ArrowLeft": return () => replaying.step(-1);
      case "ArrowRight": return () => replaying.step(1);
      case "t": return () => replaying.toTrade(false);
      case "shift+t": return () => replaying.toTrade(true);
      case "Home": return () => replaying.toStart();
      case "End": return () => replaying.toEnd();
      default: return null;
    }
  }
  if (key === "t" && controls.root.hidden && !session.isSweep) return () => lists.toggle("trades");
  if (controls.root.hidden) return null;
  switch (key) {
    case " ": return () => controls.toggle();
    case "t": return session.isSweep ? null : () => controls.nextTrade();
    case "ArrowRight": return controls.standing && !session.isSweep ? () => controls.stepOn() : null;
    default: return null;
  }
}
