import { el, setShown, setText } from "../dom.ts";
import { date, duration, whole } from "../format.ts";
import type { RunStatus } from "../model/run.ts";
import type { StreamStatus } from "../../stream/src/index.ts";
import type { Session } from "../session.ts";
import type { Route } from "../transport/index.ts";

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
  private readonly connection = el("span", "wb-connection");
  private readonly dot = el("span", "wb-dot");
  private readonly connectionText = el("span");

  /** `more` stands before what is said of the run's state. */
  constructor(...more: HTMLElement[]) {
    this.synthetic.title = "These prices were generated. They are not those of any market.";
    this.connection.setAttribute("role", "status");
    this.connection.append(this.dot, this.connectionText);
    const names = el("div", "wb-names");
    names.append(this.title, this.facts);
    this.root.append(names, ...more, this.synthetic, this.status, this.connection);
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
    const [state, text] = connection(session, now);
    this.connection.dataset["state"] = state;
    setText(this.connectionText, text);
    const merged = run.conflated;
    this.connection.title = merged > 0 ? `${whole(merged)} updates were merged into later ones on the way to this view` : "";
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

/** How something is heard of. */
export interface Link {
  status: StreamStatus;
  route: Route;
  saved: boolean;
  silent: boolean;
}

/** As `connection`; `upToDate` tells what is said of a connection that is, null that it is over. */
export function linkWords({ status, route, saved, silent }: Link, upToDate: () => string | null, now: number): [string, string] {
  if (saved) return ["saved", "saved view, no server"];
  if (silent && status.state !== "failed") return ["silent", "no server answers"];
  switch (status.state) {
    case "connecting": return ["connecting", "connecting"];
    case "live": {
      const live = upToDate();
      if (live === null) return ["finished", "finished"];
      return ["live", route === "relay" ? `${live} (through the kernel)` : live];
    }
    case "catching-up": return ["catching-up", "catching up"];
    case "reconnecting": {
      const seconds = Math.max(0, Math.round((now - (status.since ?? now)) / 1000));
      const why = status.reason ? `, ${status.reason}` : "";
      return ["reconnecting", `reconnecting for ${seconds < 10 ? `${seconds} s` : duration(seconds)}${why}`];
    }
    case "finished": return ["finished", "finished"];
    case "deleted": return ["deleted", "no longer on the server"];
    case "failed": return ["failed", status.reason ?? "no connection"];
    case "closed": return ["closed", "closed"];
  }
}
