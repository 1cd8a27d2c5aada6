import { el, setText } from "../dom.ts";

/** A row of a time and named values. */
export class Fields<Name extends string> {
  readonly root = el("div", "wb-readout");
  private readonly moment = el("span", "wb-readout-time");
  private readonly values = new Map<Name, HTMLElement>();

  constructor(names: readonly Name[]) {
    this.root.append(this.moment);
    for (const name of names) {
      const value = el("b");
      const field = el("span");
      field.append(`${name} `, value);
      this.values.set(name, value);
      this.root.append(field);
    }
  }

  time(text: string): void {
    setText(this.moment, text);
  }

  set(name: Name, text: string): void {
    setText(this.values.get(name) as HTMLElement, text);
  }
}
