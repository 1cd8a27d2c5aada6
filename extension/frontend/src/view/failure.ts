import type { StreamStatus } from "../../stream/src/index.ts";
import { el, setShown, setText } from "../dom.ts";
import type { Failure } from "../model/run.ts";

/** Says what went wrong, with the facts the error came with. */
export class FailureBox {
  readonly root = el("div", "wb-failure");
  private readonly text = el("b");
  private readonly details = el("div", "wb-pairs");
  private shown: Failure | null = null;
  private refused: Failure | null = null;

  constructor() {
    this.root.setAttribute("role", "alert");
    this.root.hidden = true;
    this.root.append(this.text, this.details);
  }

  /** Show the last words of a stream, or why there is none (`missing` where that was not told); whether there are any. */
  explain(told: Failure | null, { state, reason }: StreamStatus, missing: string): boolean {
    const error = reason ?? missing;
    if (this.refused?.error !== error) this.refused = { error, details: {} };
    const failure = told ?? (state === "failed" ? this.refused : null);
    this.update(failure);
    return failure !== null;
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
      this.details.append(el("div", "wb-name", name.replaceAll("_", " ")), el("div", text.includes("\n") ? "wb-code" : "", text));
    }
  }
}
