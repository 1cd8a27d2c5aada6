import type { StreamClient } from "./client.ts";
import type { AnyMessage } from "./messages.ts";
import { ENDED, failure, StreamError } from "./socket.ts";

const OVER = "This stream is over: make another client to read it again";

interface Waiting {
  resolve(result: IteratorResult<AnyMessage>): void;
  reject(error: Error): void;
}

/**
 * The messages of a client, one after the other. What is not asked for yet waits here: a browser's
 * socket cannot be told to wait.
 */
export class MessageIterator implements AsyncIterableIterator<AnyMessage> {
  readonly #queue: AnyMessage[] = [];
  readonly #waiting: Waiting[] = [];
  readonly #listen = (_data: unknown, message: AnyMessage): void => {
    const next = this.#waiting.shift();
    if (next) next.resolve({ done: false, value: message });
    else this.#queue.push(message);
  };
  readonly #unwatch: () => void;
  #left = false;

  /** `over`: the stream had ended, and all of it was heard, before this began. */
  constructor(private readonly client: StreamClient, private readonly over: boolean) {
    client.on("*", this.#listen);
    this.#unwatch = client.watch(() => this.#settle());
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<AnyMessage>> {
    const value = this.#queue.shift();
    if (value !== undefined) return Promise.resolve({ done: false, value });
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#settle();
    });
  }

  /** Called when a loop is left: the client goes on without it. */
  return(): Promise<IteratorResult<AnyMessage>> {
    this.#left = true;
    this.client.off("*", this.#listen);
    this.#unwatch();
    this.#queue.length = 0;
    this.#settle();
    return Promise.resolve({ done: true, value: undefined });
  }

  /** Answer those who wait for what will not come. */
  #settle(): void {
    const { status } = this.client;
    if (!this.#left && !ENDED.has(status.state)) return;
    const failed = !this.#left && (status.state === "failed" || status.state === "deleted");
    for (const { resolve, reject } of this.#waiting.splice(0)) {
      if (failed) reject(failure(status));
      else if (this.over && !this.#left) reject(new StreamError(OVER, "already_over"));
      else resolve({ done: true, value: undefined });
    }
  }
}
