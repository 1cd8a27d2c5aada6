"""Order blocks: the last candle the other way before a move that broke structure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import inf

from workbench.analysis.bars import Bar
from workbench.analysis.detecting import StructureFinding
from workbench.analysis.structure.areas import Area, Moment, Shelf, Watch, name


class Impulse:
    """Where the move begins that may break a swing on one side.

    It begins at the extreme on the other side since that swing; its block is the last candle
    against it up to there.

    Attributes
    ----------
    origin
        That candle; None while there is none.
    lost
        Whether a candle has closed beyond it since: then it holds nothing.
    """

    __slots__ = (
        "_against", "_against_far", "_extreme", "_origin_far", "_sign", "_through", "lost",
        "origin",
    )  # fmt: skip

    def __init__(self, sign: int) -> None:
        self._sign = sign
        self.restart(())

    @property
    def start(self) -> float:
        """Price where the move began."""
        return self._sign * self._extreme

    def restart(self, bars: Iterable[Bar]) -> None:
        """Begin with the candle of a new swing and those after it.

        That candle may be the block; how low (or high) it went was before the swing.
        """
        self._extreme = inf
        self._against: Bar | None = None
        self._through = self.lost = False
        self.origin: Bar | None = None
        self._against_far = self._origin_far = -inf
        for number, bar in enumerate(bars):
            self.update(bar)
            if number == 0:
                self._extreme, self.origin = inf, None
                self._origin_far, self.lost = -inf, False

    def update(self, bar: Bar) -> None:
        """Take the next closed candle."""
        _, opened, high, low, close, _ = bar
        if self._sign > 0:
            against, reach, far = close < opened, low, low
        else:
            against, reach, far = close > opened, -high, -high
            close = -close
        if close < self._origin_far:
            self.lost = True
        if against:
            self._against, self._against_far, self._through = bar, far, False
        elif close < self._against_far:
            self._through = True
        if reach <= self._extreme:
            self._extreme = reach
            self.origin, self._origin_far = self._against, self._against_far
            self.lost = self._through


class Blocks:
    """Follows order blocks from the break of structure on that made them.

    `mitigated` when price comes back to one, `broken` when a candle closes beyond it. Source:
    the order block of M. Huddleston's (ICT) lectures.
    """

    __slots__ = ("_last", "watches")

    def __init__(self, limit: int, shelves: Mapping[int, Shelf]) -> None:
        self.watches = {
            sign: Watch(sign, limit, touched=True, shelf=shelves[sign]) for sign in (1, -1)
        }
        self._last: dict[int, str] = {}

    def follow(
        self, watch: Watch, reach: float, now: Moment, found: list[StructureFinding]
    ) -> None:
        """See what the candle does to open blocks of a side."""
        sign = watch.sign
        for area in watch.reached(reach):
            if sign * now.bar.close < area.far:
                watch.remove(area)
                found.append(now.tell(area._replace(status="broken")))
            elif area.status == "confirmed":
                touched = area._replace(status="mitigated", touched_at=now.close_time)
                watch.replace(area, touched)
                found.append(now.tell(touched))

    def made(self, sign: int, impulse: Impulse, now: Moment, found: list[StructureFinding]) -> None:
        """Take the block of a move that has just broken structure."""
        bar = impulse.origin
        if bar is None or impulse.lost or self._last.get(sign) == (label := name("ob", bar.time)):
            return
        self._last[sign] = label
        area = Area(label, "order_block", sign, bar.high, bar.low, bar.time, now.close_time)
        lost = self.watches[sign].add(area)
        numbers = {"impulse_start": impulse.start}
        if now.atr:
            numbers["impulse_atr"] = abs(now.bar.close - impulse.start) / now.atr
        found.append(now.tell(area, numbers))
        if lost is not None:
            found.append(now.tell(lost._replace(status="expired")))
