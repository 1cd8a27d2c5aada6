import { el, setShown, setText } from "../dom.ts";
import type { Failure } from "../model/run.ts";

/** Says what went wrong, with the facts the error came with. */
export class FailureBox {
  readonly root = el("div", "wb-failure");
  private readonly text = el("b");
  private readonly details = el("dl");
  private shown: Failure | null = null;

  constructor() {
    this.root.setAttribute("role", "alert");
    this.root.hidden = true;
    this.root.append(this.text, this.details);
  }

  update(failure: Failure | null): void {
    if (failure === this.shown) return;
    this.shown = failure;
    setShown(this.root, failure !== null);
    if (failure === null) return;
    setText(this.text, failure.error);
    this.details.replaceChildren();
    for (const [name, value] of Object.entries(failure.details)) {
      const text = typeof value === "string" ? value : JSON.stringify(value, null, 1);
      this.details.append(el("dt", "", name.replaceAll("_", " ")), el("dd", text.includes("\n") ? "wb-code" : "", text));
    }
  }
}
