import { el, releaseFocus } from "../dom.ts";

export const ICONS = {
  pause: "M4 3h3v10H4zM9 3h3v10H9z",
  resume: "M4.5 2.5v11l9-5.5z",
  step: "M3 2.5v11l7-5.5zM11 3h2.2v10H11z",
  back: "M13 2.5v11L6 8zM2.8 3H5v10H2.8z",
  nextTrade: "M1.5 2.5v11L8 8zM11.8 3.6 16 8l-4.2 4.4L7.6 8z",
  stop: "M3.5 3.5h9v9h-9z",
  replay: "M8 2.6a5.4 5.4 0 1 1-5.2 4l1.6.4A3.75 3.75 0 1 0 8 4.25V6.6L3.9 3.4 8 .2z",
  close: "M3.2 4.3 4.3 3.2 8 6.9l3.7-3.7 1.1 1.1L9.1 8l3.7 3.7-1.1 1.1L8 9.1l-3.7 3.7-1.1-1.1L6.9 8z",
};

/** A button that shows an icon; `name` is what it is called, `key` what does the same. */
export function iconButton(name: string, path: string, pressed: () => void, key = ""): HTMLButtonElement {
  const button = el("button", "wb-button");
  button.type = "button";
  button.append(icon(path));
  button.addEventListener("click", () => isEnabled(button) && pressed());
  rename(button, name, key);
  return button;
}

export function rename(button: HTMLButtonElement, name: string, key: string): void {
  button.title = key ? `${name} (${key})` : name;
  button.setAttribute("aria-label", name);
}

export function icon(path: string): SVGSVGElement {
  const namespace = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(namespace, "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  const shape = document.createElementNS(namespace, "path");
  shape.setAttribute("d", path);
  svg.append(shape);
  return svg;
}

/** A button that can do nothing now keeps the focus, so that the keys work on. */
export function setEnabled(button: HTMLButtonElement, enabled: boolean): void {
  if (isEnabled(button) !== enabled) button.setAttribute("aria-disabled", String(!enabled));
}

export function isEnabled(button: HTMLButtonElement): boolean {
  return button.getAttribute("aria-disabled") !== "true";
}

export function setDisabled(control: HTMLSelectElement | HTMLInputElement, disabled: boolean): void {
  if (control.disabled === disabled) return;
  if (disabled) releaseFocus(control);
  control.disabled = disabled;
}

/** A button that does one of two things: changes name and icon when it changes its meaning. */
export function setMeaning(button: HTMLButtonElement, name: string, path: string, key: string): void {
  if (button.getAttribute("aria-label") === name) return;
  rename(button, name, key);
  button.replaceChildren(icon(path));
}
