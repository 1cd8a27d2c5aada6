import type { LimitUse, PnlData, PositionData, RiskData, WireMessage } from "../../stream/src/index.ts";
import { LiveModel } from "../live/model.ts";
import type { Listed } from "./listed.ts";

/** A list of so many is taken to be cut: who is not in it may go on all the same. */
const MOST_LISTED = 100;

/** All that is known of a session. */
export interface SessionRow {
  id: string;
  /** Null until the server has listed it. */
  listed: Listed | null;
  status: string;
  over: boolean;
  paused: boolean;
  /** What it holds; of one that has ended the number alone is known. */
  held: PositionData[];
  positions: number;
  /** Orders that have not ended, and those of them that are entries and exits, not protection. */
  orders: number;
  waiting: number;
  risk: RiskData | null;
  pnl: PnlData | null;
  /** The limit of which most is used. */
  worst: LimitUse | null;
  /** When it told something last, epoch ms; null where nothing was heard. */
  heardAt: number | null;
}

interface Told {
  live: LiveModel;
  heardAt: number;
  /** How many lists did not have it. */
  missed: number;
}

/** All sessions, as their one stream and the server's list tell them. Knows no clock, no socket and no page. */
export class SessionsModel {
  /** Number of the last message. */
  seq = 0;
  conflated = 0;
  /** The list, once there was one; the newest first. */
  listed: Listed[] | null = null;
  private readonly told = new Map<string, Told>();

  /** Forget what was told; it is going to be told again. */
  reset(): void {
    this.told.clear();
    this.seq = this.conflated = 0;
  }

  apply(message: WireMessage): void {
    const { data, seq, timestamp, conflated } = message;
    const id: unknown = data?.session;
    if (typeof id !== "string") return;
    this.seq = Math.max(this.seq, seq ?? 0);
    this.conflated += conflated ?? 0;
    let known = this.told.get(id);
    if (known === undefined) this.told.set(id, (known = { live: new LiveModel(), heardAt: -Infinity, missed: 0 }));
    known.live.apply(message);
    const at = Date.parse(timestamp ?? "");
    if (at > known.heardAt) known.heardAt = at;
  }

  /** Take in the server's list. */
  list(listed: Listed[]): void {
    const gone = new Set(this.listed?.filter(({ over }) => over).map(({ id }) => id));
    this.listed = listed;
    const there = new Set(listed.map(({ id }) => id));
    for (const [id, known] of this.told) {
      known.missed = there.has(id) ? 0 : known.missed + 1;
      // What began while the list was on its way is not in it yet.
      if (known.missed > 0 && (gone.has(id) || (known.missed > 1 && listed.length < MOST_LISTED))) this.told.delete(id);
    }
  }

  /** Whether somebody trades who was not heard of when the list was asked for last. */
  get unlisted(): boolean {
    const there = new Set(this.listed?.map(({ id }) => id));
    return [...this.told].some(([id, { missed }]) => missed === 0 && !there.has(id));
  }

  /** Those that go on, in the order of the list, then those that have ended. */
  get rows(): SessionRow[] {
    const listed = this.listed ?? [];
    const there = new Set(listed.map(({ id }) => id));
    const rows = [
      ...[...this.told.keys()].filter((id) => !there.has(id)).map((id) => this.row(id, null)),
      ...listed.map((each) => this.row(each.id, each)),
    ];
    return [...rows.filter(({ over }) => !over), ...rows.filter(({ over }) => over)];
  }

  private row(id: string, listed: Listed | null): SessionRow {
    const told = this.told.get(id);
    const risk = told?.live.risk ?? listed?.risk ?? null;
    const over = listed?.over ?? false;
    // Of a session that goes on and was heard of, the stream has told all that holds.
    const live = over ? undefined : told?.live;
    const held = [...(live?.positions.values() ?? [])];
    const working = live?.orders.working ?? [];
    return {
      id, listed, over, risk, held,
      status: listed?.status ?? "running",
      paused: !over && risk?.entries === "paused",
      positions: live === undefined ? (listed?.positions ?? 0) : held.length,
      orders: live === undefined ? (listed?.orders ?? 0) : working.length,
      waiting: working.filter(({ data: { role } }) => role === "entry" || role === "exit").length,
      pnl: told?.live.pnl ?? listed?.pnl ?? null,
      worst: worstOf(risk?.limits ?? []),
      heardAt: told !== undefined && Number.isFinite(told.heardAt) ? told.heardAt : null,
    };
  }
}

function worstOf(limits: readonly LimitUse[]): LimitUse | null {
  return limits.reduce<LimitUse | null>((worst, each) => (worst === null || each.used > worst.used ? each : worst), null);
}
