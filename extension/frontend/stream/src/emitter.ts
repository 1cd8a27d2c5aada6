import type { AnyMessage, MessageOf, MessageType } from "./messages.ts";
import type { WireMessage } from "./socket.ts";

/** Gets a message's `data`, and the whole message. */
export type MessageHandler<T extends MessageType = MessageType> = (
  data: MessageOf<T>["data"],
  message: MessageOf<T>,
) => void;
/** For `"*"`, and for types that this version does not know. */
export type AnyHandler = (data: any, message: AnyMessage) => void;

/** Handlers by message type. */
export class Emitter {
  readonly #handlers = new Map<string, AnyHandler[]>();

  /** Call `handler` with each message of a type, or of all types (`"*"`). */
  on<T extends MessageType>(type: T, handler: MessageHandler<T>): this;
  on(type: string, handler: AnyHandler): this;
  on(type: string, handler: (data: any, message: any) => void): this {
    this.#handlers.set(type, [...(this.#handlers.get(type) ?? []), handler]);
    return this;
  }

  /** Call it no more. */
  off<T extends MessageType>(type: T, handler: MessageHandler<T>): this;
  off(type: string, handler: AnyHandler): this;
  off(type: string, handler: (data: any, message: any) => void): this {
    this.#handlers.set(type, (this.#handlers.get(type) ?? []).filter((known) => known !== handler));
    return this;
  }

  protected emit(message: WireMessage): void {
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
