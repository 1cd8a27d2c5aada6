import { el, setText } from "../dom.ts";

/** What is asked before something is done that cannot be taken back. */
export interface Question {
  title: string;
  /** What will happen, one thing a line; asked for again while the question stands. */
  lines: () => string[];
  /** What the button says that does it. */
  verb: string;
  act: () => void;
}

let questions = 0;

/**
 * A question over the view. The way out has the focus, so that neither a second click nor Enter
 * does what was not read; Escape leaves.
 */
export class Confirm {
  readonly root = el("div", "wb-confirm");
  private readonly card = el("div", "wb-confirm-card");
  private readonly title = el("div", "wb-confirm-title");
  private readonly lines = el("div", "wb-confirm-lines");
  private readonly cancel = el("button", "wb-text-button wb-confirm-cancel", "Cancel");
  private readonly go = el("button", "wb-text-button wb-danger");
  private question: Question | null = null;
  private before: HTMLElement | null = null;
  private told = "";

  constructor(private readonly changed: () => void) {
    const id = `wb-question-${++questions}`;
    this.title.id = id;
    this.lines.id = `${id}-lines`;
    this.card.setAttribute("role", "alertdialog");
    this.card.setAttribute("aria-modal", "true");
    this.card.setAttribute("aria-labelledby", id);
    this.card.setAttribute("aria-describedby", this.lines.id);
    this.cancel.type = this.go.type = "button";
    this.cancel.addEventListener("click", () => this.close());
    this.go.addEventListener("click", () => this.confirm());
    this.root.addEventListener("click", (event) => event.target === this.root && this.close());
    this.root.addEventListener("keydown", (event) => this.key(event));
    const buttons = el("div", "wb-confirm-buttons");
    buttons.append(this.cancel, this.go);
    this.card.append(this.title, this.lines, buttons);
    this.root.append(this.card);
    this.root.hidden = true;
  }

  get open(): boolean {
    return this.question !== null;
  }

  ask(question: Question): void {
    this.question = question;
    this.before = document.activeElement instanceof HTMLElement ? document.activeElement : null;
    setText(this.title, question.title);
    setText(this.go, question.verb);
    this.told = "";
    this.update("");
    this.root.hidden = false;
    this.cancel.focus({ preventScroll: true });
    this.card.scrollIntoView?.({ block: "nearest" });
    this.changed();
  }

  /** Say what would happen now; where nothing can be asked any more, leave. */
  update(barred: string): void {
    if (this.question === null) return;
    if (barred !== "") return this.close();
    const lines = this.question.lines();
    if (lines.join("\n") === this.told) return;
    this.told = lines.join("\n");
    this.lines.replaceChildren(...lines.map((line) => el("div", "", line)));
  }

  close(): void {
    if (this.question === null) return;
    this.question = null;
    this.root.hidden = true;
    this.before?.focus({ preventScroll: true });
    this.changed();
  }

  private confirm(): void {
    const { question } = this;
    this.close();
    question?.act();
  }

  private key(event: KeyboardEvent): void {
    // The notebook has commands of its own for almost every key.
    event.stopPropagation();
    if (event.key === "Escape") this.close();
    else if (event.key === "Tab") (document.activeElement === this.cancel ? this.go : this.cancel).focus();
    else return;
    event.preventDefault();
  }
}
