import type { StructureData } from "../../stream/src/index.ts";

export type Bias = StructureData["direction"];
export type Kind = StructureData["kind"];

/** A thing of market structure, and what has become of it. */
export interface Thing {
  id: string;
  timeframe: string;
  kind: Kind;
  direction: Bias;
  status: string;
  /** Open time of the candle it lies on, epoch ms. */
  from: number;
  /** When it became known. */
  confirmedAt: number;
  /** Open time of the candle that ended it; null while it stands. */
  to: number | null;
  price: number;
  top: number;
  bottom: number;
  numbers: Readonly<Record<string, number>>;
}

/** Kinds that are drawn as a stretch of prices. */
export const ZONES: ReadonlySet<Kind> = new Set<Kind>(["fvg", "order_block", "liquidity", "zone"]);

/** After these facts a thing is history; after any other it still stands. */
const ENDS: ReadonlySet<string> = new Set(["mitigated", "filled", "broken", "swept", "superseded", "expired"]);

const MOST = 3_000;

/** The structure of one timeframe: facts come one after the other, each about a thing by its id. */
export class Structure {
  /** By when it lies on the chart; what was told of it first decides. */
  readonly things: Thing[] = [];
  private readonly byId = new Map<string, Thing>();

  /** Take a fact; what is about a thing that was not heard of cannot be drawn. */
  take(data: StructureData): void {
    const known = this.byId.get(data.id);
    const from = Date.parse(data.bar_time);
    if (!Number.isFinite(from)) return;
    if (known !== undefined) {
      known.status = data.status;
      if (data.numbers) known.numbers = data.numbers;
      if (ENDS.has(data.status)) known.to ??= from;
      else Object.assign(known, edges(data));
      return;
    }
    if (ENDS.has(data.status)) return;
    const thing: Thing = {
      id: data.id, timeframe: data.timeframe, kind: data.kind, direction: data.direction, status: data.status,
      from, confirmedAt: Date.parse(data.confirmed_at), to: null, price: data.price, ...edges(data),
      numbers: data.numbers ?? {},
    };
    this.byId.set(data.id, thing);
    let at = this.things.length;
    while (at > 0 && (this.things[at - 1] as Thing).from > from) at--;
    this.things.splice(at, 0, thing);
    if (this.things.length > MOST) for (const old of this.things.splice(0, MOST / 4)) this.byId.delete(old.id);
  }

  /** What stands now, of the kinds that are zones. */
  get open(): Thing[] {
    return this.things.filter((thing) => thing.to === null && ZONES.has(thing.kind));
  }

  /** The swing at a level, the latest one before `time`: where the line of its break begins. */
  swingAt(price: number, time: number): Thing | null {
    for (let i = this.things.length - 1; i >= 0; i--) {
      const thing = this.things[i] as Thing;
      if (thing.from >= time || (thing.kind !== "swing_high" && thing.kind !== "swing_low")) continue;
      if (thing.price === price) return thing;
    }
    return null;
  }
}

function edges({ price, top, bottom }: StructureData): { top: number; bottom: number } {
  return { top: Math.max(top ?? price, bottom ?? price), bottom: Math.min(top ?? price, bottom ?? price) };
}
