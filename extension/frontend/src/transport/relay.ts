import { StreamClient, type SocketLike } from "../../stream/src/index.ts";
import { replyError, type Control, type Query, type Subscriber, type Transport } from "./types.ts";

/** The comm of a widget. */
export interface Comm {
  send(content: unknown): void;
  on(event: string, handler: (...args: any[]) => void): void;
  off(event: string, handler: (...args: any[]) => void): void;
}

/** The part of an anywidget model that is used. */
export interface WidgetModel extends Comm {
  get(name: string): any;
  set(name: string, value: unknown): void;
  save_changes(): void;
}

const ANSWER_MS = 10_000;

interface Waiting {
  resolve(body: any): void;
  reject(error: Error): void;
  timer: ReturnType<typeof setTimeout>;
}

/** The kernel reads the stream and hands it on through the widget's comm. */
export class RelayTransport implements Transport {
  readonly canControl = true;
  private readonly waiting = new Map<string, Waiting>();
  private count = 0;
  /** Several pages may share one comm: each knows its own requests. */
  private readonly name = Math.random().toString(36).slice(2);
  private readonly onReply = (content: any): void => this.replied(content);

  constructor(private readonly model: Comm) {
    model.on("msg:custom", this.onReply);
  }

  subscribe(subscriber: Subscriber): () => void {
    const client = new StreamClient(({ since, epoch }) => new RelaySocket(this.model, since, epoch), {
      // The kernel reads the stream with a client of its own, which sees to these.
      heartbeat: null,
      verify: false,
      onStatus: (status) => subscriber.status(status, "relay"),
    });
    client.on("reset", () => subscriber.reset());
    client.on("*", (_data, message) => subscriber.message(message));
    return () => client.close();
  }

  get(path: string, query: Query): Promise<any> {
    return this.ask({ kind: "get", path, query });
  }

  control(request: Control): Promise<any> {
    return this.ask({ kind: "control", ...request });
  }

  destroy(): void {
    this.model.off("msg:custom", this.onReply);
    for (const { reject, timer } of this.waiting.values()) {
      clearTimeout(timer);
      reject(new Error("closed"));
    }
    this.waiting.clear();
  }

  private ask(request: Record<string, unknown>): Promise<any> {
    const id = `${this.name}-${++this.count}`;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        if (this.waiting.delete(id)) reject(new Error("the kernel did not answer"));
      }, ANSWER_MS);
      this.waiting.set(id, { resolve, reject, timer });
      this.model.send({ ...request, id });
    });
  }

  private replied(content: any): void {
    const request = content?.kind === "reply" ? this.waiting.get(content.id) : undefined;
    if (!request) return;
    this.waiting.delete(content.id);
    clearTimeout(request.timer);
    if (content.ok) request.resolve(content.body);
    else request.reject(replyError(content.body, "the kernel could not do this"));
  }
}

/** Stands in for a WebSocket: the kernel's thread is its other end. */
class RelaySocket implements SocketLike {
  onopen: ((event: unknown) => void) | null = null;
  onmessage: ((event: { data: any }) => void) | null = null;
  onclose: ((event: { code: number; reason?: string }) => void) | null = null;
  onerror: ((event: unknown) => void) | null = null;
  private readonly listen = (content: any): void => this.heard(content);

  constructor(private readonly model: Comm, since: number, epoch: string | null) {
    model.on("msg:custom", this.listen);
    model.send({ kind: "relay", since, epoch });
  }

  /** The kernel keeps its own connection alive: pings end here. */
  send(): void {}

  close(): void {
    this.model.off("msg:custom", this.listen);
  }

  private heard(content: any): void {
    if (content?.kind === "messages") this.onmessage?.({ data: content.batch });
    else if (content?.kind === "state" && content.state === "finished") this.onclose?.({ code: 1000 });
    else if (content?.kind === "state" && content.state === "deleted") this.onclose?.({ code: 4404, reason: "deleted" });
    else if (content?.kind === "state" && content.state === "failed") {
      this.onclose?.({ code: 1008, reason: String(content.reason ?? "") });
    } else if (content?.kind === "state" && content.state === "lost") this.onclose?.({ code: 1006 });
  }
}
