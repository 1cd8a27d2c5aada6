import { BacktestStreamClient, type Pace, type StreamClient } from "../../stream/src/index.ts";
import { cookie, type Server } from "./page.ts";
import { replyError, type Control, type Query, type Subscriber, type Transport } from "./types.ts";

/** The browser talks to the Jupyter server itself; the page's cookie is its right to. */
export class DirectTransport implements Transport {
  readonly canControl = true;

  constructor(
    private readonly server: Server,
    private readonly runId: string,
  ) {}

  subscribe(subscriber: Subscriber): () => void {
    const client = new BacktestStreamClient(this.runId, {
      server: this.server.ws,
      columns: true,
      onStatus: (status) => subscriber.status(status, "direct"),
    });
    client.on("reset", () => subscriber.reset());
    client.on("*", (_data, message) => subscriber.message(message));
    return () => client.close();
  }

  get(path: string, query: Query): Promise<any> {
    const url = this.address(path);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, String(value));
    return this.fetch(url, { method: "GET" });
  }

  control(request: Control): Promise<any> {
    return this.post(this.address("control"), request);
  }

  open(row: unknown): Promise<any> {
    return this.post(this.address("open"), row);
  }

  to(runId: string): Transport {
    return new DirectTransport(this.server, runId);
  }

  replay(pace: Pace): StreamClient {
    return new BacktestStreamClient(this.runId, { server: this.server.ws, columns: true, replay: pace });
  }

  /** An empty path is the run itself. */
  private address(path: string): URL {
    const run = `api/backtesting/${encodeURIComponent(this.runId)}`;
    return new URL(path ? `${run}/${path}` : run, this.server.http);
  }

  private post(url: URL, body: unknown): Promise<any> {
    return this.fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-XSRFToken": cookie("_xsrf") ?? "" },
      body: JSON.stringify(body),
    });
  }

  private async fetch(url: URL, init: RequestInit): Promise<any> {
    const reply = await fetch(url, { credentials: "same-origin", ...init }).catch(() => {
      throw new Error("The server cannot be reached");
    });
    const body: unknown = await reply.json().catch(() => null);
    if (!reply.ok) throw replyError(body, `the server answered ${reply.status}`);
    return body;
  }
}
