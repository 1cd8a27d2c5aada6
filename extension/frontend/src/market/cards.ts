import { Card } from "../charts/cards.ts";
import { dateTime, fixed, whole } from "../format.ts";
import type { MarketGap } from "./model.ts";
import type { PatternGroup } from "./patterns.ts";
import type { Bias, Thing } from "./structure.ts";
import { nameOf, plain } from "./words.ts";

const SIDE: Record<Bias, string> = { bullish: "wb-long", bearish: "wb-short", neutral: "" };

/** The patterns of a candle: which, how strong, since when. */
export function patternCard(group: PatternGroup): HTMLElement[] {
  const [first] = group.patterns;
  const several = group.patterns.length > 1;
  const title = several ? `${group.patterns.length} ${group.direction} patterns` : plain(first?.name ?? "");
  const card = new Card(title, SIDE[group.direction], group.provisional ? "provisional" : "");
  if (!several) card.row("Direction", group.direction, SIDE[group.direction]);
  for (const { name, strength, provisional } of group.patterns) {
    card.row(several ? plain(name) : "Strength", `${fixed(strength, 0)}${provisional && several ? " (provisional)" : ""}`);
  }
  card.row("Candle", `${dateTime(group.time)} UTC`);
  if (first && Number.isFinite(first.confirmedAt) && !group.provisional) card.row("Known at", `${dateTime(first.confirmedAt)} UTC`);
  if (group.provisional) card.text("The candle still grows: this may be gone a moment later.");
  return card.parts;
}

/** A thing of structure: where, since when, what has become of it. */
export function thingCard(thing: Thing, digits: number): HTMLElement[] {
  const card = new Card(nameOf(thing), SIDE[thing.direction], thing.id);
  if (thing.direction !== "neutral") card.row("Direction", thing.direction, SIDE[thing.direction]);
  card.row("Status", thing.status);
  if (thing.top !== thing.bottom) card.row("Prices", `${fixed(thing.bottom, digits)} – ${fixed(thing.top, digits)}`);
  else card.row("Price", fixed(thing.price, digits));
  card.row("Candle", `${dateTime(thing.from)} UTC`);
  if (Number.isFinite(thing.confirmedAt)) card.row("Known at", `${dateTime(thing.confirmedAt)} UTC`);
  if (thing.to !== null) card.row(plain(thing.status), `${dateTime(thing.to)} UTC`);
  card.numbers(thing.numbers);
  return card.parts;
}

export function gapCard(gap: MarketGap): HTMLElement[] {
  const card = new Card(`Missing ${gap.what}`, "wb-expired", gap.filled ? "filled since" : "");
  card.row("How many", whole(gap.missing));
  card.row("From", `${dateTime(gap.start)} UTC`);
  card.row("To", `${dateTime(gap.end)} UTC`);
  return card.parts;
}
