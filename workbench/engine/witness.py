"""Looking again, after a run, at what was seen where it decided: at the best trades above all."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from time import perf_counter

from workbench.data.candles import Candles
from workbench.engine.auditing import LEAST, Clock, seeded, within
from workbench.engine.rules.layout import (
    E_KIND,
    E_ORDER,
    E_PNL,
    E_REMAINING,
    E_SIGNAL,
    E_TRADE,
    ENTERED,
    EXITED,
)

BEST, OTHERS = 16, 16
SECONDS = 0.03
"""What looking again may take, beyond `SURE` places."""
SURE, FEW = 2, 6


class Witness:
    """Keeps at which candles a run decided, and looks again at some of them when it is over.

    A leak at a few candles is missed by any cut but one right behind it. But it is there for its
    gains, and these are known: so the candles whose decisions brought the best trades are looked at
    first, then others at random.

    Parameters
    ----------
    candles
        Those stepped on.
    see
        Computes again what there was to see, from the first so many candles alone.
    shortly
        Look at `FEW` places, whatever time it takes, so that equal runs always find the same.
    clock
        Tells the time, in seconds.
    """

    def __init__(
        self,
        candles: Candles,
        see: Callable[[int], None],
        shortly: bool = False,
        clock: Clock = perf_counter,
    ) -> None:
        self._candles, self._see, self._shortly, self._clock = candles, see, shortly, clock
        self._entered: dict[float, float] = {}
        self._best: list[tuple[float, int, int]] = []
        self._decided: set[int] = set()
        self._exits = 0

    def hear(self, rows: Sequence[Sequence[float]]) -> None:
        """Take the next events, in order."""
        for row in rows:
            kind = row[E_KIND]
            if kind == ENTERED:
                self._entered[row[E_TRADE]] = row[E_SIGNAL]
            elif kind == EXITED:
                entered = self._entered.get(row[E_TRADE])
                if row[E_REMAINING] <= 0.0:
                    self._entered.pop(row[E_TRADE], None)
                left = row[E_SIGNAL] if row[E_ORDER] else entered
                if entered is None or left is None:
                    continue
                self._exits += 1
                self._decided |= {int(entered), int(left)}
                found = (row[E_PNL], int(entered), int(left))
                if len(self._best) < BEST:
                    heapq.heappush(self._best, found)
                elif found > self._best[0]:
                    heapq.heapreplace(self._best, found)

    def places(self) -> list[int]:
        """Return the candles to look at, those of the best trades first."""
        best = [bar for _, *bars in sorted(self._best, reverse=True) for bar in bars]
        rest = sorted(self._decided.difference(best))
        some = seeded(self._candles).permutation(len(rest))[:OTHERS]
        return [bar for bar in dict.fromkeys([*best, *(rest[at] for at in some)])]

    def look(self) -> None:
        """Look again at some of the candles it decided at.

        Raises
        ------
        LookAhead
            There was something to be seen that only later candles tell.
        """
        count = len(self._candles)
        parts = [bar + 1 for bar in self.places() if LEAST <= bar + 1 < count]
        if self._shortly:
            for part in parts[:FEW]:
                self._see(part)
            return
        within(parts, SURE, SECONDS, self._see, self._clock)
