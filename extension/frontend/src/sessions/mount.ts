import { el, setShown, setText } from "../dom.ts";
import { Confirm } from "../live/confirm.ts";
import { mountLive } from "../live/mount.ts";
import { LiveSession } from "../live/session.ts";
import { brokerWords, count } from "../live/words.ts";
import { Below } from "../view/below.ts";
import { Drawing, type Mounted, type MountOptions } from "../view/drawing.ts";
import { FailureBox } from "../view/failure.ts";
import { setEnabled } from "../view/icons.ts";
import { LinkMark } from "../view/link.ts";
import { Table } from "../view/table.ts";
import { sessionColumns } from "./columns.ts";
import { KillSwitch } from "./killswitch.ts";
import type { SessionRow } from "./model.ts";
import type { Overview } from "./overview.ts";

/** Draw all sessions into `parent`; `height` is that of the charts of the one that is opened. */
export function mountSessions(parent: HTMLElement, overview: Overview, { height }: MountOptions): Mounted {
  const { model } = overview;
  const drawing = new Drawing(parent, "wb-sessions");
  const { root, schedule } = drawing;
  let width = 0;
  let ended = false;
  const facts = el("span", "wb-facts");
  const mark = new LinkMark();
  const confirm = new Confirm(schedule);
  const kill = new KillSwitch(overview, confirm, schedule);
  const notice = el("div", "wb-notice");
  notice.setAttribute("role", "status");
  const failure = new FailureBox();
  const none = el("div", "wb-muted wb-nothing");
  const more = el("button", "wb-text-button");
  more.type = "button";
  more.addEventListener("click", () => {
    ended = !ended;
    schedule();
  });
  const below = new Below(schedule);
  const table = new Table<SessionRow>("Live sessions", (row) => row.id, open);
  const list = el("div", "wb-live-list wb-sessions-list");
  list.append(table.root, none);
  const names = el("div", "wb-names");
  names.append(el("span", "wb-title", overview.title), facts);
  const header = el("div", "wb-header");
  header.append(names, mark.root, kill.root);
  root.append(header, notice, failure.root, list, more, below.root, confirm.root);
  // Reading the width in each frame would force a layout of the whole page.
  const resizes = new ResizeObserver(([entry]) => {
    width = entry?.contentRect.width ?? 0;
    schedule();
  });
  resizes.observe(list);

  /** Show a session below, or say how it is shown; a second click closes it. */
  function open({ id }: SessionRow): void {
    if (below.open === id) return below.close();
    const { opener } = overview.transport;
    below.show("Session", id, opener === null ? null : (within) => {
      const session = new LiveSession({
        direct: opener.to(id), relay: null, snapshot: () => ({}), title: id, id, chosen: () => undefined,
      });
      const view = mountLive(within, session, { height });
      return {
        setHeight: (wanted) => view.setHeight(wanted),
        destroy() {
          view.destroy();
          session.destroy();
        },
      };
    });
  }

  function draw(now: number): Record<string, string> {
    const { rows } = model;
    const active = rows.filter(({ over }) => !over);
    const over = rows.length - active.length;
    const link = overview.link(now);
    mark.update(link, model.conflated);
    setText(facts, factWords(active));
    kill.update(now);
    setText(notice, overview.notice);
    setShown(notice, overview.notice !== "");
    const failed = failure.explain(null, overview.status, "There is no stream of live trading");
    const shown = ended ? rows : active;
    table.show(sessionColumns(width || Infinity, overview.saved ? NaN : now), shown, below.open || null);
    setShown(table.root, shown.length > 0);
    setText(none, model.listed === null ? "Asking for the sessions…" : "No live session goes on. Start one with wb.live(…)");
    setShown(none, shown.length === 0 && !failed);
    setText(more, ended ? "Hide those that have ended" : `Show ${over} that ${over === 1 ? "has" : "have"} ended`);
    more.setAttribute("aria-expanded", String(ended));
    setShown(more, over > 0);
    setEnabled(more, true);
    root.classList.toggle("wb-asking", confirm.open);
    root.classList.toggle("wb-still", overview.standsStill(now) || overview.saved);
    return {
      connection: link[0],
      sessions: String(active.length),
      ended: String(over),
      listed: String(model.listed === null ? 0 : 1),
      positions: String(active.reduce((sum, { positions }) => sum + positions, 0)),
      pending: overview.pending ?? "",
      opened: below.open,
      seq: String(model.seq),
    };
  }

  return drawing.begin({
    draw,
    restless(now) {
      overview.refresh(now);
      return true;
    },
    setHeight(wanted) {
      height = wanted;
      below.setHeight(wanted);
    },
    ends: [overview.onChange(schedule), () => resizes.disconnect(), () => below.close()],
  }, height);
}

/** Such as `3 go on · 4 positions · 1 LIVE`. */
function factWords(active: readonly SessionRow[]): string {
  const positions = active.reduce((sum, row) => sum + row.positions, 0);
  const real = active.filter(({ listed }) => listed?.facts && brokerWords(listed.facts).badge === "LIVE").length;
  const parts = [count(active.length, "session"), count(positions, "position"), real > 0 ? `${real} with real money` : ""];
  return active.length === 0 ? "" : parts.filter(Boolean).join("  |  ");
}
