"""The proof that a reader holds the same trades as the log."""

from __future__ import annotations

import struct
import zlib

from workbench.messages.payloads import EntryData
from workbench.messages.wire import Trade

_numbers = struct.Struct("<dd").pack


class TradeChecksum:
    """Running CRC-32 (IEEE 802.3, as in zlib) over `trade` messages, in their order.

    Of each message, the UTF-8 of ``entry:`` or ``exit:`` and the `trade_id`, then the price
    (`entry_price` or `exit_price`) and `extra.quantity`, each a little-endian IEEE 754 double.

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
        data = trade.data
        if isinstance(data, EntryData):
            head, price = f"entry:{data.trade_id}", data.entry_price
        else:
            head, price = f"exit:{data.trade_id}", data.exit_price
        self.count += 1
        self.value = zlib.crc32(head.encode() + _numbers(price, trade.extra.quantity), self.value)
