import type { AnyMessage, MessageOf, MessageType } from "./messages.ts";
import type { WireMessage } from "./socket.ts";

/** Gets a message's `data`, and the whole message. */
export type MessageHandler<T extends MessageType = MessageType> = (
  data: MessageOf<T>["data"],
  message: MessageOf<T>,
) => void;
/** For `"*"`, and for types that this version does not know. */
export type AnyHandler = (data: any, message: AnyMessage) => void;

/**
 * Handlers by message type. What comes before there is any handler is held for the first one, and
 * handed over after the turn in which that one came, so that others of that turn hear it as well.
 */
export abstract class Emitter {
  readonly #handlers = new Map<string, AnyHandler[]>();
  #held: WireMessage[] = [];
  #holding = true;

  /** Call `handler` with each message of a type, or of all types (`"*"`). */
  on<T extends MessageType>(type: T, handler: MessageHandler<T>): this;
  on(type: string, handler: AnyHandler): this;
  on(type: string, handler: (data: any, message: any) => void): this {
    this.#handlers.set(type, [...(this.#handlers.get(type) ?? []), handler]);
    if (this.#held.length > 0) queueMicrotask(() => this.release());
    else this.#holding = false;
    this.wake();
    return this;
  }

  /** Call it no more. */
  off<T extends MessageType>(type: T, handler: MessageHandler<T>): this;
  off(type: string, handler: AnyHandler): this;
  off(type: string, handler: (data: any, message: any) => void): this {
    this.#handlers.set(type, (this.#handlers.get(type) ?? []).filter((known) => known !== handler));
    return this;
  }

  /** Somebody listens. */
  protected abstract wake(): void;

  /** How many messages wait for a handler. */
  protected get held(): number {
    return this.#held.length;
  }

  protected get heard(): boolean {
    return [...this.#handlers.values()].some((handlers) => handlers.length > 0);
  }

  /** Hold what comes from here on, until somebody comes to listen or `release`. */
  protected hold(): void {
    this.#holding = true;
  }

  /** Hand over what is held, if anybody listens. */
  protected release(): void {
    if (!this.heard) return;
    for (let message = this.#held.shift(); message !== undefined; message = this.#held.shift()) this.#tell(message);
    this.#holding = false;
  }

  /** What is held is of no use any more. */
  protected forgetHeld(): void {
    this.#held = [];
  }

  protected emit(message: WireMessage): void {
    if (this.#holding) this.#held.push(message);
    else this.#tell(message);
  }

  #tell(message: WireMessage): void {
    for (const name of [message.type, "*"]) {
      for (const handler of this.#handlers.get(name) ?? []) {
        try {
          handler(message.data, message as AnyMessage);
        } catch (error) {
          // A handler's fault must be seen, but must not cost the others their message.
          queueMicrotask(() => {
            throw error;
          });
        }
      }
    }
  }
}
