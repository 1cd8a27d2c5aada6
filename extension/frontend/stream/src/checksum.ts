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
const numbers = new DataView(new ArrayBuffer(16));
const numberBytes = new Uint8Array(numbers.buffer);

/**
 * Running CRC-32 over `trade` messages, in their order: of each the UTF-8 of `entry:` or `exit:`
 * and the `trade_id`, then the price and `extra.quantity` as little-endian doubles.
 */
export class TradeChecksum {
  /** Messages taken in. */
  count = 0;
  /** The checksum so far, 0 to 2**32 - 1. */
  value = 0;

  add({ data, extra }: Pick<TradeMessage, "data" | "extra">): void {
    const entry = data.event === "entry";
    numbers.setFloat64(0, entry ? data.entry_price : data.exit_price, true);
    numbers.setFloat64(8, extra.quantity, true);
    const name = encoder.encode(`${data.event}:${data.trade_id}`);
    this.count++;
    this.value = crc32(numberBytes, crc32(name, this.value));
  }
}
