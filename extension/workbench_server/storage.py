"""What the server says of a full disk: once, not at each of the many things that need room."""

from __future__ import annotations

import logging
from collections.abc import Callable

from workbench.errors import StorageFull

QUIET_S = 60.0
"""After so long without trouble, the next is news."""


class StorageWatch:
    """Logs that the disk is full when that is news.

    Parameters
    ----------
    log
        Where to.
    clock
        Seconds, monotonic.
    """

    def __init__(self, log: logging.Logger, clock: Callable[[], float]) -> None:
        self._log, self._clock = log, clock
        self._last: float | None = None

    def full(self, error: StorageFull) -> None:
        """Take note that something could not be written."""
        now = self._clock()
        if self._last is None or now - self._last > QUIET_S:
            self._log.error("%s", error.message)
        self._last = now

    def guarded(self, work: Callable[[], object]) -> None:
        """Do what is done again and again, and may need room."""
        try:
            work()
        except StorageFull as error:
            self.full(error)
