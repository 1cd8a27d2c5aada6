import type { OrderData, Reasoning } from "../../stream/src/index.ts";

/** So many are kept; of more, the oldest that have ended go. */
const MOST = 500;

export const FINAL: ReadonlySet<OrderData["status"]> = new Set(["filled", "cancelled", "rejected", "expired", "left"]);

/** An order as it stands, and why it was given, which is told once. */
export interface OrderRow {
  data: OrderData;
  reasoning: Reasoning | null;
  /** When it was first told of, market time. */
  given: number;
  /** Counts orders as they came. */
  number: number;
}

/** The orders of a session by id. */
export class Orders {
  private readonly rows = new Map<string, OrderRow>();
  private count = 0;
  private waiting: OrderRow[] | null = null;

  take(data: OrderData): void {
    this.waiting = null;
    const known = this.rows.get(data.order_id);
    if (known !== undefined) {
      known.data = data;
      known.reasoning = data.reasoning ?? known.reasoning;
      return;
    }
    const given = Date.parse(data.time);
    this.rows.set(data.order_id, { data, reasoning: data.reasoning ?? null, given, number: ++this.count });
    if (this.rows.size > MOST) this.forget();
  }

  clear(): void {
    this.rows.clear();
    this.waiting = null;
    this.count = 0;
  }

  get(id: string): OrderRow | undefined {
    return this.rows.get(id);
  }

  /** Those that have not ended, the newest first. */
  get working(): readonly OrderRow[] {
    return this.waiting ??= this.newest(({ data }) => !FINAL.has(data.status));
  }

  /** Working ones first, then the latest of all others. */
  latest(most: number): OrderRow[] {
    const working = this.working;
    const ended = this.newest(({ data }) => FINAL.has(data.status));
    return [...working, ...ended.slice(0, Math.max(0, most - working.length))];
  }

  get total(): number {
    return this.count;
  }

  private newest(which: (row: OrderRow) => boolean): OrderRow[] {
    return [...this.rows.values()].filter(which).sort((a, b) => b.number - a.number);
  }

  private forget(): void {
    for (const [id, { data }] of this.rows) {
      if (this.rows.size <= MOST * 0.75) return;
      if (FINAL.has(data.status)) this.rows.delete(id);
    }
  }
}

/** Why an order is as it is, in a sentence. */
export function whyOf({ data, reasoning }: OrderRow): string {
  return data.message ?? reasoning?.rationale ?? "";
}
