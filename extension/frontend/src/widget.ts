import "uplot/dist/uPlot.min.css";
import "./widget.css";
import { Session } from "./session.ts";
import { DirectTransport, findServer, RelayTransport, type WidgetModel } from "./transport/index.ts";
import { mount } from "./view/mount.ts";

interface Context {
  model: WidgetModel;
  signal?: AbortSignal;
}

const sessions = new WeakMap<WidgetModel, Session>();

function open(model: WidgetModel): () => void {
  const server = model.get("direct") ? findServer() : null;
  const relay = new RelayTransport(model);
  const session = new Session({
    direct: server ? new DirectTransport(server, model.get("run_id")) : null,
    relay,
    snapshot: () => model.get("snapshot") ?? {},
    title: model.get("title") ?? "",
  });
  sessions.set(model, session);
  return () => {
    sessions.delete(model);
    session.destroy();
    relay.destroy();
  };
}

export default {
  /** One connection per model, however often it is displayed. Returns at once. */
  initialize({ model, signal }: Context): () => void {
    const close = open(model);
    signal?.addEventListener("abort", close, { once: true });
    return close;
  },

  render({ model, el, signal }: Context & { el: HTMLElement }): () => void {
    const session = sessions.get(model);
    if (!session) throw new Error("The widget was drawn before it was initialized.");
    const view = mount(el, session, { height: model.get("height") || 560 });
    const resize = (): void => view.setHeight(model.get("height") || 560);
    model.on("change:height", resize);
    const close = (): void => {
      model.off("change:height", resize);
      view.destroy();
    };
    signal?.addEventListener("abort", close, { once: true });
    return close;
  },
};
