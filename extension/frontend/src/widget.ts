import "uplot/dist/uPlot.min.css";
import "./widget.css";
import "./lists.css";
import "./sweep.css";
import { Session } from "./session.ts";
import { DirectTransport, findServer, RelayTransport, runPlace, type WidgetModel } from "./transport/index.ts";
import { mount } from "./view/mount.ts";

interface Context {
  model: WidgetModel;
  signal?: AbortSignal;
}

const HEIGHT = 560;

/**
 * anywidget's entry. Called once per model: `initialize` connects, and every display of the widget
 * is a `render` that draws from that one connection. (The two get different proxies of the model,
 * so the model cannot be the key between them.)
 */
export default function widget() {
  let session: Session | null = null;

  return {
    /** Returns at once: messages wait for it. */
    initialize({ model, signal }: Context): () => void {
      const server = model.get("direct") ? findServer() : null;
      const relay = new RelayTransport(model);
      const opened = new Session({
        direct: server ? new DirectTransport(server, runPlace(model.get("run_id"))) : null,
        relay,
        snapshot: () => model.get("snapshot") ?? {},
        title: model.get("title") ?? "",
      });
      session = opened;
      const close = (): void => {
        opened.destroy();
        relay.destroy();
      };
      signal?.addEventListener("abort", close, { once: true });
      return close;
    },

    render({ model, el, signal }: Context & { el: HTMLElement }): () => void {
      if (session === null) throw new Error("The widget was drawn before it was initialized.");
      const view = mount(el, session, { height: model.get("height") || HEIGHT });
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
