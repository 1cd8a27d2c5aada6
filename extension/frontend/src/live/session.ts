import type { ControlData, LiveAction, StreamStatus, WireMessage } from "../../stream/src/index.ts";
import { refusal, whose } from "../session.ts";
import { ChosenTransport, Refusal, type Route, type Transport } from "../transport/index.ts";
import { besideOf, type Beside } from "./beside.ts";
import { LiveModel } from "./model.ts";

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
}



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
  pending: LiveAction | null = null;
  /** What others asked for, and what was refused. */
  notice = "";
  /** What the session is compared with. */
  beside: Beside | null = null;
  /** Whether `stop` keeps what is held; null while that is not known. */
  keep: boolean | null = null;
  /** The name people gave it. */
  name = "";
  private forbidden = "";
  private wantedSymbol = "";
  private wantedTimeframe = "";
  private readonly transport: ChosenTransport;
  private readonly listeners = new Set<() => void>();
  private readonly stop: () => void;
  private asked = false;

  constructor(private readonly options: LiveSessionOptions) {
    this.title = options.title;
    this.id = options.id;
    this.transport = new ChosenTransport(options.direct, options.relay, () => this.useSaved());
    this.stop = this.transport.subscribe({
      message: (message) => this.heard(message),
      reset: () => {
        this.live.reset();
        this.tell();
      },
      status: (status, route) => {
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
    this.pending = action;
    this.notice = "";
    this.tell();
    try {
      await this.transport.control({ action });
    } catch (error) {
      if (this.pending === action) this.pending = null;
      if (error instanceof Refusal && error.status === 403) this.forbidden = error.message;
      this.tell();
      throw error;
    }
    this.settle();
    this.tell();
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
    if (!data.accepted && own) this.pending = null;
    this.notice = data.accepted && !own ? `${whose(data)} asked for ${data.action.replaceAll("_", " ")}` : refusal(data);
  }

  /** Look whether what was asked for has been done. */
  private settle(): void {
    const { live } = this;
    if (live.run.over) this.notice = "";
    if (this.pending === null) return;
    const flat = live.positions.size === 0 && live.orders.working.length === 0;
    const done = live.run.over
      || (this.pending === "pause_entries" && live.entriesPaused)
      || (this.pending === "resume_entries" && !live.entriesPaused)
      || (this.pending === "flatten" && live.entriesPaused && flat);
    if (done) this.pending = null;
  }

  /** What the server does not tell is not shown: the stream alone makes a view. */
  private async ask(): Promise<void> {
    if (this.asked) return;
    this.asked = true;
    try {
      const { name, spec } = await this.transport.get("", {});
      const ids: unknown[] = Array.isArray(spec?.strategy_ids) ? spec.strategy_ids : [];
      if (typeof name === "string" && name !== "Backtest" && !ids.includes(name)) this.name = name;
      if (spec?.live) this.keep = spec.live.keep === true;
      this.tell();
    } catch {
      // The next connection asks again.
      this.asked = false;
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
