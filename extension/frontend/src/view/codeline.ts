import { el, setText } from "../dom.ts";

/** A line of Python to be run in a cell, and a button that copies it. */
export class CodeLine {
  readonly line = el("span", "wb-code-line");
  readonly copy = el("button", "wb-text-button", "Copy");

  constructor() {
    this.copy.type = "button";
    this.copy.addEventListener("click", () => void this.copyLine());
  }

  show(text: string): void {
    setText(this.line, text);
  }

  private async copyLine(): Promise<void> {
    const text = this.line.textContent ?? "";
    try {
      await navigator.clipboard.writeText(text);
      setText(this.copy, "Copied");
      setTimeout(() => setText(this.copy, "Copy"), 1_500);
    } catch {
      // Pages without the right to the clipboard: selected, it can be copied by hand.
      getSelection()?.selectAllChildren(this.line);
    }
  }
}
