/** What became of a signal that was not filled. */
export type Outcome = "rejected" | "expired" | "cancelled" | "declined";

/** A signal that was not filled, and why. */
export interface Signal {
  id: string;
  /** Epoch ms, open time of the candle at whose close it was given. */
  time: number;
  strategy: string;
  decision: string;
  outcome: Outcome;
  code: string;
  message: string;
  numbers: Readonly<Record<string, number>>;
  confidence: number | null;
  rationale: string;
  /** What the decision saw. */
  inputs: Readonly<Record<string, number>>;
}

/** So many declined ones are kept: a strategy may decline at every candle. */
const MOST_DECLINED = 2_000;

/** Read a `signal` message, or null when it lacks a time. */
export function signalOf(data: any, extra: any): Signal | null {
  const time = Date.parse(data.time);
  if (!Number.isFinite(time)) return null;
  const reasoning = data.reasoning ?? {};
  return {
    id: String(data.signal_id ?? ""),
    time,
    strategy: String(data.strategy ?? ""),
    decision: String(data.decision ?? ""),
    outcome: data.outcome,
    code: String(data.code ?? ""),
    message: String(data.message ?? ""),
    numbers: data.numbers ?? {},
    confidence: typeof reasoning.confidence === "number" ? reasoning.confidence : null,
    rationale: String(reasoning.rationale ?? ""),
    inputs: { ...reasoning.inputs, ...extra?.inputs },
  };
}

/** Signals by when they were given; they are told when they end, which may be much later. */
export class Signals {
  /** What was to be filled and was not, by time. */
  unfilled: Signal[] = [];
  /** What was declined, the latest of it. */
  declined: Signal[] = [];
  readonly counts: Record<Outcome, number> = { rejected: 0, expired: 0, cancelled: 0, declined: 0 };

  reset(): void {
    this.unfilled = [];
    this.declined = [];
    for (const outcome in this.counts) this.counts[outcome as Outcome] = 0;
  }

  add(signal: Signal): void {
    if (!(signal.outcome in this.counts)) return;
    this.counts[signal.outcome]++;
    const list = signal.outcome === "declined" ? this.declined : this.unfilled;
    let at = list.length;
    while (at > 0 && (list[at - 1] as Signal).time > signal.time) at--;
    if (at === list.length) list.push(signal);
    else list.splice(at, 0, signal);
    if (this.declined.length > 2 * MOST_DECLINED) this.declined = this.declined.slice(-MOST_DECLINED);
  }

  get total(): number {
    return this.counts.rejected + this.counts.expired + this.counts.cancelled;
  }
}

/** Index of the first signal not before `time`. */
export function firstFrom(signals: readonly Signal[], time: number): number {
  let low = 0;
  let high = signals.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((signals[middle] as Signal).time < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Such as `12 rejected, 1 expired`; empty when there is nothing. */
export function countsInWords(counts: Readonly<Record<Outcome, number>>): string {
  return (["rejected", "expired", "cancelled"] as const)
    .filter((outcome) => counts[outcome] > 0)
    .map((outcome) => `${counts[outcome].toLocaleString("en-US")} ${outcome}`)
    .join(", ");
}
