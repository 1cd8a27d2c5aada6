import { backtestAddress, liveAddress, marketAddress, StreamClient, type Pace, type StreamOptions } from "../../stream/src/index.ts";
import { cookie, type Server } from "./page.ts";
import { replyError, type Control, type Query, type Subscriber, type Transport } from "./types.ts";

/** What is read: where its stream is, on a server, and its data, under the API. */
export interface Place {
  stream(server: string): URL;
  data: string;
  /** Where it is controlled, under its data. */
  control: string;
}

export function runPlace(runId: string): Place {
  return { stream: (server) => backtestAddress(runId, server), data: `api/backtesting/${encodeURIComponent(runId)}`, control: "control" };
}

export function marketPlace(name: string): Place {
  return { stream: (server) => reading(marketAddress(name, server)), data: `api/market-data/${encodeURIComponent(name)}`, control: "control" };
}

/** All live sessions. Of all of them together one thing can be asked alone. */
export function sessionsPlace(): Place {
  return { stream: (server) => liveAddress(server), data: "api/live-trading", control: "flatten" };
}

/** A page reads what is told: to have the feed started is the kernel's, which can be asked not to. */
function reading(address: URL): URL {
  address.searchParams.set("wake", "0");
  return address;
}

/** The browser talks to the Jupyter server itself; the page's cookie is its right to. */
export class DirectTransport implements Transport {
  readonly canControl = true;

  constructor(
    private readonly server: Server,
    private readonly place: Place,
    private readonly wishes: StreamOptions = {},
  ) {}

  subscribe(subscriber: Subscriber): () => void {
    const client = this.client({ onStatus: (status) => subscriber.status(status, "direct") });
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
    return this.post(this.address(this.place.control), request);
  }

  open(row: unknown): Promise<any> {
    return this.post(this.address("open"), row);
  }

  to(runId: string): Transport {
    return new DirectTransport(this.server, runPlace(runId), this.wishes);
  }

  replay(pace: Pace): StreamClient {
    return this.client({ replay: pace });
  }

  private client(options: StreamOptions): StreamClient {
    return new StreamClient(this.place.stream(this.server.ws), { columns: true, ...this.wishes, ...options });
  }

  /** An empty path is the thing itself. */
  private address(path: string): URL {
    const { data } = this.place;
    return new URL(path ? `${data}/${path}` : data, this.server.http);
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
    if (!reply.ok) throw replyError(body, `the server answered ${reply.status}`, reply.status);
    return body;
  }
}
