import { el, setShown, setText } from "../dom.ts";
import { date } from "../format.ts";
import type { RunStatus } from "../model/run.ts";
import type { StreamStatus } from "../../stream/src/index.ts";
import type { Session } from "../session.ts";
import { LinkMark, linkWords } from "./link.ts";

const STATUS: Record<RunStatus, string> = {
  pending: "Pending", running: "Running", paused: "Paused",
  complete: "Complete", error: "Failed", stopped: "Stopped", deleted: "Deleted",
};

/** What runs, on what, whether its data is real, and how we hear of it. */
export class Header {
  readonly root = el("div", "wb-header");
  private readonly title = el("span", "wb-title");
  private readonly facts = el("span", "wb-facts");
  private readonly synthetic = el("span", "wb-badge wb-synthetic", "SYNTHETIC DATA");
  private readonly status = el("span", "wb-badge wb-status");
  private readonly mark = new LinkMark();

  /** `more` stands before what is said of the run's state. */
  constructor(...more: HTMLElement[]) {
    this.synthetic.title = "These prices were generated. They are not those of any market.";
    const names = el("div", "wb-names");
    names.append(this.title, this.facts);
    this.root.append(names, ...more, this.synthetic, this.status, this.mark.root);
  }

  update(session: Session, now: number): void {
    const { run, about } = session;
    const { info } = run;
    const strategy = about?.strategies || info.strategy;
    const title = about?.name || strategy || session.title || "Backtest";
    setText(this.title, title);
    this.title.title = title;
    const parts = [
      strategy === title ? "" : strategy,
      info.symbol,
      info.timeframes.join(" · "),
      info.start !== null && info.end !== null ? `${date(info.start)} – ${date(info.end)}` : "",
      info.synthetic ? "" : info.source,
    ];
    const facts = parts.filter(Boolean).join("  |  ");
    setText(this.facts, facts);
    this.root.title = facts;
    setShown(this.synthetic, info.synthetic);
    setText(this.status, session.replaying ? "Replay" : (STATUS[run.status] ?? run.status));
    this.status.dataset["status"] = session.replaying ? "replay" : run.status;
    this.mark.update(connection(session, now), run.conflated);
  }
}

/** The status of the connection the picture comes from. */
export function shownStatus({ status, replaying }: Session): StreamStatus {
  return replaying?.status ?? status;
}

/** Name of the state for the style sheet and the tests, and its text for people. */
export function connection(session: Session, now: number): [string, string] {
  const { replaying, saved, silent, route } = session;
  const live = (): string | null => (replaying ? (replaying.state?.state ?? "connecting") : session.run.over ? null : "live");
  return linkWords({ status: shownStatus(session), route, saved, silent }, live, now);
}
