"""Areas of price that are watched until something becomes of them."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Mapping
from math import inf
from typing import NamedTuple

from workbench.analysis.bars import Bar
from workbench.analysis.detecting import StructureFinding
from workbench.messages import Bias, StructureKind

BIAS: Mapping[int, Bias] = {1: "bullish", -1: "bearish", 0: "neutral"}


class Area(NamedTuple):
    """A level, gap, block, pool or zone that is still in force.

    Attributes
    ----------
    id
        As in its findings.
    sign
        1 where it lies below the price and holds it (bullish), -1 above (bearish).
    top, bottom
        Prices.
    time
        Open time of the candle it lies on, epoch ms, UTC.
    confirmed_at
        Close time of the candle that made it known, epoch ms, UTC.
    status
        Of the last finding about it.
    touches
        Swings it is made of, where it is made of swings.
    touched_at
        Close time of the candle that mitigated it, or brought its last swing, epoch ms, UTC; 0
        before.
    """

    id: str
    kind: StructureKind
    sign: int
    top: float
    bottom: float
    time: int
    confirmed_at: int
    status: str = "confirmed"
    touches: int = 0
    touched_at: int = 0

    @property
    def direction(self) -> Bias:
        """``bullish`` or ``bearish``."""
        return BIAS[self.sign]

    @property
    def near(self) -> float:
        """The edge met first; mirrored for bearish areas, so that lower is always further in."""
        return self.top if self.sign > 0 else -self.bottom

    @property
    def far(self) -> float:
        """The edge met last, mirrored as `near`."""
        return self.bottom if self.sign > 0 else -self.top


class Moment(NamedTuple):
    """The candle that has just closed, as detectors of structure need it.

    Attributes
    ----------
    timeframe
        Its name.
    close_time
        Epoch ms, UTC.
    atr
        Average true range, this candle included; None while there is none.
    """

    timeframe: str
    bar: Bar
    close_time: int
    atr: float | None

    def tell(
        self, area: Area, numbers: Mapping[str, float] | None = None, price: float | None = None
    ) -> StructureFinding:
        """Return the finding that an area is what it is now, known from this candle on."""
        fresh = area.status == "confirmed"
        edge = area.top if area.sign > 0 else area.bottom
        return StructureFinding(
            self.timeframe, area.id, area.kind, BIAS[area.sign], area.status,
            area.time if fresh else self.bar.time, self.close_time,
            edge if price is None else price, area.top, area.bottom, dict(numbers or {}),
        )  # fmt: skip


def name(kind: str, time_ms: int) -> str:
    """Return the id of what lies on the candle that opened then.

    By time and not by count: it is the same wherever the history began.
    """
    return f"{kind}_{time_ms // 1000}"


Placed = tuple[float, float, Area]


class Shelf:
    """What price may turn at on one side, the nearest first.

    Attributes
    ----------
    places
        Near edge negated, far edge (both mirrored as `Area.near`), and the area: those that
        price has not come back to, zones and the unbroken swing.
    touched
        Those that a candle came back to, the last one that did.
    """

    __slots__ = ("places", "touched")

    def __init__(self) -> None:
        self.places: list[Placed] = []
        self.touched: list[Placed] = []

    def put(self, area: Area) -> None:
        """Take an area."""
        one = (-area.near, area.far, area)
        if area.status != "mitigated":
            insort(self.places, one)
            return
        if self.touched and self.touched[0][2].touched_at != area.touched_at:
            self.touched = []
        insort(self.touched, one)

    def take(self, area: Area) -> None:
        """Take an area away."""
        one = (-area.near, area.far, area)
        if area.status != "mitigated":
            del self.places[bisect_left(self.places, one)]
        elif one in self.touched:
            self.touched.remove(one)


class Watch:
    """The open areas of one kind and side; a bounded number.

    Almost every candle reaches none of them: it stays above `alarm`, mirrored as `Area.near`.

    Parameters
    ----------
    sign
        Of its areas.
    limit
        How many are kept.
    touched
        Whether something happens when the near edge of a fresh area is reached, not only at the
        far one.
    shelf
        Where its areas are put as well, for who looks for the nearest.
    """

    __slots__ = ("_limit", "_queue", "_shelf", "_touched", "alarm", "sign")

    def __init__(self, sign: int, limit: int, *, touched: bool, shelf: Shelf | None = None) -> None:
        self.sign = sign
        self.alarm = -inf
        self._shelf = shelf
        self._limit = limit
        self._touched = touched
        # By the edge that is next to be reached, negated: the first is the first to be.
        self._queue: list[tuple[float, Area]] = []

    @property
    def areas(self) -> list[Area]:
        """The areas, the first to be reached first."""
        return [area for _, area in self._queue]

    def reached(self, reach: float) -> list[Area]:
        """Return the areas of which the next edge is reached; `reach` mirrored as `Area.near`."""
        found = []
        for edge, area in self._queue:
            if -edge < reach:
                break
            found.append(area)
        return found

    def add(self, area: Area) -> Area | None:
        """Watch one more; return the one that is forgotten for it."""
        lost = None
        if len(self._queue) == self._limit:
            lost = min(self.areas, key=_age)
            self.remove(lost)
        insort(self._queue, self._entry(area))
        self.alarm = -self._queue[0][0]
        if self._shelf is not None:
            self._shelf.put(area)
        return lost

    def replace(self, area: Area, by: Area) -> None:
        """Note what has become of an area."""
        self.remove(area)
        self.add(by)

    def remove(self, area: Area) -> None:
        """Watch one less."""
        queue = self._queue
        del queue[bisect_left(queue, self._entry(area))]
        self.alarm = -queue[0][0] if queue else -inf
        if self._shelf is not None:
            self._shelf.take(area)

    def _entry(self, area: Area) -> tuple[float, Area]:
        fresh = self._touched and area.status == "confirmed"
        return (-area.near if fresh else -area.far, area)


def _age(area: Area) -> int:
    # What is made of swings is as young as the last of them.
    return area.touched_at if area.touches and area.touched_at else area.confirmed_at


Follow = Callable[[Watch, float, Moment, list[StructureFinding]], None]
"""Called with a watch whose alarm a candle has reached, and how far it went."""
