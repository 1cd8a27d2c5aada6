import { TradeChecksum } from "./checksum.ts";
import type { WireMessage } from "./socket.ts";

/**
 * Proves that what was heard is what the log holds: no event is missing (`eseq` has no gap), and
 * the trades are those that `complete` speaks of. What a server does not tell is not checked.
 */
export class Verifier {
  #next: number | null = null;
  #trades: TradeChecksum | null = null;
  readonly #every: boolean;

  /** `types`: the filter of the subscription, if it has one; `all`: it has no other. */
  constructor(private readonly types: readonly string[] | null, all = true) {
    this.#every = all && types === null;
  }

  /** The story is told from `first` on; from 1 it is whole. */
  begin(first: number): void {
    const whole = first <= 1;
    this.#next = whole && this.#every ? 1 : null;
    this.#trades = whole && (this.types?.includes("trade") ?? true) ? new TradeChecksum() : null;
  }

  /** Which event is missing before this message, or null. */
  missing({ eseq }: WireMessage): string | null {
    if (typeof eseq !== "number" || !this.#every) return null;
    if (this.#next !== null && eseq !== this.#next) return `event ${this.#next} was due, but ${eseq} came`;
    this.#next = eseq + 1;
    return null;
  }

  /** In what the trades differ from those the run made, or null. */
  differs(message: WireMessage): string | null {
    if (this.#trades === null) return null;
    if (message.type === "trade") {
      // A plain server of the contract tells no quantities: then there is nothing to prove.
      if (typeof message.extra?.quantity === "number") this.#trades.add(message as any);
      else this.#trades = null;
    } else if (message.type === "complete") {
      const { trades, crc32 } = message.extra ?? {};
      const { count, value } = this.#trades;
      if (typeof trades === "number" && trades !== count) return `${count} trades were heard, but the run made ${trades}`;
      if (typeof crc32 === "number" && crc32 !== value) return `the checksum of the trades is ${value}, but ${crc32} was due`;
    }
    return null;
  }
}
