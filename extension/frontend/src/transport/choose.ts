import type { Pace, StreamClient, StreamStatus } from "../../stream/src/index.ts";
import type { Control, Query, Route, Subscriber, Transport } from "./types.ts";

const DIRECT_MS = 2_500;
const GIVE_UP_MS = 4_000;

/**
 * Direct where the page has a server, else through the kernel. The relay is asked when the direct
 * way has not opened in time or was refused; whichever is connected first is kept and the other
 * one dropped. When neither answers, `silent` is called, and both go on trying.
 */
export class ChosenTransport {
  private route: Route = "none";

  constructor(
    private readonly direct: Transport | null,
    private readonly relay: Transport | null,
    private readonly silent: () => void,
  ) {}

  get canControl(): boolean {
    return this.chosen?.canControl ?? false;
  }

  get(path: string, query: Query): Promise<any> {
    return this.chosen?.get(path, query) ?? Promise.reject(new Error("no server answers"));
  }

  control(request: Control): Promise<any> {
    return this.chosen?.control(request) ?? Promise.reject(new Error("no server answers"));
  }

  /** Null where the chosen way cannot. */
  replay(pace: Pace): StreamClient | null {
    return this.chosen?.replay?.(pace) ?? null;
  }

  get canReplay(): boolean {
    return this.chosen?.replay !== undefined;
  }

  /** Null where the chosen way cannot start runs. */
  get opener(): Pick<Required<Transport>, "open" | "to"> | null {
    const { chosen } = this;
    if (chosen?.open === undefined || chosen.to === undefined) return null;
    return { open: chosen.open.bind(chosen), to: chosen.to.bind(chosen) };
  }

  subscribe(subscriber: Subscriber): () => void {
    const stops = new Map<Route, () => void>();
    const timers: ReturnType<typeof setTimeout>[] = [];
    const failures = new Map<Route, StreamStatus>();
    const keep = (route: Route): void => {
      if (this.route !== "none") return;
      this.route = route;
      timers.forEach(clearTimeout);
      for (const [other, stop] of stops) if (other !== route) stop();
    };
    const start = (route: Route, transport: Transport | null): void => {
      if (transport === null || stops.has(route) || this.route !== "none") return;
      stops.set(route, transport.subscribe({
        message: (message) => {
          if (message.type === "connected") keep(route);
          if (this.route === route) subscriber.message(message);
        },
        reset: () => this.route === route && subscriber.reset(),
        status: (status) => {
          if (this.route === route) subscriber.status(status, route);
          else if (this.route === "none") unanswered(route, status);
        },
      }));
    };
    const unanswered = (route: Route, status: StreamStatus): void => {
      if (["failed", "finished", "deleted"].includes(status.state)) failures.set(route, status);
      if (route === "direct" && status.state !== "connecting" && status.state !== "live") start("relay", this.relay);
      const ways = [this.direct && "direct", this.relay && "relay"].filter(Boolean) as Route[];
      if (!ways.every((way) => failures.has(way))) return;
      keep(ways[0] as Route);
      report();
    };
    const report = (): void => {
      const failure = failures.get("direct") ?? failures.get("relay");
      if (failure) subscriber.status({ ...failure, state: "failed" }, this.route);
      this.silent();
    };

    subscriber.status({ state: "connecting" }, "none");
    if (this.direct !== null) {
      start("direct", this.direct);
      timers.push(setTimeout(() => start("relay", this.relay), DIRECT_MS));
    } else start("relay", this.relay);
    timers.push(setTimeout(report, (this.direct ? DIRECT_MS : 0) + GIVE_UP_MS));
    return () => {
      timers.forEach(clearTimeout);
      stops.forEach((stop) => stop());
    };
  }

  private get chosen(): Transport | null {
    return this.route === "direct" ? this.direct : this.route === "relay" ? this.relay : null;
  }
}
