import type uPlot from "uplot";
import type { Viewport } from "./viewport.ts";

/** Wheel, drag and keys that move the viewport; every change is told by `changed`. */
export class Interaction {
  private readonly aborter = new AbortController();

  constructor(
    private readonly root: HTMLElement,
    private readonly viewport: Viewport,
    private readonly changed: () => void,
  ) {
    root.tabIndex = 0;
    root.addEventListener("keydown", (event) => this.key(event), { signal: this.aborter.signal });
  }

  /** Wheel zooms at the pointer; with shift, or a sideways wheel, it pans. */
  attach(u: uPlot): void {
    u.over.addEventListener(
      "wheel",
      (event) => {
        // An untouched cell must scroll with its notebook.
        if (!this.root.contains(document.activeElement) && !event.ctrlKey && !event.shiftKey) return;
        event.preventDefault();
        const [min, max] = this.viewport.span;
        const sideways = Math.abs(event.deltaX) > Math.abs(event.deltaY);
        if (event.shiftKey || sideways) {
          const steps = (sideways ? event.deltaX : event.deltaY) / 100;
          this.viewport.pan((max - min) * 0.1 * Math.max(-3, Math.min(3, steps)));
        } else {
          const at = u.posToVal(event.clientX - u.over.getBoundingClientRect().left, "x");
          this.viewport.zoom(at, 1.2 ** Math.max(-3, Math.min(3, event.deltaY / 100)));
        }
        this.changed();
      },
      { passive: false, signal: this.aborter.signal },
    );
  }

  /** Start a pan on the middle button or shift; tells whether it did. */
  press(event: MouseEvent, u: uPlot): boolean {
    // A ring around the charts is for those who came by keyboard.
    this.root.classList.add("wb-by-mouse");
    this.root.focus({ preventScroll: true });
    if (event.button !== 1 && !event.shiftKey) return false;
    event.preventDefault();
    let last = event.clientX;
    const stop = new AbortController();
    const move = (next: MouseEvent): void => {
      const [min, max] = this.viewport.span;
      this.viewport.pan(((last - next.clientX) * (max - min)) / Math.max(1, u.over.clientWidth));
      last = next.clientX;
      this.changed();
    };
    const signal = AbortSignal.any([stop.signal, this.aborter.signal]);
    document.addEventListener("mousemove", move, { signal });
    document.addEventListener("mouseup", () => stop.abort(), { signal });
    return true;
  }

  destroy(): void {
    this.aborter.abort();
  }

  private key(event: KeyboardEvent): void {
    this.root.classList.remove("wb-by-mouse");
    if (event.target !== this.root || event.ctrlKey || event.metaKey || event.altKey) return;
    const [min, max] = this.viewport.span;
    const width = max - min;
    const action: Record<string, () => void> = {
      ArrowLeft: () => this.viewport.pan(-width * 0.1),
      ArrowRight: () => this.viewport.pan(width * 0.1),
      "+": () => this.viewport.zoom((min + max) / 2, 1 / 1.4),
      "=": () => this.viewport.zoom((min + max) / 2, 1 / 1.4),
      "-": () => this.viewport.zoom((min + max) / 2, 1.4),
      Home: () => this.viewport.fit(),
      "0": () => this.viewport.fit(),
      f: () => this.viewport.follow(),
    };
    const chosen = action[event.key];
    if (!chosen) return;
    // Else the notebook takes the key as a command of its own.
    event.preventDefault();
    event.stopPropagation();
    chosen();
    this.changed();
  }
}
