/**
 * Small helpers over the page. Text goes in as text, never as markup. Only div, span, b and controls
 * are made: notebooks style lists, paragraphs and tables inside outputs.
 */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K, className = "", text?: string,
): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

/** Write only what changed: a touched text node costs a layout. */
export function setText(node: Element, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

export function setShown(node: HTMLElement, shown: boolean): void {
  if (node.hidden === !shown) return;
  if (!shown) releaseFocus(node);
  node.hidden = !shown;
}

/** What goes away gives the focus to the view, which keeps its keys. */
export function releaseFocus(node: HTMLElement): void {
  if (node.matches(":focus-within")) node.closest<HTMLElement>(".wb-root")?.focus({ preventScroll: true });
}
