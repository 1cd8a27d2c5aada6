import type { ControlData, LiveAction, LiveFacts, StreamStatus, WireMessage } from "../../stream/src/index.ts";
import { Reading, type ReadingOptions } from "../reading.ts";
import { refusal, whose } from "../session.ts";
import { Refusal } from "../transport/index.ts";
import { askedOf, type Asked } from "./asked.ts";
import { besideOf, type Beside } from "./beside.ts";
import { LiveModel } from "./model.ts";
import { isUnheard, type Request } from "./request.ts";

/** A server that was asked for signs of life and says nothing for so long is said to be silent. */
const QUIET_MS = 5_000;

export interface LiveSessionOptions extends ReadingOptions {
  id: string;
  /** Told which symbol is shown, when that changes. */
  chosen: (symbol: string) => void;
  /** Epoch ms. */
  now?: () => number;
}

/** Messages that say no more than that the server lives. */
const SIGNS: ReadonlySet<string> = new Set(["heartbeat", "pong"]);

/** A live session: what was asked of it, and what of it is shown. */
export class LiveSession extends Reading {
  readonly live = new LiveModel();
  readonly id: string;
  /** What was asked for and does not show in the stream yet. */
  request: Request | null = null;
  /** What others asked for, and what was refused. */
  notice = "";
  /** What the session is compared with. */
  beside: Beside | null = null;
  /** What it was asked to be, once the server has told. */
  asked: Asked | null = null;
  private forbidden = "";
  private wantedSymbol = "";
  private wantedTimeframe = "";
  private heardAt: number;
  private readonly now: () => number;

  constructor(private readonly options: LiveSessionOptions) {
    super(options);
    this.id = options.id;
    this.now = options.now ?? Date.now;
    this.heardAt = this.now();
    this.begin();
  }

  /** What was asked for last and does not show in the stream yet. */
  get pending(): LiveAction | null {
    return this.request?.action ?? null;
  }

  /** Who fills its orders: as it tells, else as it was asked to. */
  get facts(): LiveFacts | null {
    return this.live.facts ?? this.asked?.facts ?? null;
  }

  /** For how long a server that was asked for signs of life has said nothing, in ms; 0 where that means nothing. */
  quietFor(now: number): number {
    const { state } = this.status;
    // The kernel that hands messages on is asked for none.
    const watched = this.route === "direct" && (state === "live" || state === "catching-up");
    const silent = now - this.heardAt;
    return watched && silent >= QUIET_MS ? silent : 0;
  }

  /** Whether what is shown stands still because nobody tells more. */
  standsStill(now: number): boolean {
    return !this.live.run.over && !this.saved && (this.status.state === "reconnecting" || this.quietFor(now) > 0);
  }

  /** Whether what is said of it changes with the clock alone. */
  restless(now: number): boolean {
    if (this.live.run.over) return false;
    return this.live.facts?.real_time === true || this.request !== null || this.standsStill(now);
  }

  /** Why nothing can be asked of the session from here; empty where it can. */
  get barred(): string {
    if (this.live.run.over) return "The session has ended";
    if (this.saved || this.silent) return "No server answers";
    if (!this.transport.canControl) return "This page only reads";
    if (this.forbidden) return this.forbidden;
    return this.status.state === "live" || this.status.state === "catching-up" ? "" : "There is no connection";
  }

  /** Ask the session for something; rejects with the server's words when it will not. */
  async control(action: LiveAction): Promise<void> {
    const request: Request = (this.request = { action, since: this.now(), taken: false });
    this.notice = "";
    this.tell();
    try {
      await this.transport.control({ action });
      request.taken = true;
    } catch (error) {
      if (this.request === request) this.request = null;
      if (error instanceof Refusal && error.status === 403) this.forbidden = error.message;
      this.tell();
      throw error;
    }
    this.settle();
    this.tell();
  }

  /** Whether an action can be asked for: not again while it is under way, unless nobody seems to have heard it. */
  mayAsk(action: LiveAction, now: number): boolean {
    return this.barred === "" && (this.pending !== action || (this.request !== null && isUnheard(this.request, now)));
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

  protected override moved({ state }: StreamStatus): void {
    this.heardAt = this.now();
    if (state === "deleted") this.live.run.deleted();
    this.settle();
  }

  protected override heard(message: WireMessage): void {
    const was = this.quietFor(this.now()) > 0;
    this.heardAt = this.now();
    // There is nothing to draw anew.
    if (!SIGNS.has(message.type) || this.silent || this.saved) super.heard(message);
    else if (was) this.tell();
  }

  protected override took(message: WireMessage): void {
    if (message.type === "connected" && this.asked === null) void this.ask((body) => (this.asked = askedOf(body)));
    if (message.type === "control") this.controlled(message.data);
    this.settle();
  }

  /** What was asked for in the past is no news. */
  private controlled(data: ControlData): void {
    if (this.status.state !== "live") return;
    const own = this.pending === data.action;
    if (own && this.request !== null) this.request.taken = true;
    if (!data.accepted && own) this.request = null;
    this.notice = data.accepted && !own ? `${whose(data)} asked for ${data.action.replaceAll("_", " ")}` : refusal(data);
  }

  /** Look whether what was asked for has been done. */
  private settle(): void {
    const { live } = this;
    if (live.run.over) this.notice = "";
    if (this.request === null) return;
    const flat = live.positions.size === 0 && live.orders.working.length === 0;
    const done = live.run.over
      || (this.pending === "pause_entries" && live.entriesPaused)
      || (this.pending === "resume_entries" && !live.entriesPaused)
      || (this.pending === "flatten" && live.entriesPaused && flat);
    if (done) this.request = null;
  }
}
