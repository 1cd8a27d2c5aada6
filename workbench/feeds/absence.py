"""For how long no server has been there."""

from __future__ import annotations

from collections.abc import Callable

BETWEEN_S = 20.0
"""Who looks for a server so long after the last time has had one meanwhile."""


class Absence:
    """Told each time a server is looked for, knows when that has gone on for too long.

    Parameters
    ----------
    patience
        Seconds.
    clock
        Seconds, monotonic.
    """

    def __init__(self, patience: float, clock: Callable[[], float]) -> None:
        self._patience, self._clock = patience, clock
        self._since = self._last = clock()

    def looked(self) -> bool:
        """Note that a server is looked for; tell whether it has been for too long."""
        now = self._clock()
        if now - self._last > BETWEEN_S:
            self._since = now
        self._last = now
        return now - self._since > self._patience
