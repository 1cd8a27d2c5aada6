import { CandleSource } from "./charts/source.ts";
import { aboutOf, type About } from "./model/about.ts";
import { Request, type Action } from "./model/request.ts";
import { RunModel } from "./model/run.ts";
import { requestFor, type Row } from "./model/sweep.ts";
import { paceFor, Replaying } from "./replay.ts";
import type { ControlData, StreamStatus, WireMessage } from "../stream/src/index.ts";
import { ChosenTransport, type Control, type Route, type Transport } from "./transport/index.ts";

/** What Python keeps of a run for when nothing answers: a short log, and candles. */
export interface Snapshot {
  messages?: WireMessage[];
  candles?: unknown;
  /** What the server told of the run beside its stream. */
  about?: unknown;
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
  /** The run as its stream tells it, and while there is a replay that of the replay. */
  readonly result = new RunModel();
  replaying: Replaying | null = null;
  /** Who asked for what the run refused, and why; or why a replay ended. */
  notice = "";
  readonly request = new Request();
  readonly candles: CandleSource;
  readonly transport: ChosenTransport;
  readonly title: string;
  status: StreamStatus = { state: "connecting" };
  route: Route = "none";
  /** What the run was asked to be, once the server has told. */
  about: About | null = null;
  /** True while the picture is the saved one. */
  saved = false;
  /** True once nothing has answered in time. */
  silent = false;
  private readonly listeners = new Set<() => void>();
  private readonly stop: () => void;
  private asking = false;

  constructor(private readonly options: SessionOptions) {
    this.title = options.title;
    this.transport = new ChosenTransport(options.direct, options.relay, () => this.useSaved());
    this.candles = new CandleSource((path, query) => this.transport.get(path, query), () => this.tell());
    this.stop = this.transport.subscribe({
      message: (message) => this.heard(message),
      reset: () => {
        this.result.reset();
        this.tell();
      },
      status: (status, route) => {
        this.status = status;
        this.route = route;
        if (status.state === "deleted") {
          this.result.deleted();
          this.endReplay();
        }
        this.request.settle(this.result);
        this.tell();
      },
    });
  }

  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Whether the run can be told something now. */
  get connected(): boolean {
    return this.status.state === "live" || this.status.state === "catching-up";
  }

  /** What is to be drawn. */
  get run(): RunModel {
    return this.replaying?.run ?? this.result;
  }

  /** Ask the run to do something; rejects with the server's words when it will not. */
  async control(action: Action, request: Omit<Control, "action"> = {}): Promise<void> {
    this.request.ask(action, this.result);
    this.tell();
    try {
      await this.transport.control({ action, ...request });
    } catch (error) {
      this.request.refused(action);
      this.tell();
      throw error;
    }
  }

  get isSweep(): boolean {
    return this.about?.sweep === true || this.result.sweep.seen;
  }

  /** Whether a row of the sweep can be started as a run from this page. */
  get canOpen(): boolean {
    return this.isSweep && this.transport.opener !== null && !this.saved && this.result.status !== "deleted";
  }

  /** Start a row of the sweep as a run; rejects with the server's words when it will not. */
  async open(row: Row): Promise<[runId: string, session: Session]> {
    const { opener } = this.transport;
    if (opener === null) throw new Error("This page cannot start runs");
    const reply = await opener.open(requestFor(row));
    const runId = String(reply?.backtest_id ?? "");
    if (!runId) throw new Error("The server did not say which run it started");
    return [runId, new Session({ direct: opener.to(runId), relay: null, snapshot: () => ({}), title: runId })];
  }

  get canReplay(): boolean {
    const { over, status } = this.result;
    // A sweep has no market clock to tell it by.
    return over && status !== "deleted" && !this.saved && !this.isSweep && this.transport.canReplay;
  }

  /** Tell the finished run again. */
  startReplay(): void {
    if (this.replaying !== null || !this.canReplay) return;
    const client = this.transport.replay(paceFor(this.result.bars));
    if (client === null) return;
    this.notice = "";
    this.replaying = new Replaying(client, this.result, () => this.tell(), (why) => this.endReplay(why));
    this.tell();
  }

  /** Back to the result. */
  endReplay(why = ""): void {
    if (this.replaying === null) return;
    const { replaying } = this;
    this.replaying = null;
    this.notice = why;
    replaying.close();
    this.tell();
  }

  destroy(): void {
    this.replaying?.close();
    this.stop();
    this.candles.destroy();
    this.listeners.clear();
  }

  private heard(message: WireMessage): void {
    this.silent = false;
    if (this.saved) {
      this.saved = false;
      this.result.reset();
    }
    this.result.apply(message);
    if (message.type === "connected") void this.ask();
    this.request.settle(this.result);
    // What was refused in the past is no news.
    if (this.result.over) this.notice = "";
    else if (message.type === "control" && this.status.state === "live") this.notice = refusal(message.data);
    this.tell();
  }

  /** What the server does not tell is not shown: the stream alone makes a view. */
  private async ask(): Promise<void> {
    if (this.about !== null || this.asking) return;
    this.asking = true;
    try {
      this.about = aboutOf(await this.transport.get("", {}));
      this.tell();
    } catch {
      // The next connection asks again.
    } finally {
      this.asking = false;
    }
  }

  private useSaved(): void {
    if (this.result.seq > 0) return;
    this.silent = true;
    const { messages, candles, about } = this.options.snapshot();
    if (Array.isArray(messages) && messages.length > 0) {
      this.saved = true;
      for (const message of messages) this.result.apply(message);
      if (candles) this.candles.give(candles);
      this.about = aboutOf(about);
    }
    this.tell();
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }
}

/** What a login without a name is called by the server: no name for people. */
const NAMELESS = /^[0-9a-f]{32}$/i;

/** A refused control in words, or nothing for an accepted one. */
export function refusal(data: ControlData): string {
  const { accepted, action, reason } = data;
  if (accepted) return "";
  return `${whose(data)} asked for ${action.replaceAll("_", " ")}, which was refused${reason ? `: ${reason}` : ""}`;
}

/** Who asked for a control. */
export function whose({ by }: ControlData): string {
  return by === undefined ? "Someone" : NAMELESS.test(by) ? "Another viewer" : by;
}
