import type { LiveAction, StreamStatus, WireMessage } from "../../stream/src/index.ts";
import { Watched, type WatchedOptions } from "../live/watched.ts";
import { count } from "../live/words.ts";
import type { Snapshot } from "../reading.ts";
import { listedOf } from "./listed.ts";
import { SessionsModel, type SessionRow } from "./model.ts";

/** That a session has ended is not told in the stream of all: the list is asked for so often. */
const EVERY_MS = 5_000;

/** What Python keeps of the sessions for when nothing answers: the server's list. */
export interface OverviewSnapshot extends Snapshot {
  sessions?: unknown;
}

/** All live sessions of a server. */
export class Overview extends Watched<OverviewSnapshot> {
  readonly id = "--all";
  readonly model = new SessionsModel();
  /** What came of the last request. */
  notice = "";
  private listedAt = -Infinity;

  constructor(options: WatchedOptions<OverviewSnapshot>) {
    super(options);
    this.begin();
  }

  /** The sessions that go on. */
  get active(): SessionRow[] {
    return this.model.rows.filter(({ over }) => !over);
  }

  /** Ask for the list once more, if it is time. */
  refresh(now: number): void {
    if (now - this.listedAt < EVERY_MS || (this.status.state !== "live" && this.status.state !== "catching-up")) return;
    this.listedAt = now;
    void this.ask((body) => {
      const listed = listedOf(body);
      if (listed !== null) this.model.list(listed);
      this.settle();
    });
  }

  protected get story(): SessionsModel {
    return this.model;
  }

  protected get ended(): string {
    return "";
  }

  protected isDone(action: LiveAction): boolean {
    if (action !== "flatten" || this.request?.taken !== true) return false;
    return this.active.every(({ risk, paused, positions, orders }) => (risk === null || paused) && positions === 0 && orders === 0);
  }

  protected override asking(): void {
    this.notice = "";
  }

  protected override answered(reply: any): void {
    if (!Array.isArray(reply?.sessions)) return;
    const asked = reply.sessions.length;
    this.notice = `${count(asked, "session")} ${asked === 1 ? "was" : "were"} asked to flatten`;
  }

  protected override moved(status: StreamStatus): void {
    super.moved(status);
    if (status.state === "live") this.relist();
  }

  protected override took(message: WireMessage): void {
    if (this.model.unlisted) this.relist();
    super.took(message);
  }

  protected override restore({ sessions }: OverviewSnapshot): boolean {
    const listed = listedOf({ sessions });
    if (listed === null || listed.length === 0) return false;
    this.model.list(listed);
    return true;
  }

  /** Ask for the list at once. */
  private relist(): void {
    this.listedAt = -Infinity;
    this.refresh(this.now());
  }
}
