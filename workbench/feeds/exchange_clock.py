"""What time it is on an exchange, by what it sends."""

from __future__ import annotations

from workbench.feeds.believing import Believed

GRACE_MS = 2_000
"""How much later than the quickest a trade may arrive."""

WINDOW_MS = 600_000
"""How long an estimate stands before a newer one takes its place: clocks drift."""

APART_MS = 3_600_000
"""So far apart are no two times of one market."""


class MarketClock:
    """Tells up to when (epoch ms) all trades are sure to have arrived.

    Our own clock may be wrong and may jump, so only the passing of time is taken from here, and
    what time it is from the exchange. Nothing is said beyond what it was heard from last: a
    connection may be dead for a while before that shows.
    """

    def __init__(self) -> None:
        self._believed = Believed(APART_MS)
        self._best: float | None = None
        self._older: float | None = None
        self._since = 0.0
        self._heard = 0.0
        self._told = 0

    def heard(self, elapsed: float) -> None:
        """Take note that something arrived.

        Parameters
        ----------
        elapsed
            Of a clock that never jumps, ms.
        """
        self._heard = elapsed

    def observe(self, time: int, elapsed: float) -> None:
        """Take note that the exchange's own time was `time` (epoch ms) or later just now.

        One that is an hour from the others is not gone by until the next bears it out.
        """
        ahead = time - elapsed
        self._heard = elapsed
        before = self._believed.last
        if not self._believed.takes(round(ahead)):
            return
        if before is not None and abs(ahead - before) > APART_MS:
            self._best = self._older = None
        if self._best is None or elapsed - self._since > WINDOW_MS:
            self._older, self._best, self._since = self._best, ahead, elapsed
        self._best = max(self._best, ahead)

    def passed(self) -> int | None:
        """Return the time that has passed for sure; None if it is no later than told before."""
        known = [one for one in (self._best, self._older) if one is not None]
        if not known:
            return None
        now = int(max(known) + self._heard) - GRACE_MS
        if now <= self._told:
            return None
        self._told = now
        return now
