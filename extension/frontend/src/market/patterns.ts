import type { PatternData } from "../../stream/src/index.ts";
import { lowerBound } from "../model/series.ts";
import type { Bias } from "./structure.ts";

export interface Pattern {
  name: string;
  direction: Bias;
  strength: number;
  time: number;
  confirmedAt: number;
  provisional: boolean;
}

/** The patterns of one direction on one candle: one marker. */
export interface PatternGroup {
  time: number;
  direction: Bias;
  patterns: Pattern[];
  /** None of them is certain yet. */
  provisional: boolean;
}

const MOST = 5_000;

/** The patterns of one timeframe: certain ones stay, provisional ones are the latest of their name. */
export class Patterns {
  private closed: Pattern[] = [];
  private readonly growing = new Map<string, Pattern>();
  private made: { groups: PatternGroup[]; times: number[] } | null = null;

  take(data: PatternData): void {
    const pattern: Pattern = {
      name: data.pattern, direction: data.direction, strength: data.strength, time: Date.parse(data.bar_time),
      confirmedAt: Date.parse(data.confirmed_at), provisional: data.provisional,
    };
    if (!Number.isFinite(pattern.time)) return;
    this.made = null;
    if (!pattern.provisional) {
      let at = this.closed.length;
      while (at > 0 && (this.closed[at - 1] as Pattern).time > pattern.time) at--;
      this.closed.splice(at, 0, pattern);
      if (this.closed.length > MOST) this.closed = this.closed.slice(MOST / 4);
    } else if (pattern.strength === 0) this.growing.delete(pattern.name);
    else this.growing.set(pattern.name, pattern);
  }

  /** The candle that opened at `time` has closed: what was seen in its growing is no more. */
  settle(time: number): void {
    for (const [name, pattern] of this.growing) {
      if (pattern.time > time) continue;
      this.growing.delete(name);
      this.made = null;
    }
  }

  get count(): number {
    return this.closed.length;
  }

  get provisional(): number {
    return this.growing.size;
  }

  /** The groups in a stretch of time, in its order. */
  between(min: number, max: number): readonly PatternGroup[] {
    if (this.made === null) {
      const groups = grouped([...this.closed, ...this.growing.values()]);
      this.made = { groups, times: groups.map((group) => group.time) };
    }
    const { groups, times } = this.made;
    return groups.slice(lowerBound(times, min), lowerBound(times, max));
  }
}

function grouped(patterns: Pattern[]): PatternGroup[] {
  const groups = new Map<string, PatternGroup>();
  for (const pattern of patterns) {
    const key = `${pattern.time} ${pattern.direction}`;
    const group = groups.get(key);
    if (group === undefined) {
      groups.set(key, { time: pattern.time, direction: pattern.direction, patterns: [pattern], provisional: pattern.provisional });
    } else {
      group.patterns.push(pattern);
      group.provisional &&= pattern.provisional;
    }
  }
  return [...groups.values()].sort((a, b) => a.time - b.time);
}
