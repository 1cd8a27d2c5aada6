import { CandleSource } from "./charts/source.ts";
import { aboutOf, type About } from "./model/about.ts";
import { Request, type Action } from "./model/request.ts";
import { RunModel } from "./model/run.ts";
import { requestFor, type Row } from "./model/sweep.ts";
import { paceFor, Replaying } from "./replay.ts";
import type { ControlData, StreamStatus, WireMessage } from "../stream/src/index.ts";
import { Reading, type ReadingOptions, type Snapshot } from "./reading.ts";
import type { Control } from "./transport/index.ts";

/** What Python keeps of a run for when nothing answers: a short log, and candles. */
export interface RunSnapshot extends Snapshot {
  candles?: unknown;
  /** What the server told of the run beside its stream. */
  about?: unknown;
}

/** A run, and while it is told again its replay. */
export class Session extends Reading<RunSnapshot> {
  /** The run as its stream tells it, and while there is a replay that of the replay. */
  readonly result = new RunModel();
  replaying: Replaying | null = null;
  /** Who asked for what the run refused, and why; or why a replay ended. */
  notice = "";
  readonly request = new Request();
  readonly candles: CandleSource;
  /** What the run was asked to be, once the server has told. */
  about: About | null = null;

  constructor(options: ReadingOptions<RunSnapshot>) {
    super(options);
    this.candles = new CandleSource((path, query) => this.transport.get(path, query), () => this.tell());
    this.begin();
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

  override destroy(): void {
    this.replaying?.close();
    this.candles.destroy();
    super.destroy();
  }

  protected get story(): RunModel {
    return this.result;
  }

  protected override moved({ state }: StreamStatus): void {
    if (state === "deleted") {
      this.result.deleted();
      this.endReplay();
    }
    this.request.settle(this.result);
  }

  protected override took(message: WireMessage): void {
    if (message.type === "connected" && this.about === null) void this.ask((body) => (this.about = aboutOf(body)));
    this.request.settle(this.result);
    // What was refused in the past is no news.
    if (this.result.over) this.notice = "";
    else if (message.type === "control" && this.status.state === "live") this.notice = refusal(message.data);
  }

  protected override restore(snapshot: RunSnapshot): boolean {
    const restored = super.restore(snapshot);
    if (restored && snapshot.candles) this.candles.give(snapshot.candles);
    if (restored) this.about = aboutOf(snapshot.about);
    return restored;
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
