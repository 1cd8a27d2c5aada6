import "uplot/dist/uPlot.min.css";
import "./widget.css";
import "./lists.css";
import "./sweep.css";
import "./market.css";
import "./live.css";
import { mountLive } from "./live/mount.ts";
import { LiveSession } from "./live/session.ts";
import { mountMarket } from "./market/mount.ts";
import { MarketSession } from "./market/session.ts";
import { Session } from "./session.ts";
import { DirectTransport, findServer, marketPlace, RelayTransport, runPlace, type WidgetModel } from "./transport/index.ts";
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
  const server = model.get("direct") ? findServer() : null;
  const session = new Session({
    direct: server ? new DirectTransport(server, runPlace(model.get("run_id"))) : null,
    relay,
    snapshot: () => model.get("snapshot") ?? {},
    title: model.get("title") ?? "",
  });
  return { mount: (parent, height) => mount(parent, session, { height }), destroy: () => session.destroy() };
}

function openMarket(model: WidgetModel, relay: RelayTransport): Opened {
  const server = model.get("direct") ? findServer() : null;
  const session = new MarketSession({
    direct: server ? new DirectTransport(server, marketPlace(model.get("name"))) : null,
    relay,
    snapshot: () => model.get("snapshot") ?? {},
    title: model.get("title") ?? "",
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
  const server = model.get("direct") ? findServer() : null;
  const id: string = model.get("session_id");
  const session = new LiveSession({
    direct: server ? new DirectTransport(server, runPlace(id), { heartbeat: SIGN_OF_LIFE_S }) : null,
    relay,
    snapshot: () => model.get("snapshot") ?? {},
    title: model.get("title") ?? "",
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

/** What a view's `kind` opens; without one it is a run's. */
const OPENERS: Record<string, (model: WidgetModel, relay: RelayTransport) => Opened> = { market: openMarket, live: openLive };
