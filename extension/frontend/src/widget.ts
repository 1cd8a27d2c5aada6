import "uplot/dist/uPlot.min.css";
import "./widget.css";
import "./lists.css";
import "./sweep.css";
import "./market.css";
import "./live.css";
import "./sessions.css";
import { mountLive } from "./live/mount.ts";
import { LiveSession } from "./live/session.ts";
import { mountMarket } from "./market/mount.ts";
import { MarketSession } from "./market/session.ts";
import type { StreamOptions } from "../stream/src/index.ts";
import type { ReadingOptions } from "./reading.ts";
import { Session } from "./session.ts";
import { mountSessions } from "./sessions/mount.ts";
import { Overview } from "./sessions/overview.ts";
import { DirectTransport, findServer, marketPlace, RelayTransport, runPlace, sessionsPlace, type Place, type WidgetModel } from "./transport/index.ts";
import type { Mounted } from "./view/drawing.ts";
import { mount } from "./view/mount.ts";

interface Context {
  model: WidgetModel;
  signal?: AbortSignal;
}

/** A connection, and how it is drawn. */
interface Opened {
  mount(parent: HTMLElement, height: number): Mounted;
  destroy(): void;
}

const HEIGHT = 560;
/** Who may have to flatten must not believe in a connection that is none. */
const SIGN_OF_LIFE_S = 2;

/**
 * anywidget's entry. Called once per model: `initialize` connects, and every display of the widget
 * is a `render` that draws from that one connection. (The two get different proxies of the model,
 * so the model cannot be the key between them.)
 */
export default function widget() {
  let opened: Opened | null = null;

  return {
    /** Returns at once: messages wait for it. */
    initialize({ model, signal }: Context): () => void {
      const relay = new RelayTransport(model);
      const open = OPENERS[model.get("kind")] ?? openRun;
      const made = open(model, relay);
      opened = made;
      const close = (): void => {
        made.destroy();
        relay.destroy();
      };
      signal?.addEventListener("abort", close, { once: true });
      return close;
    },

    render({ model, el, signal }: Context & { el: HTMLElement }): () => void {
      if (opened === null) throw new Error("The widget was drawn before it was initialized.");
      const view = opened.mount(el, model.get("height") || HEIGHT);
      const resize = (): void => view.setHeight(model.get("height") || HEIGHT);
      model.on("change:height", resize);
      const close = (): void => {
        model.off("change:height", resize);
        view.destroy();
      };
      signal?.addEventListener("abort", close, { once: true });
      return close;
    },
  };
}

function openRun(model: WidgetModel, relay: RelayTransport): Opened {
  const session = new Session(waysOf(model, relay, runPlace(model.get("run_id"))));
  return { mount: (parent, height) => mount(parent, session, { height }), destroy: () => session.destroy() };
}

function openMarket(model: WidgetModel, relay: RelayTransport): Opened {
  const session = new MarketSession({
    ...waysOf(model, relay, marketPlace(model.get("name"))),
    timeframe: model.get("timeframe") ?? "",
    chosen(timeframe) {
      // Python keeps the candles of what is shown.
      model.set("timeframe", timeframe);
      model.save_changes();
    },
  });
  const chosen = (): void => session.show(model.get("timeframe"));
  model.on("change:timeframe", chosen);
  return {
    mount: (parent, height) => mountMarket(parent, session, { height }),
    destroy() {
      model.off("change:timeframe", chosen);
      session.destroy();
    },
  };
}

function openLive(model: WidgetModel, relay: RelayTransport): Opened {
  const id: string = model.get("session_id");
  const session = new LiveSession({
    ...waysOf(model, relay, runPlace(id), { heartbeat: SIGN_OF_LIFE_S }),
    id,
    chosen(symbol) {
      // Python keeps the candles of what is shown.
      model.set("symbol", symbol);
      model.save_changes();
    },
  });
  const chosen = (): void => session.show(model.get("symbol"));
  const compare = (): void => session.compare(model.get("beside"));
  chosen();
  compare();
  model.on("change:symbol", chosen);
  model.on("change:beside", compare);
  return {
    mount: (parent, height) => mountLive(parent, session, { height }),
    destroy() {
      model.off("change:symbol", chosen);
      model.off("change:beside", compare);
      session.destroy();
    },
  };
}

function openSessions(model: WidgetModel, relay: RelayTransport): Opened {
  const overview = new Overview(waysOf(model, relay, sessionsPlace(), { heartbeat: SIGN_OF_LIFE_S }));
  return { mount: (parent, height) => mountSessions(parent, overview, { height }), destroy: () => overview.destroy() };
}

/** How a view hears of what is at a place. */
function waysOf(model: WidgetModel, relay: RelayTransport, place: Place, wishes: StreamOptions = {}): ReadingOptions<any> {
  const server = model.get("direct") ? findServer() : null;
  return {
    direct: server ? new DirectTransport(server, place, wishes) : null,
    relay,
    snapshot: () => model.get("snapshot") ?? {},
    title: model.get("title") ?? "",
  };
}

/** What a view's `kind` opens; without one it is a run's. */
const OPENERS: Record<string, (model: WidgetModel, relay: RelayTransport) => Opened> = {
  market: openMarket, live: openLive, sessions: openSessions,
};
