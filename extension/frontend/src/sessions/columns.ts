import { money, percent, quantity } from "../format.ts";
import { age, brokerWords, level, limitName, measure } from "../live/words.ts";
import type { Column } from "../view/table.ts";
import type { SessionRow } from "./model.ts";

const gain = (value: number | null | undefined): string => (!value ? "" : value > 0 ? "wb-gain" : "wb-drop");
const known = (value: number | null | undefined, write: (value: number) => string): string => (typeof value === "number" ? write(value) : "–");
const signed = (value: number): string => money(value, true);

const STATES: Record<string, string> = {
  pending: "Starting", running: "Running", paused: "Paused", complete: "Complete", error: "Failed", stopped: "Stopped",
};

/** Widths in CSS pixels below which columns are left out. */
const MIDDLE = 820;
const NARROW = 560;
const OUT_OF_MIDDLE: readonly string[] = ["Realised", "Drawdown", "Last event"];
const OUT_OF_NARROW: readonly string[] = [...OUT_OF_MIDDLE, "Status", "Exposure"];

/** What is said of a session in a view of this width; `now` is what ages are told against. */
export function sessionColumns(width: number, now: number): Column<SessionRow>[] {
  const left: readonly string[] = width < NARROW ? OUT_OF_NARROW : width < MIDDLE ? OUT_OF_MIDDLE : [];
  const columns: Column<SessionRow>[] = [
    { name: "Session", wide: true, text: nameWords, className: () => "wb-two" },
    { name: "Broker", text: badge, className: () => "wb-broker", dress: (cell, row) => void (cell.dataset["broker"] = badge(row)) },
    { name: "Status", text: statusWords, className: () => "wb-state", dress: (cell, row) => void (cell.dataset["status"] = row.paused ? "paused" : row.status) },
    { name: "Positions", text: (row) => positionWords(row, width < NARROW), dress: (cell, row) => void (cell.title = row.held.map(heldWords).join("\n")) },
    { name: "Exposure", numeric: true, text: ({ risk }) => known(risk?.exposure, money) },
    { name: "Unrealised", numeric: true, text: ({ pnl }) => known(pnl?.unrealized, signed), className: ({ pnl }) => gain(pnl?.unrealized) },
    { name: "Realised", numeric: true, text: ({ pnl }) => known(pnl?.realized, signed), className: ({ pnl }) => gain(pnl?.realized) },
    { name: "Drawdown", numeric: true, text: ({ risk }) => known(risk?.drawdown, percent) },
    { name: "Worst limit", wide: width < NARROW, text: worstWords, className: () => "wb-worst", dress: dressWorst },
    { name: "Last event", numeric: true, text: ({ heardAt }) => (heardAt === null ? "–" : age(now - heardAt)) },
  ];
  return columns.filter(({ name }) => !left.includes(name));
}

/** Its name, and below it what is needed to find it again. */
function nameWords({ id, listed }: SessionRow): string {
  if (listed === null) return `${id}\n `;
  const { name, strategy, symbols } = listed;
  return `${name}\n${[symbols.join(" "), strategy === name ? "" : strategy, id === name ? "" : id].filter(Boolean).join(" · ")}`;
}

function badge({ listed }: SessionRow): string {
  return listed === null || listed.facts === null ? "" : brokerWords(listed.facts).badge;
}

function statusWords({ status, paused }: SessionRow): string {
  return paused ? "Entries paused" : (STATES[status] ?? status);
}

function positionWords({ positions, waiting }: SessionRow, brief: boolean): string {
  const held = positions === 0 ? "flat" : `${positions} open`;
  return waiting > 0 && !brief ? `${held} · ${waiting} waiting` : held;
}

function heldWords({ symbol, direction, quantity: held, unrealized_pnl: profit }: SessionRow["held"][number]): string {
  return `${symbol} ${direction} ${quantity(held)}  ${signed(profit)}`;
}

function worstWords({ worst }: SessionRow): string {
  return worst === null ? "–" : `${limitName(worst.name)} ${percent(worst.used, 0)}`;
}

function dressWorst(cell: HTMLElement, { worst }: SessionRow): void {
  cell.dataset["level"] = worst === null ? "none" : level(worst);
  cell.style.setProperty("--wb-used", worst === null ? "0%" : `${Math.max(0, Math.min(1, worst.used)) * 100}%`);
  cell.title = worst === null ? "No limits are set" : `${measure(worst.value, worst.unit)} of ${measure(worst.limit, worst.unit)}${worst.symbol ? `, ${worst.symbol}` : ""}`;
}
