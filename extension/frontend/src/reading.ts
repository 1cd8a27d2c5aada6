import type { StreamStatus, WireMessage } from "../stream/src/index.ts";
import { ChosenTransport, type Route, type Transport } from "./transport/index.ts";

/** What Python keeps for when nothing answers: a short log. */
export interface Snapshot {
  messages?: WireMessage[];
}

export interface ReadingOptions<S extends Snapshot = Snapshot> {
  direct: Transport | null;
  relay: Transport | null;
  snapshot: () => S;
  /** Shown until the stream tells its own. */
  title: string;
}

/** What messages are folded into. */
export interface Story {
  /** Number of the last message; 0 while nothing was told. */
  readonly seq: number;
  apply(message: WireMessage): void;
  /** Forget what was told; it is going to be told again. */
  reset(): void;
}

/** One connection to a stream and what it told; any number of views draw from it. */
export abstract class Reading<S extends Snapshot = Snapshot> {
  readonly title: string;
  readonly transport: ChosenTransport;
  status: StreamStatus = { state: "connecting" };
  route: Route = "none";
  /** True while the picture is the saved one. */
  saved = false;
  /** True once nothing has answered in time. */
  silent = false;
  private readonly listeners = new Set<() => void>();
  private readonly snapshot: () => S;
  private stop: (() => void) | null = null;
  private busy = false;

  protected constructor({ direct, relay, snapshot, title }: ReadingOptions<S>) {
    this.title = title;
    this.snapshot = snapshot;
    this.transport = new ChosenTransport(direct, relay, () => this.useSaved());
  }

  protected abstract get story(): Story;

  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  destroy(): void {
    this.stop?.();
    this.listeners.clear();
  }

  /** Begin to read; called by who is made whole. */
  protected begin(): void {
    this.stop = this.transport.subscribe({
      message: (message) => this.heard(message),
      reset: () => {
        this.story.reset();
        this.tell();
      },
      status: (status, route) => {
        this.status = status;
        this.route = route;
        this.moved(status);
        this.tell();
      },
    });
  }

  protected heard(message: WireMessage): void {
    this.silent = false;
    if (this.saved) {
      this.saved = false;
      this.story.reset();
    }
    this.story.apply(message);
    this.took(message);
    this.tell();
  }

  /** A message was folded in. */
  protected took(_message: WireMessage): void {}

  /** The connection has changed. */
  protected moved(_status: StreamStatus): void {}

  /** Tell what was saved; whether there was anything. */
  protected restore({ messages }: S): boolean {
    if (!Array.isArray(messages)) return false;
    for (const message of messages) this.story.apply(message);
    return messages.length > 0;
  }

  /** Ask the server for what the stream does not tell; without an answer the stream alone makes a view. */
  protected async ask(take: (body: any) => void): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    try {
      take(await this.transport.get("", {}));
      this.tell();
    } catch {
      // It is asked again, at the latest by the next connection.
    } finally {
      this.busy = false;
    }
  }

  protected tell(): void {
    for (const listener of this.listeners) listener();
  }

  private useSaved(): void {
    if (this.story.seq > 0) return;
    this.silent = true;
    this.saved = this.restore(this.snapshot());
    this.tell();
  }
}
