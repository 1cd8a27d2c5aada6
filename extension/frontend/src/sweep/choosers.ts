import { el, setShown, setText } from "../dom.ts";
import { label, type Choice } from "../model/grid.ts";
import { titleOf } from "../model/statistics.ts";
import type { SweepModel, Value } from "../model/sweep.ts";
import { MAIN } from "./tip.ts";

/** What the user chose; where nothing was, the sweep decides. */
interface Wanted {
  x?: string;
  y?: string;
  metric?: string;
  split?: number;
  fixed: Record<string, Value>;
}

/** Metrics of which less is better, whatever the sweep looks for. */
const LESS = /^(volatility|ulcer_index|total_commissions|losing_trades)$|_duration$|^longest_losing/;

/** The menus above the picture: both parameters, the metric, the split, and the other parameters. */
export class Choosers {
  readonly root = el("div", "wb-choosers");
  private readonly menus = new Map<string, [HTMLElement, HTMLSelectElement]>();
  private readonly wanted: Wanted = { fixed: {} };
  private last: Choice | null = null;

  constructor(private readonly changed: () => void) {
    this.root.setAttribute("role", "group");
    this.root.setAttribute("aria-label", "What is drawn");
  }

  /** What to draw of a sweep; the same object as long as nothing changed. */
  choose(sweep: SweepModel, over: boolean): Choice {
    const { wanted } = this;
    const all = [...sweep.params.keys()];
    // Once all is known, what had one value alone needs no axis.
    const names = over && sweep.varying.length > 0 ? sweep.varying : sweep.varying.length > 1 ? sweep.varying : all;
    const x = wanted.x !== undefined && names.includes(wanted.x) ? wanted.x : (names.find((name) => name !== wanted.y) ?? names[0] ?? "");
    const others = names.filter((name) => name !== x);
    const y = wanted.y !== undefined && others.includes(wanted.y) ? wanted.y : (others[0] ?? null);
    const rest = others.filter((name) => name !== y);
    const objective = sweep.facts?.metric ?? "sharpe_ratio";
    const metrics = [...new Set([objective, ...MAIN.filter((name) => sweep.metrics.includes(name)), ...sweep.metrics])];
    const metric = wanted.metric !== undefined && metrics.includes(wanted.metric) ? wanted.metric : (metrics[0] as string);
    const better = metric === objective ? (sweep.facts?.better ?? 1) : LESS.test(metric) ? -1 : 1;
    const split = wanted.split ?? sweep.splits.at(-1) ?? 0;
    const fixed = Object.fromEntries(rest.flatMap((name) => (name in wanted.fixed ? [[name, wanted.fixed[name] as Value]] : [])));

    const named = (name: string): [string, string] => [name, name];
    this.menu("x", y === null ? "Parameter" : "Across", names.map(named), x, (name) => {
      // The other axis gives way.
      if (name === y) wanted.y = x;
      wanted.x = name;
    });
    this.menu("y", "Up", others.length > 0 ? names.map(named) : [], y ?? "", (name) => {
      if (name === x) wanted.x = y ?? x;
      wanted.y = name;
    });
    this.menu("metric", "Metric", metrics.map((name) => [name, titleOf(name)]), metric, (name) => (wanted.metric = name));
    this.menu("split", "Split", sweep.splits.map((n) => [String(n), String(n)]), String(split), (n) => (wanted.split = Number(n)));
    for (const name of all) {
      const values = rest.includes(name) ? (sweep.params.get(name) ?? []) : [];
      const chosen = name in fixed ? values.indexOf(fixed[name] as Value) : -1;
      const options = values.map((value, i): [string, string] => [String(i), label(value)]);
      this.menu(`other ${name}`, name, values.length > 0 ? [["-1", "best"], ...options] : [], String(chosen), (i) => {
        if (i === "-1") delete wanted.fixed[name];
        else wanted.fixed[name] = values[Number(i)] as Value;
      });
    }
    const choice: Choice = { x, y, metric, better, split, fixed };
    if (this.last === null || JSON.stringify(this.last) !== JSON.stringify(choice)) this.last = choice;
    return this.last;
  }

  private menu(key: string, title: string, options: [value: string, text: string][], value: string, chosen: (value: string) => void): void {
    let made = this.menus.get(key);
    if (made === undefined) {
      const menu = el("select", "wb-select");
      const frame = el("label", "wb-chooser");
      frame.append(el("span"), menu);
      this.root.append(frame);
      this.menus.set(key, (made = [frame, menu]));
    }
    const [frame, menu] = made;
    setShown(frame, options.length > 1);
    if (options.length < 2) return;
    setText(frame.firstElementChild as HTMLElement, title);
    menu.onchange = () => {
      chosen(menu.value);
      this.changed();
    };
    const known = options.map((option) => option.join("\n")).join("\r");
    if (menu.dataset["known"] !== known) {
      menu.dataset["known"] = known;
      menu.replaceChildren(...options.map(([option, text]) => {
        const node = el("option", "", text);
        node.value = option;
        return node;
      }));
    }
    if (menu.value !== value) menu.value = value;
  }
}
