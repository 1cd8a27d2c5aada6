"""How often a session's process may end before its session is closed: pure but for its memory.

What counts is a death that nothing came of: the process has not lived for a minute, and no candle
has closed since it began. One by a signal from outside (a user's ``kill``, the system short
of memory) counts a quarter: the session did nothing wrong, but it may be what uses the memory.
"""

from __future__ import annotations

import signal

STABLE_S = 60.0
"""A process that lived so long had no fault from the start."""
KILLS = 4
"""So many deaths from outside count as one."""
OUTSIDE = (-signal.SIGKILL, -signal.SIGTERM, -signal.SIGHUP, -signal.SIGINT)


class Deaths:
    """Counts the deaths of sessions' processes, as far as this server has seen them."""

    def __init__(self) -> None:
        self._born: dict[str, int] = {}
        self._kills: dict[str, int] = {}

    def born(self, session: str, seq: int) -> None:
        """Note where a session's log stands as a process of it begins."""
        self._born[session] = seq

    def birth(self, session: str) -> int | None:
        """Return where its log stood then; None where another server started it."""
        return self._born.get(session)

    def count(
        self, session: str, failures: int, code: int | None, came_of_it: bool
    ) -> tuple[int, int]:
        """Take a death; return the failures in a row, and by how many to measure the wait.

        Parameters
        ----------
        failures
            Those before.
        code
            Of its exit, a signal below 0; None where another server started it.
        came_of_it
            Whether it lived for long, or a candle has closed.
        """
        kills = self._kills.pop(session, 0)
        if came_of_it:
            failures = kills = 0
        if code not in OUTSIDE:
            self._kills[session] = kills
            return failures + 1, failures + 1
        kills += 1
        self._kills[session] = kills % KILLS
        failures += kills // KILLS
        return failures, failures + kills

    def forget(self, session: str) -> None:
        """Know nothing of a session any more."""
        self._born.pop(session, None)
        self._kills.pop(session, None)
