"""What is wrong with trades and candles that come in, told often enough and not for each."""

from __future__ import annotations

from typing import Literal, NamedTuple

TroubleKind = Literal["late", "invalid", "clock"]
What = Literal["trades", "candles"]


class Trouble(NamedTuple):
    """Trades or candles that were not taken.

    Attributes
    ----------
    what
        Which of the two.
    kind
        ``late``: of a closed candle; ``invalid``: no price or size at all, or an absurd one;
        ``clock``: far from all others in time.
    many
        How many since this was last told.
    start, end
        Earliest and latest of their times, epoch ms, UTC.
    message
        What the last of them was.
    first_number, last_number
        The least and the greatest of their numbers, where they have any.
    """

    what: What
    kind: TroubleKind
    many: int
    start: int
    end: int
    message: str
    first_number: int | None = None
    last_number: int | None = None


class Troubles:
    """Counts what was not taken.

    The first of a kind is told at once, and again when they are ten, a hundred and so on; the
    rest when the next candle closes. So nothing is silent, and a broken source is no flood.
    """

    def __init__(self) -> None:
        self._untold: dict[tuple[What, TroubleKind], Trouble] = {}
        self._counted: dict[tuple[What, TroubleKind], int] = {}

    def note(
        self, what: What, kind: TroubleKind, time: int, message: str, number: int | None = None
    ) -> Trouble | None:
        """Count one; return what is to be told now."""
        known = self._untold.get((what, kind))
        if known is None:
            trouble = Trouble(what, kind, 1, time, time, message, number, number)
        else:
            trouble = Trouble(
                what,
                kind,
                known.many + 1,
                min(known.start, time),
                max(known.end, time),
                message,
                _least(known.first_number, number),
                _greatest(known.last_number, number),
            )
        count = self._counted[what, kind] = self._counted.get((what, kind), 0) + 1
        if str(count).rstrip("0") == "1":
            self._untold.pop((what, kind), None)
            return trouble
        self._untold[what, kind] = trouble
        return None

    def rest(self) -> list[Trouble]:
        """Return what was counted and not told; the next of each kind is told at once again."""
        if not self._counted:
            return []
        rest = list(self._untold.values())
        self._untold.clear()
        self._counted.clear()
        return rest


def _least(one: int | None, other: int | None) -> int | None:
    return one if other is None else other if one is None else min(one, other)


def _greatest(one: int | None, other: int | None) -> int | None:
    return one if other is None else other if one is None else max(one, other)
