import type { TradeMessage } from "./messages.ts";

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** CRC-32 as in zlib (IEEE 802.3) of `bytes`, going on from `value`. */
export function crc32(bytes: Uint8Array, value = 0): number {
  let crc = ~value;
  for (const byte of bytes) crc = (crc >>> 8) ^ (TABLE[(crc ^ byte) & 0xff] as number);
  return ~crc >>> 0;
}

const encoder = new TextEncoder();
const numbers = new DataView(new ArrayBuffer(56));

/**
 * Running CRC-32 over `trade` messages, in their order: of each the UTF-8 of its words, with `|`
 * between them, then its numbers as little-endian doubles.
 */
export class TradeChecksum {
  /** Messages taken in. */
  count = 0;
  /** The checksum so far, 0 to 2**32 - 1. */
  value = 0;

  add({ data, extra }: Pick<TradeMessage, "data" | "extra">): void {
    const words: string[] = [data.event, data.trade_id, data.symbol, data.direction, data.entry_time];
    const values = [data.entry_price, extra.quantity];
    if (data.event === "exit") {
      words.push(data.exit_time, data.exit_reason);
      values.splice(1, 0, data.exit_price);
      values.push(data.pnl, data.pnl_percent, data.mfe, data.mae);
    }
    values.forEach((value, place) => numbers.setFloat64(8 * place, value, true));
    const text = crc32(encoder.encode(words.join("|")), this.value);
    this.count++;
    this.value = crc32(new Uint8Array(numbers.buffer, 0, 8 * values.length), text);
  }
}
