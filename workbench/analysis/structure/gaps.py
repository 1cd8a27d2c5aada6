"""Fair value gaps: prices that were passed over in one go."""

from __future__ import annotations

from collections.abc import Mapping

from workbench.analysis.bars import Bar
from workbench.analysis.detecting import StructureFinding
from workbench.analysis.structure.areas import Area, Moment, Shelf, Watch, name


class Gaps:
    """Finds three candles of which the first and the last do not meet, and follows the gap.

    Bullish: ``low[i] > high[i-2]``; bearish: ``high[i] < low[i-2]``; at least `least` average
    true ranges high. `mitigated` when price comes back into it, `filled` when it has gone
    through. Source: the fair value gap of M. Huddleston's (ICT) lectures; the "imbalance" of
    price action traders.
    """

    __slots__ = ("_before", "_least", "_middle", "watches")

    def __init__(self, least: float, limit: int, shelves: Mapping[int, Shelf]) -> None:
        self._least = least
        self._before: Bar | None = None
        self._middle: Bar | None = None
        self.watches = {
            sign: Watch(sign, limit, touched=True, shelf=shelves[sign]) for sign in (1, -1)
        }

    def follow(
        self, watch: Watch, reach: float, now: Moment, found: list[StructureFinding]
    ) -> None:
        """See what the candle does to open gaps of a side."""
        for area in watch.reached(reach):
            if reach <= area.far:
                watch.remove(area)
                found.append(now.tell(area._replace(status="filled")))
            else:
                touched = area._replace(status="mitigated", touched_at=now.close_time)
                watch.replace(area, touched)
                found.append(now.tell(touched))

    def find(self, now: Moment, found: list[StructureFinding]) -> None:
        """See whether the candle leaves a gap."""
        first, middle, bar, atr = self._before, self._middle, now.bar, now.atr
        self._before, self._middle = middle, bar
        if first is None or middle is None or atr is None:
            return
        if bar.low > first.high:
            sign, top, bottom = 1, bar.low, first.high
        elif bar.high < first.low:
            sign, top, bottom = -1, first.low, bar.high
        else:
            return
        if top - bottom < self._least * atr:
            return
        area = Area(name("fvg", middle.time), "fvg", sign, top, bottom, middle.time, now.close_time)
        lost = self.watches[sign].add(area)
        size = (top - bottom) / atr if atr > 0 else 0.0
        found.append(now.tell(area, {"size_atr": size}))
        if lost is not None:
            found.append(now.tell(lost._replace(status="expired")))
