"""When to come back to a server that is not there: pure, time and chance are handed in."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

FIRST_S = 0.2
MOST_S = 15.0


class Comeback:
    """Exponential backoff with full jitter, for as long as patience lasts.

    Patience is used up from the first failure on, and only while someone waits.

    Parameters
    ----------
    patience
        Seconds to go on after the first failure without a sign of life.
    clock
        Seconds, monotonic.
    draw
        A number between two bounds.
    """

    def __init__(
        self,
        patience: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        draw: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._patience = patience
        self._clock = clock
        self._draw = draw
        self._tries = 0
        self._deadline: float | None = None
        self._left_at: float | None = None

    def healthy(self) -> None:
        """Note that a connection told something: the next loss is a first one."""
        self._tries = 0
        self._deadline = None

    def leave(self) -> None:
        """Note that nobody waits for the connection now."""
        if self._deadline is not None:
            self._left_at = self._clock()

    def back(self) -> None:
        """Note that someone waits again."""
        if self._left_at is not None and self._deadline is not None:
            self._deadline += self._clock() - self._left_at
        self._left_at = None

    def delay(self, hint: float | None = None) -> float | None:
        """Return the seconds to wait before the next try; None when patience is over.

        Parameters
        ----------
        hint
            What the server asked for when it went; waited out as it is, for servers spread
            their hints themselves.
        """
        now = self._clock()
        if self._deadline is None:
            self._deadline = now + self._patience
        left = self._deadline - now
        if left <= 0:
            return None
        most = min(MOST_S, FIRST_S * 2.0 ** min(self._tries, 30))
        self._tries += 1
        return min(hint if hint is not None else self._draw(0.0, most), left)
