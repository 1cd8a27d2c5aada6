import { el, setShown, setText } from "../dom.ts";
import { dateTime } from "../format.ts";
import { stateOf } from "../market/words.ts";
import type { RunStatus } from "../model/run.ts";
import { LinkMark } from "../view/link.ts";
import type { LiveSession } from "./session.ts";
import { age, brokerWords } from "./words.ts";

const STATUS: Record<RunStatus, string> = {
  pending: "Starting", running: "Running", paused: "Paused", complete: "Complete", error: "Failed", stopped: "Stopped",
  deleted: "Deleted",
};
/** A price older than this is said aloud, unless a limit says when it is stale. */
const OLD_MS = 30_000;
const STILL = "The server says nothing: what is shown is the last that was heard";

/** What session it is, who fills its orders, what its feed does, and how we hear of it. */
export class LiveHeader {
  readonly root = el("div", "wb-header");
  readonly notice = el("div", "wb-notice wb-feed-notice");
  private readonly title = el("span", "wb-title");
  private readonly facts = el("span", "wb-facts");
  private readonly broker = el("span", "wb-badge wb-broker");
  private readonly synthetic = el("span", "wb-badge wb-synthetic", "SYNTHETIC DATA");
  private readonly status = el("span", "wb-badge wb-status");
  private readonly paused = el("span", "wb-badge wb-paused", "ENTRIES PAUSED");
  private readonly feed = el("span", "wb-badge wb-feed");
  private readonly price = el("span", "wb-age");
  private readonly mark = new LinkMark();

  constructor() {
    this.synthetic.title = "These prices are generated. They are not those of any market.";
    this.paused.title = "No entry is let through; what is held is still watched.";
    this.notice.setAttribute("role", "status");
    const names = el("div", "wb-names");
    names.append(this.title, this.facts);
    const badges = el("div", "wb-badges");
    badges.append(this.broker, this.synthetic, this.status, this.paused, this.feed, this.price, this.mark.root);
    this.root.append(names, badges);
  }

  /** Returns the state of the connection. */
  update(session: LiveSession, now: number): string {
    const { live } = session;
    const { run, feed } = live;
    const { asked, facts } = session;
    const strategy = run.info.strategy || asked?.strategy || "";
    const symbols = live.names.length > 0 ? live.names : (asked?.symbols ?? []);
    const synthetic = run.info.synthetic || (live.facts === null && facts?.feed === "synthetic");
    const title = asked?.name || strategy || session.title;
    setText(this.title, title);
    this.title.title = title;
    const parts = [strategy === title ? "" : strategy, session.id === title ? "" : session.id, symbols.join(" · "), synthetic ? "" : run.info.source];
    setText(this.facts, parts.filter(Boolean).join("  |  "));
    this.facts.title = this.facts.textContent ?? "";
    setShown(this.broker, facts !== null);
    if (facts !== null) {
      const { badge, told } = brokerWords(facts);
      setText(this.broker, badge);
      this.broker.dataset["broker"] = badge;
      this.broker.title = told;
    }
    setShown(this.synthetic, synthetic);
    setShown(this.status, live.seq > 0 || run.over || asked !== null);
    setText(this.status, STATUS[run.status] ?? run.status);
    this.status.dataset["status"] = run.status;
    this.status.title = run.status === "pending" ? (asked?.waits ?? "") : "";
    setShown(this.paused, live.entriesPaused && !run.over);
    setShown(this.feed, feed.state !== "" && !run.over);
    setText(this.feed, `Feed ${stateOf(feed.state).toLowerCase()}`);
    this.feed.dataset["feed"] = feed.state;
    this.feed.title = feed.message;
    const troubled = !["", "live", "starting", "ended", "stopped"].includes(feed.state) || feed.code !== "";
    const told = troubled ? [feed.message, feed.code && `(${feed.code})`].filter(Boolean).join(" ") : "";
    setText(this.notice, told);
    setShown(this.notice, told !== "" && !run.over);
    this.aged(session, now);
    const link = session.link(now);
    this.mark.update(link, run.conflated);
    return link[0];
  }

  /** How old the last price is; of a feed that does not go by the clock, where the market stands. */
  private aged(session: LiveSession, now: number): void {
    const { live, saved } = session;
    const { facts, pricedAt, marketTime, run } = live;
    const still = session.standsStill(now);
    const clocked = facts?.real_time === true && pricedAt !== null && !run.over && !saved;
    const market = !clocked && Number.isFinite(marketTime);
    setShown(this.price, clocked || market);
    if (!clocked) {
      setText(this.price, market ? `market ${dateTime(marketTime)}${still ? ", standing still" : ""}` : "");
      this.price.title = still ? STILL : "Market time of the last candle";
      this.price.dataset["old"] = String(still);
      return;
    }
    const ms = now - pricedAt;
    const stale = live.risk?.limits.find(({ name }) => name === "stale_after");
    setText(this.price, `price ${age(ms)}`);
    this.price.title = still ? STILL : "Since the last price of the symbol that waits longest";
    this.price.dataset["old"] = String(still || ms > (stale ? stale.limit * 1000 : OLD_MS));
  }
}
