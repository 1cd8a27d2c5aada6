"""Timeframes as the wire writes them: 1M 5M 15M 1H 4H 1D 1W (M is minutes)."""

from __future__ import annotations

import re
from typing import NamedTuple

from workbench.errors import UnknownTimeframe

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
WEEK_MS = 7 * DAY_MS
# 1970-01-01 was a Thursday; weeks start on Monday.
_WEEK_OFFSET_MS = 4 * DAY_MS

_UNIT_MS = {"M": MINUTE_MS, "H": HOUR_MS, "D": DAY_MS, "W": WEEK_MS}
_PATTERN = re.compile(r"([1-9][0-9]{0,3})([MHDW])")
ALLOWED = "a number and M (minutes), H, D or W, such as 1M, 15M, 1H, 4H, 1D"


class Timeframe(NamedTuple):
    """A candle length.

    Attributes
    ----------
    ms
        Length in milliseconds. First, so that timeframes sort by length.
    name
        As written on the wire, for example ``15M``.
    """

    ms: int
    name: str

    @classmethod
    def parse(cls, text: str) -> Timeframe:
        """Parse ``15M``, ``4H``, ``1D`` (also in lower case).

        Raises
        ------
        UnknownTimeframe
            The text is not a timeframe.
        """
        match = _PATTERN.fullmatch(text.strip().upper()) if isinstance(text, str) else None
        if match is None:
            msg = f"Unknown timeframe {text!r}: write {ALLOWED}"
            raise UnknownTimeframe(msg, field="timeframes", value=text, allowed=ALLOWED)
        count, unit = int(match[1]), match[2]
        return cls(count * _UNIT_MS[unit], f"{count}{unit}")

    @property
    def canonical(self) -> Timeframe:
        """The same length written with the longest unit that fills it: ``60M`` is ``1H``."""
        unit = max((size, unit) for unit, size in _UNIT_MS.items() if self.ms % size == 0)
        return Timeframe(self.ms, f"{self.ms // unit[0]}{unit[1]}")

    def floor(self, time_ms: int) -> int:
        """Return the open time of the candle that holds `time_ms` (epoch ms, UTC)."""
        offset = self.offset_ms
        return (time_ms - offset) // self.ms * self.ms + offset

    @property
    def offset_ms(self) -> int:
        """Where the grid of candles starts, in ms after the epoch."""
        return _WEEK_OFFSET_MS if self.ms % WEEK_MS == 0 else 0

    def builds(self, higher: Timeframe) -> bool:
        """Tell whether whole candles of this timeframe fill one of `higher`."""
        # Weeks start off the epoch's grid, so 7M fills a week by length but not by place.
        apart = higher.offset_ms - self.offset_ms
        return higher.ms % self.ms == 0 and apart % self.ms == 0

    def __str__(self) -> str:
        return self.name
