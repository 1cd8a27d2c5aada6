import type { ControlData, LiveAction, LiveFacts, StreamStatus, WireMessage } from "../../stream/src/index.ts";
import { refusal, whose } from "../session.ts";
import { ChosenTransport, Refusal, type Route, type Transport } from "../transport/index.ts";
import { askedOf, type Asked } from "./asked.ts";
import { besideOf, type Beside } from "./beside.ts";
import { LiveModel } from "./model.ts";
import { isUnheard, type Request } from "./request.ts";

/** A server that was asked for signs of life and says nothing for so long is said to be silent. */
const QUIET_MS = 5_000;

/** What Python keeps of a session for when nothing answers: a short log. */
export interface LiveSnapshot {
  messages?: WireMessage[];
}

export interface LiveSessionOptions {
  direct: Transport | null;
  relay: Transport | null;
  snapshot: () => LiveSnapshot;
  /** Shown until the session tells its strategy. */
  title: string;
  id: string;
  /** Told which symbol is shown, when that changes. */
  chosen: (symbol: string) => void;
  /** Epoch ms. */
  now?: () => number;
}

/** Messages that say no more than that the server lives. */
const SIGNS: ReadonlySet<string> = new Set(["heartbeat", "pong"]);

/** One connection to a live session and what it told; any number of views draw from it. */
export class LiveSession {
  readonly live = new LiveModel();
  readonly title: string;
  readonly id: string;
  status: StreamStatus = { state: "connecting" };
  route: Route = "none";
  /** True while the picture is the saved one. */
  saved = false;
  /** True once nothing has answered in time. */
  silent = false;
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
  private readonly transport: ChosenTransport;
  private readonly listeners = new Set<() => void>();
  private readonly stop: () => void;
  private asking = false;
  private heardAt: number;
  private readonly now: () => number;

  constructor(private readonly options: LiveSessionOptions) {
    this.title = options.title;
    this.id = options.id;
    this.now = options.now ?? Date.now;
    this.heardAt = this.now();
    this.transport = new ChosenTransport(options.direct, options.relay, () => this.useSaved());
    this.stop = this.transport.subscribe({
      message: (message) => this.heard(message),
      reset: () => {
        this.live.reset();
        this.tell();
      },
      status: (status, route) => {
        this.heardAt = this.now();
        this.status = status;
        this.route = route;
        if (status.state === "deleted") this.live.run.deleted();
        this.settle();
        this.tell();
      },
    });
  }

  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
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

  destroy(): void {
    this.stop();
    this.listeners.clear();
  }

  private heard(message: WireMessage): void {
    const was = this.quietFor(this.now()) > 0;
    this.heardAt = this.now();
    // There is nothing to draw anew.
    if (SIGNS.has(message.type) && !this.silent && !this.saved) {
      if (was) this.tell();
      return;
    }
    this.silent = false;
    if (this.saved) {
      this.saved = false;
      this.live.reset();
    }
    this.live.apply(message);
    if (message.type === "connected") void this.ask();
    if (message.type === "control") this.controlled(message.data);
    this.settle();
    this.tell();
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

  /** What the server does not tell is not shown: the stream alone makes a view. */
  private async ask(): Promise<void> {
    if (this.asked !== null || this.asking) return;
    this.asking = true;
    try {
      this.asked = askedOf(await this.transport.get("", {}));
      this.tell();
    } catch {
      // The next connection asks again.
    } finally {
      this.asking = false;
    }
  }

  private useSaved(): void {
    if (this.live.seq > 0) return;
    this.silent = true;
    const { messages } = this.options.snapshot();
    if (Array.isArray(messages) && messages.length > 0) {
      this.saved = true;
      for (const message of messages) this.live.apply(message);
    }
    this.tell();
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }
}
