"""What a session began with: kept once, so that it never depends on asking anyone again."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import numpy as np
from msgspec import Struct

from workbench.data.candles import VALUES, Candles
from workbench.timeframes import Timeframe
from workbench.trading.brokering import Rules


class _Columns(Struct, frozen=True, array_like=True):
    symbol: str
    source: str
    synthetic: bool
    columns: list[bytes]


class Begun(Struct, frozen=True, array_like=True):
    """The first thing in a session's journal.

    Attributes
    ----------
    at
        When it began, epoch ms by the clock of the process.
    sources
        By symbol: where prices come from, for people, and whether they never traded.
    real_time
        Whether the feed goes by the clock.
    rules
        What the venue allows, by symbol.
    candles
        See `histories`.
    """

    at: int
    sources: dict[str, tuple[str, bool]]
    real_time: bool
    rules: dict[str, Rules]
    candles: dict[str, dict[str, _Columns]]

    @property
    def histories(self) -> dict[str, dict[str, Candles]]:
        """Closed candles from before it began, by symbol and timeframe."""
        return {
            symbol: {name: _candles(name, columns) for name, columns in found.items()}
            for symbol, found in self.candles.items()
        }


encode = msgspec.msgpack.Encoder().encode
decode = msgspec.msgpack.Decoder(Begun).decode


def begun_of(
    at: int,
    sources: Mapping[str, tuple[str, bool]],
    real_time: bool,
    rules: Mapping[str, Rules],
    histories: Mapping[str, Mapping[str, Candles]],
) -> Begun:
    """Return what is kept of a beginning; of histories of bid and ask, the bid."""
    candles = {
        symbol: {name: _columns(one) for name, one in found.items()}
        for symbol, found in histories.items()
    }
    return Begun(at, dict(sources), real_time, dict(rules), candles)


def _columns(candles: Candles) -> _Columns:
    columns = [getattr(candles, name) for name in ("time", *VALUES)]
    packed = [np.ascontiguousarray(column, column.dtype.newbyteorder("<")) for column in columns]
    return _Columns(
        candles.symbol, candles.source, candles.synthetic, [one.tobytes() for one in packed]
    )


def _candles(name: str, found: _Columns) -> Candles:
    time = np.frombuffer(found.columns[0], "<i8")
    values = [np.frombuffer(one, "<f8") for one in found.columns[1:]]
    opened, high, low, close, volume = values
    timeframe, sources = Timeframe.parse(name), (found.source, found.synthetic)
    return Candles(found.symbol, timeframe, time, opened, high, low, close, volume, *sources)
