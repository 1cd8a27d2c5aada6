import type { StreamStatus, WireMessage } from "../../stream/src/index.ts";
import { ChosenTransport, type Route, type Transport } from "../transport/index.ts";
import { MarketModel } from "./model.ts";

/** What Python keeps of a market for when nothing answers: a short log. */
export interface MarketSnapshot {
  messages?: WireMessage[];
}

export interface MarketSessionOptions {
  direct: Transport | null;
  relay: Transport | null;
  snapshot: () => MarketSnapshot;
  /** Shown until the stream tells its symbol. */
  title: string;
  /** The timeframe to begin with; the shortest where it is empty. */
  timeframe: string;
  /** Told which timeframe is shown, when that changes. */
  chosen: (timeframe: string) => void;
}

/** One connection to a market and what it told; any number of views draw from it. */
export class MarketSession {
  readonly market = new MarketModel();
  readonly title: string;
  status: StreamStatus = { state: "connecting" };
  route: Route = "none";
  /** True while the picture is the saved one. */
  saved = false;
  /** True once nothing has answered in time. */
  silent = false;
  private wanted: string;
  private readonly listeners = new Set<() => void>();
  private readonly stop: () => void;

  constructor(private readonly options: MarketSessionOptions) {
    this.title = options.title;
    this.wanted = options.timeframe;
    const transport = new ChosenTransport(options.direct, options.relay, () => this.useSaved());
    this.stop = transport.subscribe({
      message: (message) => this.heard(message),
      reset: () => {
        this.market.reset();
        this.tell();
      },
      status: (status, route) => {
        this.status = status;
        this.route = route;
        this.tell();
      },
    });
  }

  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** The timeframe that is shown; empty while none is known. */
  get timeframe(): string {
    const { timeframes } = this.market.info;
    return timeframes.includes(this.wanted) ? this.wanted : (timeframes[0] ?? "");
  }

  /** Show a timeframe of those there are. */
  show(timeframe: string): void {
    const { timeframes } = this.market.info;
    if (timeframe === this.timeframe || (timeframes.length > 0 && !timeframes.includes(timeframe))) return;
    this.wanted = timeframe;
    this.options.chosen(timeframe);
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
      this.market.reset();
    }
    this.market.apply(message);
    this.tell();
  }

  private useSaved(): void {
    if (this.market.seq > 0) return;
    this.silent = true;
    const { messages } = this.options.snapshot();
    if (Array.isArray(messages) && messages.length > 0) {
      this.saved = true;
      for (const message of messages) this.market.apply(message);
    }
    this.tell();
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }
}
