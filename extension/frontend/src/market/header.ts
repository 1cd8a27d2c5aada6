import { el, setShown, setText } from "../dom.ts";
import { LinkMark, linkWords } from "../view/link.ts";
import type { MarketSession } from "./session.ts";
import { plain, stateOf } from "./words.ts";

/** States in which there is nothing to add to the badge. */
const PLAIN: ReadonlySet<string> = new Set(["live", "starting", ""]);

/** What market it is, whether its prices are real, what its feed does, and how we hear of it. */
export class MarketHeader {
  readonly root = el("div", "wb-header");
  readonly notice = el("div", "wb-notice wb-feed-notice");
  private readonly title = el("span", "wb-title");
  private readonly facts = el("span", "wb-facts");
  private readonly synthetic = el("span", "wb-badge wb-synthetic", "SYNTHETIC DATA");
  private readonly state = el("span", "wb-badge wb-feed");
  private readonly mark = new LinkMark();

  constructor() {
    this.synthetic.title = "These prices are generated. They are not those of any market.";
    this.notice.setAttribute("role", "status");
    const names = el("div", "wb-names");
    names.append(this.title, this.facts);
    this.root.append(names, this.synthetic, this.state, this.mark.root);
  }

  /** Returns the state of the connection. */
  update(session: MarketSession, now: number): string {
    const { market } = session;
    const { info, word } = market;
    setText(this.title, info.symbol || session.title);
    // That prices are generated is said by the badge and over the chart.
    const kind = info.feed && info.feed !== "synthetic" ? plain(info.feed) : "";
    setText(this.facts, [kind, info.source].filter(Boolean).join("  |  "));
    this.facts.title = info.source;
    setShown(this.synthetic, info.synthetic);
    setText(this.state, stateOf(market.state));
    this.state.dataset["feed"] = market.state;
    this.state.title = word.message;
    const told = PLAIN.has(market.state) && !word.code ? "" : [word.message, word.code && `(${word.code})`].filter(Boolean).join(" ");
    setText(this.notice, told);
    const gone = session.status.state === "deleted";
    setShown(this.notice, told !== "" && market.failure === null && !gone);
    const [state, words] = linkWords(session, () => "connected", now);
    // Why it failed is told in full below.
    this.mark.update([state, state === "failed" ? "not connected" : words], market.conflated);
    // What the feed did when one last heard of it is no news of a market that is gone.
    setShown(this.state, !gone && (market.state !== "" || state !== "failed"));
    return state;
  }
}
