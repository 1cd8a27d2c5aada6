import { el } from "../dom.ts";
import { CodeLine } from "./codeline.ts";
import type { Mounted } from "./drawing.ts";

/** A view that was opened out of another, below it. */
export class Below {
  readonly root = el("div", "wb-opened");
  private view: Mounted | null = null;
  private id = "";

  constructor(private readonly changed: () => void) {}

  /** What is open; empty where nothing is. */
  get open(): string {
    return this.id;
  }

  /** Open the view of an id in the place of the one that is open; `mount` draws it, null where only Python can. */
  show(what: string, id: string, mount: ((parent: HTMLElement) => Mounted) | null): void {
    this.close();
    const head = el("div", "wb-opening-bar");
    const close = el("button", "wb-text-button", "Close");
    close.type = "button";
    close.addEventListener("click", () => this.close());
    const code = new CodeLine();
    code.show(`wb.attach(${JSON.stringify(id)})`);
    head.append(el("span", "", what), code.line, code.copy, close);
    this.root.append(head);
    this.id = id;
    this.view = mount?.(this.root) ?? null;
    this.changed();
  }

  setHeight(height: number): void {
    this.view?.setHeight(height);
  }

  close(): void {
    if (this.id === "") return;
    this.view?.destroy();
    this.view = null;
    this.id = "";
    this.root.replaceChildren();
    this.changed();
  }
}
