import type { ControlData, LiveAction, LiveFacts, StreamStatus, WireMessage } from "../../stream/src/index.ts";
import { refusal, whose } from "../session.ts";
import { askedOf, type Asked } from "./asked.ts";
import { besideOf, type Beside } from "./beside.ts";
import { LiveModel } from "./model.ts";
import { Watched, type WatchedOptions } from "./watched.ts";

export interface LiveSessionOptions extends WatchedOptions {
  id: string;
  /** Told which symbol is shown, when that changes. */
  chosen: (symbol: string) => void;
}

/** A live session: what was asked of it, and what of it is shown. */
export class LiveSession extends Watched {
  readonly live = new LiveModel();
  readonly id: string;
  /** What others asked for, and what was refused. */
  notice = "";
  /** What the session is compared with. */
  beside: Beside | null = null;
  /** What it was asked to be, once the server has told. */
  asked: Asked | null = null;
  private wantedSymbol = "";
  private wantedTimeframe = "";

  constructor(private readonly options: LiveSessionOptions) {
    super(options);
    this.id = options.id;
    this.begin();
  }

  /** Who fills its orders: as it tells, else as it was asked to. */
  get facts(): LiveFacts | null {
    return this.live.facts ?? this.asked?.facts ?? null;
  }

  /** Whether what is said of it changes with the clock alone. */
  restless(now: number): boolean {
    if (this.live.run.over) return false;
    return this.live.facts?.real_time === true || this.request !== null || this.standsStill(now);
  }

  /** The symbol that is shown; empty while none is known. */
  get symbol(): string {
    const { names } = this.live;
    return names.includes(this.wantedSymbol) ? this.wantedSymbol : (names[0] ?? "");
  }

  /** The timeframe that is shown; empty while none is known. */
  get timeframe(): string {
    const names = this.live.symbols.get(this.symbol)?.timeframes ?? [];
    return names.includes(this.wantedTimeframe) ? this.wantedTimeframe : (names[0] ?? "");
  }

  show(symbol: string, timeframe = this.wantedTimeframe): void {
    if (symbol === this.wantedSymbol && timeframe === this.wantedTimeframe) return;
    const moved = symbol !== this.symbol;
    this.wantedSymbol = symbol;
    this.wantedTimeframe = timeframe;
    if (moved) this.options.chosen(symbol);
    this.tell();
  }

  /** Draw this beside the session's own. */
  compare(trait: unknown): void {
    this.beside = besideOf(trait);
    this.tell();
  }

  protected get story(): LiveModel {
    return this.live;
  }

  protected get ended(): string {
    return this.live.run.over ? "The session has ended" : "";
  }

  protected isDone(action: LiveAction): boolean {
    const { live } = this;
    switch (action) {
      case "pause_entries": return live.entriesPaused;
      case "resume_entries": return !live.entriesPaused;
      case "flatten": return live.entriesPaused && live.positions.size === 0 && live.orders.working.length === 0;
      case "stop": return false;
    }
  }

  protected override asking(): void {
    this.notice = "";
  }

  protected override settle(): void {
    if (this.live.run.over) this.notice = "";
    super.settle();
  }

  protected override moved(status: StreamStatus): void {
    if (status.state === "deleted") this.live.run.deleted();
    super.moved(status);
  }

  protected override took(message: WireMessage): void {
    if (message.type === "connected" && this.asked === null) void this.ask((body) => (this.asked = askedOf(body)));
    if (message.type === "control") this.controlled(message.data);
    super.took(message);
  }

  /** What was asked for in the past is no news. */
  private controlled(data: ControlData): void {
    if (this.status.state !== "live") return;
    const own = this.pending === data.action;
    if (own && this.request !== null) this.request.taken = true;
    if (!data.accepted && own) this.request = null;
    this.notice = data.accepted && !own ? `${whose(data)} asked for ${data.action.replaceAll("_", " ")}` : refusal(data);
  }
}
