"""The candles that a live session has told: its market is in its log, not in the store."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import msgspec

from workbench.messages import Candle, parse_time
from workbench.streams import Entry
from workbench.timeframes import Timeframe

if TYPE_CHECKING:
    from workbench.data.candles import Candles

_candle: msgspec.json.Decoder[Candle] = msgspec.json.Decoder(Candle)


class Told:
    """Closed candles of a symbol and a timeframe, collected from a log.

    Parameters
    ----------
    symbol, timeframe
        As in the messages.
    """

    def __init__(self, symbol: str, timeframe: str) -> None:
        self._symbol = symbol
        self._timeframe = timeframe
        self._rows: dict[int, tuple[float, float, float, float, float]] = {}

    def add(self, entries: Iterable[Entry]) -> None:
        """Take in a part of the log."""
        for entry in entries:
            if entry.type == "candle" and entry.key == "candle":
                self.take(_candle.decode(entry.wire))

    def take(self, message: Candle) -> None:
        """Take in one message."""
        data = message.data
        if data.closed and (data.symbol, data.timeframe) == (self._symbol, self._timeframe):
            row = data.open, data.high, data.low, data.close, data.volume
            self._rows[parse_time(data.time)] = row

    def candles(self, source: str, synthetic: bool) -> Candles:
        """Return them, in order of time (epoch ms, UTC)."""
        import numpy as np

        from workbench.data.candles import Candles

        times = sorted(self._rows)
        values = np.array([self._rows[time] for time in times], dtype=float).reshape(-1, 5)
        opens, highs, lows, closes, volumes = np.ascontiguousarray(values.T)
        return Candles(
            self._symbol,
            Timeframe.parse(self._timeframe),
            np.array(times, dtype=np.int64),
            opens, highs, lows, closes, volumes,
            source,
            synthetic,
        )  # fmt: skip
