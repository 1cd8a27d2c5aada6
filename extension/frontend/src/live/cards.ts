import { Card } from "../charts/cards.ts";
import { dateTime, fixed, money, percent, quantity } from "../format.ts";
import type { OrderRow } from "./orders.ts";
import { orderWords, plain, sizeWords } from "./words.ts";

/** All that is known of an order: what it is, what became of it, and why. */
export function orderCard({ data, reasoning, given }: OrderRow, digits: number): HTMLElement[] {
  const card = new Card(orderWords(data), data.side === "buy" ? "wb-long" : "wb-short", data.order_id);
  card.row("Status", plain(data.status), `wb-order-${data.status}`);
  card.row("For", plain(data.role));
  if (Number.isFinite(given)) card.row("Given", `${dateTime(given)} UTC`);
  card.row("Told last", `${dateTime(Date.parse(data.time))} UTC`);
  card.row("Size", sizeWords(data));
  if (data.price !== null) card.row("Price", fixed(data.price, digits));
  if (data.filled > 0) card.row("Filled", `${quantity(data.filled)}${data.average_price === null ? "" : ` at ${fixed(data.average_price, digits)}`}`);
  if (data.fees > 0) card.row("Fees", money(data.fees));
  card.row("Broker", data.emulated ? `${data.broker}, rests here` : data.broker);
  if (data.client_order_id !== undefined) card.row("Known there as", data.client_order_id);
  if (data.trade_id !== undefined) card.row("Trade", data.trade_id);
  if (data.code !== undefined) card.row("Code", data.code);
  if (data.latency_ms !== undefined) card.row("Latency", `${quantity(data.latency_ms)} ms`);
  if (reasoning !== null) card.row("Confidence", percent(reasoning.confidence, 0));
  card.numbers({ ...data.numbers, ...reasoning?.inputs });
  card.text(data.message ?? null);
  card.text(reasoning?.rationale ?? null);
  return card.parts;
}
