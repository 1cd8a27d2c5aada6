import { CandleSource } from "./charts/source.ts";
import { Request, type Action } from "./model/request.ts";
import { RunModel } from "./model/run.ts";
import type { StreamStatus, WireMessage } from "../stream/src/index.ts";
import { ChosenTransport, type Route, type Transport } from "./transport/index.ts";

/** What Python keeps of a run for when nothing answers: a short log, and candles. */
export interface Snapshot {
  messages?: WireMessage[];
  candles?: unknown;
}

export interface SessionOptions {
  direct: Transport | null;
  relay: Transport | null;
  snapshot: () => Snapshot;
  /** Shown until the run tells its own. */
  title: string;
}

/** One connection and what it told; any number of views draw from it. */
export class Session {
  readonly run = new RunModel();
  readonly request = new Request();
  readonly candles: CandleSource;
  readonly transport: Transport;
  readonly title: string;
  status: StreamStatus = { state: "connecting" };
  route: Route = "none";
  /** True while the picture is the saved one. */
  saved = false;
  /** True once nothing has answered in time. */
  silent = false;
  private readonly listeners = new Set<() => void>();
  private readonly stop: () => void;

  constructor(private readonly options: SessionOptions) {
    this.title = options.title;
    this.transport = new ChosenTransport(options.direct, options.relay, () => this.useSaved());
    this.candles = new CandleSource((path, query) => this.transport.get(path, query), () => this.tell());
    this.stop = this.transport.subscribe({
      message: (message) => this.heard(message),
      reset: () => {
        this.run.reset();
        this.tell();
      },
      status: (status, route) => {
        this.status = status;
        this.route = route;
        if (status.state === "deleted") this.run.deleted();
        this.request.settle(this.run);
        this.tell();
      },
    });
  }

  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Ask the run to do something; rejects with the server's words when it will not. */
  async control(action: Action): Promise<void> {
    this.request.ask(action, this.run);
    this.tell();
    try {
      await this.transport.control(action);
    } catch (error) {
      this.request.refused(action);
      this.tell();
      throw error;
    }
  }

  destroy(): void {
    this.stop();
    this.candles.destroy();
    this.listeners.clear();
  }

  private heard(message: WireMessage): void {
    this.silent = false;
    if (this.saved) {
      this.saved = false;
      this.run.reset();
    }
    this.run.apply(message);
    this.request.settle(this.run);
    this.tell();
  }

  private useSaved(): void {
    if (this.run.seq > 0) return;
    this.silent = true;
    const { messages, candles } = this.options.snapshot();
    if (Array.isArray(messages) && messages.length > 0) {
      this.saved = true;
      for (const message of messages) this.run.apply(message);
      if (candles) this.candles.give(candles);
    }
    this.tell();
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }
}
