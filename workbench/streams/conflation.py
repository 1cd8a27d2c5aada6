"""What merging does to the wire: which points of a curve stay, and how it is said. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from workbench.messages import Equity, EquityBatch, EquityColumns, encode, parse_time
from workbench.streams.log import Entry

Carry = tuple[tuple[str, int], ...]
"""Messages of each state key merged away that none sent so far has told of."""


class _Value(msgspec.Struct):
    equity: float


class _Point(msgspec.Struct):
    data: _Value


_point: msgspec.json.Decoder[_Point] = msgspec.json.Decoder(_Point)
_equity: msgspec.json.Decoder[Equity] = msgspec.json.Decoder(Equity)


def with_conflated(wire: bytes, count: int) -> bytes:
    """Return a wire message that says how many earlier ones were merged into it."""
    return b'%b,"conflated":%d}' % (wire[:-1], count)


def spared(points: Sequence[Entry]) -> frozenset[int]:
    """Return the seqs of the points of a curve that need not be sent.

    The last, the lowest and the highest stay.
    """
    if len(points) <= 3:
        return frozenset()
    values = [_point.decode(point.wire).data.equity for point in points]
    kept = {
        points[values.index(min(values))].seq,
        points[values.index(max(values))].seq,
        points[-1].seq,
    }
    return frozenset(point.seq for point in points if point.seq not in kept)


def columns(points: Sequence[Entry], conflated: int = 0) -> bytes:
    """Return `equity` messages as one `equity_columns`; `conflated` more were merged away."""
    messages = [_equity.decode(point.wire) for point in points]
    data = [message.data for message in messages]
    return encode(
        EquityBatch(
            messages[-1].timestamp,
            data=EquityColumns(
                data[-1].backtest_id,
                [parse_time(point.time) for point in data],
                [point.equity for point in data],
                [point.balance for point in data],
                [point.drawdown for point in data],
            ),
            seq=points[-1].seq,
            conflated=conflated or msgspec.UNSET,
        )
    )
