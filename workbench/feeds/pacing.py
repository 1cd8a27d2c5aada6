"""How fast a feed goes: market time against the clock."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from workbench.feeds.spec import FeedSpec
from workbench.streams import Pace
from workbench.timeframes import Timeframe

SLEEP_S = 0.5
"""The longest sleep at one go: clocks are set, and laptops closed."""


def multiple(spec: FeedSpec) -> float | None:
    """Return how many seconds of market time pass in one, None for as many as can.

    Raises
    ------
    InvalidRequest
        `speed` is none.
    UnknownTimeframe
        A timeframe is none.
    """
    if spec.feed == "exchange":
        return 1.0
    if spec.speed is None:
        stored = spec.feed == "replay" and spec.path is None
        return None if stored else 1.0
    pace = Pace.parse(str(spec.speed))
    if pace.value is None or pace.market:
        return pace.value
    return pace.value * min(Timeframe.parse(name) for name in spec.timeframes).ms / 1000


class Pacer:
    """Waits until market time has come to a point.

    Parameters
    ----------
    multiple
        Seconds of market time in a second; None never waits.
    clock
        Seconds, monotonic.
    sleep
        Sleeps that many seconds.
    behind
        Who is so many seconds behind goes on from where he is, and does not race after.
    """

    def __init__(
        self,
        multiple: float | None,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[object]],
        behind: float = 1.0,
    ) -> None:
        self._multiple, self._behind = multiple, behind
        self._clock, self._sleep = clock, sleep
        self._from: tuple[float, float] | None = None

    def begin(self, market_ms: float) -> None:
        """Let it be `market_ms` now."""
        self._from = (self._clock(), market_ms)

    async def reach(self, market_ms: float) -> None:
        """Wait until it is `market_ms`; the first such time is now."""
        if self._multiple is None:
            return
        if self._from is None:
            self.begin(market_ms)
        while (wait := self._wait(market_ms)) > 0:
            await self._sleep(min(wait, SLEEP_S))
        if wait < -self._behind:
            self.begin(market_ms)

    def left(self, market_ms: float) -> float:
        """Return seconds until it is `market_ms`; 0 or less where it is."""
        return 0.0 if self._multiple is None or self._from is None else self._wait(market_ms)

    def due(self, market_ms: float) -> bool:
        """Tell whether it is `market_ms`, or later."""
        return self._multiple is None or (self._from is not None and self._wait(market_ms) <= 0)

    def _wait(self, market_ms: float) -> float:
        assert self._from is not None
        assert self._multiple is not None
        began, at = self._from
        return began + (market_ms - at) / 1000 / self._multiple - self._clock()
