"""How often what grows within a candle is told."""

from __future__ import annotations

EVERY_MS = 500
"""By the clock."""
A_CANDLE = 12
"""Where feeds do not go by the clock: so many times a candle, however long that takes."""


def told_every(candle_ms: int, real_time: bool) -> int:
    """Return how much time, ms, is to pass at least between two tellings.

    It is the clock's for feeds that go by it. For others it is the market's: what is told then
    follows from the prices alone, however fast they come and in whatever portions.

    Parameters
    ----------
    candle_ms
        Length of a candle of the shortest timeframe.
    """
    return EVERY_MS if real_time else max(EVERY_MS, candle_ms // A_CANDLE)
