import { RunModel } from "./model/run.ts";
import { ENDED, type Pace, type ReplayData, type StreamClient, type StreamStatus, type WireMessage } from "../stream/src/index.ts";

/** Seconds a run may take to be told again, and the paces there are for it. */
const WHOLE_S = 30;
const PACES = [1, 5, 20, 100, 500, 1_000, 5_000, 10_000];

const JUMPS: ReadonlySet<string> = new Set(["seek", "step"]);

/** A pace at which a run of so many candles is told in about half a minute. */
export function paceFor(bars: number): Pace {
  const wanted = bars / WHOLE_S;
  return { speed: Math.max(1, ...PACES.filter((speed) => speed <= wanted)) };
}

/** A finished run told again, on a connection of its own. */
export class Replaying {
  /** The run as it stood. */
  readonly run = new RunModel();
  state: ReplayData | null = null;
  status: StreamStatus = { state: "connecting" };
  /** Why the last control was refused. */
  refused = "";
  /** What comes up to here is told again, and not worth a look before it is complete. */
  private until = 0;
  private readonly unwatch: () => void;

  constructor(
    private readonly client: StreamClient,
    private readonly result: RunModel,
    private readonly changed: () => void,
    ended: (why: string) => void,
  ) {
    this.forget();
    client.on("*", (_data, message) => this.heard(message as WireMessage));
    this.unwatch = client.watch((status) => {
      this.status = status;
      if (ENDED.has(status.state)) ended(this.state === null ? (status.reason ?? "This server cannot tell a run again") : (status.reason ?? ""));
      changed();
    });
  }

  get playing(): boolean {
    return this.state?.state === "playing";
  }

  /** Market time of the run's first and last candle, if known. */
  get span(): [start: number, end: number] | null {
    const start = Date.parse(this.state?.start ?? "");
    const end = Date.parse(this.state?.end ?? "");
    return end > start ? [start, end] : null;
  }

  toggle(): void {
    this.say(() => {
      if (this.playing) return this.client.pause();
      const { start } = this.state ?? {};
      if (this.state?.state === "ended" && start != null) this.client.seek({ time: start });
      this.client.resume();
    });
  }

  step(candles: number): void {
    this.say(() => this.client.step(candles));
  }

  speed(value: number, unit?: "x"): void {
    this.say(() => this.client.speed(value, unit));
  }

  seek(time: number): void {
    this.say(() => this.client.seek({ time: new Date(time).toISOString() }));
  }

  /** To the next fill after the candle it stands at, or the last one before it. */
  toTrade(back: boolean): void {
    const { present } = this.run;
    const times = this.result.markers.map((marker) => marker.time);
    const time = back ? times.filter((each) => each < present).at(-1) : times.find((each) => each > present);
    if (time !== undefined) return this.seek(time);
    this.refused = back ? "There is no trade before this" : "There is no trade after this";
    this.changed();
  }

  toStart(): void {
    if (this.span) this.seek(this.span[0]);
  }

  toEnd(): void {
    this.say(() => this.client.seek({ seq: this.state?.last_seq ?? 0 }));
  }

  close(): void {
    this.unwatch();
    this.client.close();
  }

  private say(what: () => void): void {
    this.refused = "";
    try {
      what();
    } catch (error) {
      this.refused = error instanceof Error ? error.message : String(error);
    }
    this.changed();
  }

  private heard(message: WireMessage): void {
    const { type, data, seq } = message;
    if (type === "reset") {
      this.forget();
      this.until = Math.max(this.until, Number(data?.seq) || 0);
      return;
    }
    if (type === "control" && seq === undefined) {
      this.refused = data?.accepted === false ? String(data.reason ?? "refused") : "";
      // Forward as well, half the way is no place to be: where it led is told after it.
      if (data?.accepted && JUMPS.has(data.action)) this.until = Infinity;
    } else if (type === "error" && seq === undefined) this.refused = String(data?.error ?? "");
    else this.run.apply(message);
    if (type === "replay") {
      this.state = data;
      this.until = 0;
    }
    if (this.run.seq >= this.until) this.changed();
  }

  /** What the run was on is no secret of its future, and keeps the picture in place. */
  private forget(): void {
    this.run.reset();
    Object.assign(this.run.info, this.result.info);
    this.run.bars = this.result.bars;
  }
}
