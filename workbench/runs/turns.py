"""How many candles to do at one go: so many that a run tells of itself often enough."""

from __future__ import annotations

from collections.abc import Callable

FIRST = 32
MOST = 4096
TURN_S = 0.03
"""What a turn is to take: what happens in it is told when it is over."""


class Turns:
    """Learns from how long turns take.

    Parameters
    ----------
    clock
        Seconds, monotonic.

    Attributes
    ----------
    candles
        How many to do next.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self.candles = FIRST
        self._clock = clock
        self._from: tuple[int, float] | None = None

    def begin(self, bar: int) -> None:
        """Begin a turn at candle `bar`."""
        self._from = (bar, self._clock())

    def end(self, bar: int) -> None:
        """End it, at candle `bar`; without a beginning there is nothing to learn."""
        if self._from is None:
            return
        (start, began), self._from = self._from, None
        done, took = bar - start, self._clock() - began
        if done and took > TURN_S:
            self.candles = max(1, int(done * TURN_S / took))
        elif done >= self.candles:
            self.candles = min(MOST, 2 * self.candles)
