import type { LiveAction } from "../../stream/src/index.ts";
import { el, setShown, setText } from "../dom.ts";
import { Refusal } from "../transport/index.ts";
import { isUnheard, otherWay, requestWords } from "./request.ts";
import type { Watched } from "./watched.ts";

/** Asks for what cannot be taken back, and says what became of it. */
export class Asking {
  readonly root = el("span", "wb-live-told");
  private refused = "";

  constructor(private readonly watched: Watched, private readonly changed: () => void) {
    this.root.setAttribute("role", "status");
  }

  send(action: LiveAction): void {
    this.refused = "";
    this.watched.control(action).catch((error: unknown) => {
      const told = error instanceof Error ? error.message : String(error);
      // Who was refused knows that nothing was done.
      this.refused = error instanceof Refusal ? told : `${told}. ${otherWay(action, this.watched.id)}`;
      this.changed();
    });
  }

  update(now: number): void {
    const { request, barred, id } = this.watched;
    // That it is not connected stands beside.
    const reason = barred === "There is no connection" || barred === "No server answers" ? "" : barred;
    const text = this.refused || (request !== null ? requestWords(request, id, now) : reason);
    setText(this.root, text);
    this.root.title = text;
    this.root.classList.toggle("wb-drop", this.refused !== "" || (request !== null && isUnheard(request, now)));
    setShown(this.root, text !== "");
  }
}
