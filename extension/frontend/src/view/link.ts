import type { StreamStatus } from "../../stream/src/index.ts";
import { el, setText } from "../dom.ts";
import { duration, whole } from "../format.ts";
import type { Route } from "../transport/index.ts";

/** How something is heard of. */
export interface Link {
  status: StreamStatus;
  route: Route;
  saved: boolean;
  silent: boolean;
}

/**
 * Name of the connection's state for the style sheet and the tests, and its text for people;
 * `upToDate` tells what is said of one that is, null that it is over.
 */
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

/** The dot and the words that say how we hear of what is shown. */
export class LinkMark {
  readonly root = el("span", "wb-connection");
  private readonly text = el("span");

  constructor() {
    this.root.setAttribute("role", "status");
    this.root.append(el("span", "wb-dot"), this.text);
  }

  update([state, words]: readonly [string, string], conflated = 0): void {
    this.root.dataset["state"] = state;
    setText(this.text, words);
    this.root.title = conflated > 0 ? `${whole(conflated)} updates were merged into later ones on the way to this view` : "";
  }
}
