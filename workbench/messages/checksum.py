"""The proof that a reader holds the same trades as the log."""

from __future__ import annotations

import struct
import zlib

from workbench.messages.payloads import EntryData
from workbench.messages.wire import Trade

_entry = struct.Struct("<2d").pack
_exit = struct.Struct("<7d").pack


class TradeChecksum:
    """Running CRC-32 (IEEE 802.3, as in zlib) over `trade` messages, in their order.

    Of each message, words as UTF-8, with ``|`` between them, then numbers as little-endian IEEE
    754 doubles. Of an entry ``entry``, `trade_id`, `symbol`, `direction`, `entry_time`; then
    `entry_price` and `extra.quantity`. Of an exit ``exit``, `trade_id`, `symbol`, `direction`,
    `entry_time`, `exit_time`, `exit_reason`; then `entry_price`, `exit_price`, `extra.quantity`,
    `pnl`, `pnl_percent`, `mfe` and `mae`.

    Attributes
    ----------
    count
        Messages taken in.
    value
        The checksum so far, 0 to 2**32 - 1.
    """

    def __init__(self) -> None:
        self.count = 0
        self.value = 0

    def add(self, trade: Trade) -> None:
        """Take in the next message."""
        data, quantity = trade.data, trade.extra.quantity
        place = f"{data.trade_id}|{data.symbol}|{data.direction}|{data.entry_time}"
        if isinstance(data, EntryData):
            told = f"entry|{place}".encode() + _entry(data.entry_price, quantity)
        else:
            words = f"exit|{place}|{data.exit_time}|{data.exit_reason}"
            told = words.encode() + _exit(
                data.entry_price, data.exit_price, quantity, data.pnl, data.pnl_percent, data.mfe,
                data.mae,
            )  # fmt: skip
        self.count += 1
        self.value = zlib.crc32(told, self.value)
