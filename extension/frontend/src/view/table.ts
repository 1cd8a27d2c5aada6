import { el, setText } from "../dom.ts";

export interface Column<T> {
  name: string;
  text(row: T): string;
  /** Numbers stand to the right. */
  numeric?: boolean;
  /** Takes what space there is, and is cut. */
  wide?: boolean;
  className?(row: T): string;
  /** What a cell says beyond its text and its class. */
  dress?(cell: HTMLElement, row: T): void;
  /** What a click on its head does. */
  sort?(): void;
  /** 1 ascending, -1 descending. */
  sorted?: 1 | -1 | undefined;
}

interface Shown {
  node: HTMLElement;
  cells: HTMLElement[];
}

/** A table whose rows can be chosen by click and by keyboard; rows that stay keep their nodes. */
export class Table<T> {
  readonly root = el("div", "wb-table");
  private readonly head = el("div", "wb-row wb-head");
  private readonly body = el("div", "wb-table-body");
  private shown = new Map<string, Shown>();
  private rows = new Map<HTMLElement, T>();
  private columns: readonly Column<T>[] = [];
  private heads = "";

  constructor(label: string, private readonly key: (row: T) => string, chosen: (row: T) => void) {
    this.root.setAttribute("role", "table");
    this.root.setAttribute("aria-label", label);
    this.head.setAttribute("role", "row");
    this.body.setAttribute("role", "rowgroup");
    this.root.append(this.head, this.body);
    const choose = (target: EventTarget | null): boolean => {
      const node = (target as HTMLElement | null)?.closest<HTMLElement>(".wb-row") ?? null;
      const row = node === null ? undefined : this.rows.get(node);
      if (row !== undefined) chosen(row);
      return row !== undefined;
    };
    this.body.addEventListener("click", (event) => void choose(event.target));
    this.body.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const down = event.key === "ArrowDown";
      const moves = down || event.key === "ArrowUp";
      if (!moves && event.key !== "Enter") return;
      // Else the notebook takes the key as a command of its own.
      event.preventDefault();
      event.stopPropagation();
      const node = (event.target as HTMLElement).closest<HTMLElement>(".wb-row");
      if (moves) ((down ? node?.nextElementSibling : node?.previousElementSibling) as HTMLElement | null)?.focus();
      else choose(event.target);
    });
  }

  show(columns: readonly Column<T>[], rows: readonly T[], selected: string | null): void {
    this.showHead(columns);
    const shown = new Map<string, Shown>();
    this.rows = new Map();
    const nodes = rows.map((row) => {
      const key = this.key(row);
      const made = this.shown.get(key) ?? this.make();
      shown.set(key, made);
      this.rows.set(made.node, row);
      this.columns.forEach((column, i) => {
        const cell = made.cells[i] as HTMLElement;
        const text = column.text(row);
        setText(cell, text);
        if (column.wide) cell.title = text;
        if (column.className) cell.className = classOf(column, column.className(row));
        column.dress?.(cell, row);
      });
      const chosen = String(key === selected);
      if (made.node.getAttribute("aria-selected") !== chosen) made.node.setAttribute("aria-selected", chosen);
      return made.node;
    });
    this.shown = shown;
    const { children } = this.body;
    const stays = nodes.length === children.length && nodes.every((node, i) => node === children[i]);
    if (!stays) this.body.replaceChildren(...nodes);
  }

  private showHead(columns: readonly Column<T>[]): void {
    this.columns = columns;
    const heads = columns.map((column) => `${column.name} ${column.sorted ?? 0}`).join("|");
    if (heads === this.heads) return;
    const names = (text: string): string => text.replace(/ -?\d(?=\||$)/g, "");
    if (names(heads) !== names(this.heads)) this.shown.clear();
    this.heads = heads;
    const focused = [...this.head.children].findIndex((node) => node.contains(document.activeElement));
    this.root.style.setProperty("--wb-columns", columns.map((column) => (column.wide ? "minmax(80px, 1fr)" : "max-content")).join(" "));
    this.head.replaceChildren(...columns.map((column) => {
      const cell = el("div", classOf(column));
      cell.setAttribute("role", "columnheader");
      if (column.sort === undefined) setText(cell, column.name);
      else {
        const button = el("button", "wb-sort", column.name + (column.sorted === 1 ? " ↑" : column.sorted === -1 ? " ↓" : ""));
        button.type = "button";
        button.addEventListener("click", column.sort);
        cell.append(button);
        cell.setAttribute("aria-sort", column.sorted === 1 ? "ascending" : column.sorted === -1 ? "descending" : "none");
      }
      return cell;
    }));
    this.head.children[focused]?.querySelector("button")?.focus();
  }

  private make(): Shown {
    const node = el("div", "wb-row");
    node.tabIndex = 0;
    node.setAttribute("role", "row");
    const cells = this.columns.map((column) => {
      const cell = el("div", classOf(column));
      cell.setAttribute("role", "cell");
      return cell;
    });
    node.append(...cells);
    return { node, cells };
  }
}

function classOf<T>(column: Column<T>, more = ""): string {
  return `wb-cell${column.numeric ? " wb-numeric" : ""}${column.wide ? " wb-wide" : ""}${more ? ` ${more}` : ""}`;
}

/** Lets through one call in a while, and never forgets the last. */
export class Throttle {
  private last = -Infinity;
  private timer: ReturnType<typeof setTimeout> | null = null;

  constructor(private readonly everyMs: number, private readonly again: () => void) {}

  /** Whether it is time; if it is not, `again` is called when it will be. */
  due(now: number): boolean {
    const wait = this.last + this.everyMs - now;
    if (wait <= 0) {
      this.last = now;
      return true;
    }
    this.timer ??= setTimeout(() => {
      this.timer = null;
      this.again();
    }, wait);
    return false;
  }

  stop(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }
}
