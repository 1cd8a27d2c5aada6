"""What one subscriber gets of a log: pure, so that it is tested without a socket.

The rule for *state* messages is one for live and late readers: such a message is sent only
while it is still the latest of its key. A reader at the tail gets each as it comes, one that
catches up gets only those that still hold, in their place in the order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from workbench.errors import InvalidRequest
from workbench.messages import (
    MESSAGE_TYPES,
    Delivery,
    Equity,
    EquityBatch,
    EquityColumns,
    Message,
    encode,
    parse_time,
)
from workbench.streams.log import Entry

_equity: msgspec.json.Decoder[Equity] = msgspec.json.Decoder(Equity)
LOG_TYPES = tuple(
    name for name, cls in MESSAGE_TYPES.items() if cls.delivery is not Delivery.CONNECTION
)


class Subscription:
    """A subscriber's filters.

    Parameters
    ----------
    types
        Only these message types; None for all.
    columns
        Merge `equity` messages between two others into one `equity_columns`.
    batch
        Put several messages into one frame, as a JSON array.
    max_rate
        Be written to so many times a second at most; None for the server's own limit.

    Attributes
    ----------
    filters
        Hashable; subscriptions that select the same have the same.
    """

    def __init__(
        self,
        types: Sequence[str] | None = None,
        *,
        columns: bool = False,
        batch: bool = False,
        max_rate: float | None = None,
    ) -> None:
        self.types = None if types is None else frozenset(types)
        self.columns = columns
        self.batch = batch
        self.max_rate = max_rate
        self.filters = (self.types, columns)

    @classmethod
    def parse(
        cls,
        types: str | None,
        format_: str | None,
        *,
        batch: bool = False,
        max_rate: float | None = None,
    ) -> Subscription:
        """Make it from the query parameters `types` and `format`.

        Raises
        ------
        InvalidRequest
            A type or format is unknown.
        """
        names = None if not types else [name.strip() for name in types.split(",")]
        for name in names or ():
            if name not in LOG_TYPES:
                msg = f"Unknown message type {name!r}: use {', '.join(LOG_TYPES)}"
                raise InvalidRequest(msg, field="types", value=name, allowed=list(LOG_TYPES))
        if format_ not in (None, "", "messages", "columns"):
            msg = f"Unknown format {format_!r}: use messages or columns"
            raise InvalidRequest(
                msg, field="format", value=format_, allowed=["messages", "columns"]
            )
        return cls(names, columns=format_ == "columns", batch=batch, max_rate=max_rate)

    def select(self, entries: Sequence[Entry], latest: Mapping[str, int]) -> list[bytes]:
        """Return the wire messages to send for `entries`.

        Parameters
        ----------
        entries
            Consecutive entries of the log.
        latest
            The log's latest seq of each state key, at this moment.
        """
        chosen: list[bytes] = []
        points: list[Entry] = []
        for entry in entries:
            if self.types is not None and entry.type not in self.types:
                continue
            delivery = entry.delivery
            if delivery is Delivery.STATE and latest.get(entry.key, entry.seq) > entry.seq:
                continue
            if self.columns and entry.type == "equity":
                points.append(entry)
                continue
            if points:
                chosen.append(_merge(points))
                points = []
            chosen.append(entry.wire)
        if points:
            chosen.append(_merge(points))
        return chosen


def _merge(points: Sequence[Entry]) -> bytes:
    messages = [_equity.decode(entry.wire) for entry in points]
    data = [message.data for message in messages]
    batch: Message = EquityBatch(
        messages[-1].timestamp,
        EquityColumns(
            data[-1].backtest_id,
            [parse_time(point.time) for point in data],
            [point.equity for point in data],
            [point.balance for point in data],
            [point.drawdown for point in data],
        ),
        seq=points[-1].seq,
    )
    return encode(batch)
