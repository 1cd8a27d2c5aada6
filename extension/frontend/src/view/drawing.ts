import { el } from "../dom.ts";

export interface MountOptions {
  /** Height of the charts in CSS pixels. */
  height: number;
}

export interface Mounted {
  setHeight(height: number): void;
  destroy(): void;
}

/** What a drawing is told of the view it is of. */
export interface Drawn {
  /** Bring all up to date; returns what the root says of itself, for the style sheet and the tests. */
  draw(now: number): Record<string, string>;
  /** Whether what is shown changes with the clock alone; asked each second. */
  restless(now: number): boolean;
  setHeight(height: number): void;
  /** Called once, when the view goes. */
  ends: readonly (() => void)[];
}

/** A view in the page: its root, which is drawn at most once per animation frame. */
export class Drawing {
  readonly root: HTMLElement;
  readonly schedule = (): void => {
    if (this.frame === 0) this.frame = requestAnimationFrame(() => this.flush());
  };
  private frame = 0;
  private draws = 0;
  private view: Drawn | null = null;

  constructor(parent: HTMLElement, name = "") {
    this.root = el("div", `wb-root ${name}`.trim());
    // A click beside the controls gives the view its keys.
    this.root.tabIndex = -1;
    parent.append(this.root);
  }

  /** Draw it from now on, until `destroy`. */
  begin(view: Drawn, height: number): Mounted {
    this.view = view;
    const clock = setInterval(() => view.restless(Date.now()) && this.schedule(), 1000);
    view.setHeight(height);
    this.schedule();
    return {
      setHeight: (wanted) => view.setHeight(wanted),
      destroy: () => {
        // A view ends by its signal and by its returned function.
        if (this.view === null) return;
        this.view = null;
        clearInterval(clock);
        cancelAnimationFrame(this.frame);
        for (const end of view.ends) end();
        this.root.remove();
      },
    };
  }

  private flush(): void {
    this.frame = 0;
    if (this.view === null) return;
    Object.assign(this.root.dataset, this.view.draw(Date.now()), { draws: String(++this.draws) });
  }
}
