import type { LimitUse, LiveFacts, OrderData } from "../../stream/src/index.ts";
import { duration, fixed, money, percent, quantity, whole } from "../format.ts";
import { FINAL, type OrderRow } from "./orders.ts";

/** `max_daily_loss` as people say it. */
export function limitName(name: string): string {
  const account = name.startsWith("account.");
  const plain = name.replace(/^account\./, "").replace(/^max_/, "").replaceAll("_", " ");
  const words = plain === "stale after" ? "age of the price" : plain;
  const text = account ? `account: ${words}` : words;
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** A value of a limit in its unit. */
export function measure(value: number, unit: string): string {
  switch (unit) {
    case "money": return Math.abs(value) >= 10_000 ? whole(value) : money(value);
    case "fraction": return percent(value, 1);
    case "x": return `${fixed(value, 2)}×`;
    case "seconds": return value <= 0 ? "0 s" : duration(value);
    case "count": return whole(value);
    default: return quantity(value);
  }
}

/** How a limit is used, for its bar. */
export function level({ used }: Pick<LimitUse, "used">): "ok" | "near" | "breached" {
  return used >= 1 ? "breached" : used >= 0.75 ? "near" : "ok";
}

/** Who fills the orders, in a word and in a sentence. */
export function brokerWords(facts: LiveFacts): { badge: "PAPER" | "SANDBOX" | "LIVE"; told: string } {
  if (facts.broker === "paper") return { badge: "PAPER", told: "Orders are filled here, out of the feed's prices: no order leaves." };
  const place = [facts.exchange, facts.account && `account ${facts.account}`].filter(Boolean).join(", ");
  if (facts.sandbox) return { badge: "SANDBOX", told: `Orders go to the test system of ${place}.` };
  return { badge: "LIVE", told: `Real orders, real money: ${place}.` };
}

/** Such as `buy limit 0.25`. */
export function orderWords({ side, kind, quantity: wanted, filled }: OrderData): string {
  const size = wanted === null ? "" : filled > 0 ? ` ${quantity(filled)} of ${quantity(wanted)}` : ` ${quantity(wanted)}`;
  return `${side} ${kind}${size}`;
}

/** How many units an order is for; of one that the account sizes when it fills, what it came to. */
export function sizeWords({ quantity: wanted, filled, status }: Pick<OrderData, "quantity" | "filled" | "status">): string {
  if (wanted !== null) return quantity(wanted);
  if (filled > 0) return quantity(filled);
  return FINAL.has(status) ? "–" : "sized at fill";
}

/** Orders by what they wait for, such as `2 waiting, 3 protecting`. */
export function waitingWords(working: readonly OrderRow[]): string {
  const waiting = working.filter(({ data: { role } }) => role === "entry" || role === "exit").length;
  const protecting = working.length - waiting;
  return [waiting > 0 ? `${waiting} waiting` : "", protecting > 0 ? `${protecting} protecting` : ""].filter(Boolean).join(", ");
}

/** Such as `2 positions`. */
export function count(number: number, name: string): string {
  return `${number} ${name}${number === 1 ? "" : "s"}`;
}

export function plain(text: string): string {
  return text.replaceAll("_", " ");
}

/** How long ago, in short. */
export function age(ms: number): string {
  const seconds = Math.max(0, ms / 1000);
  return seconds < 1 ? "now" : seconds < 60 ? `${Math.floor(seconds)} s ago` : `${duration(seconds)} ago`;
}
