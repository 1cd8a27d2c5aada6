"""Zones of support and resistance: where price has turned more than once."""

from __future__ import annotations

from collections.abc import Mapping

from workbench.analysis.detecting import StructureFinding
from workbench.analysis.structure.areas import Area, Moment, Shelf, Watch, name
from workbench.analysis.structure.swings import Swing


class Zones:
    """Gathers swings, highs and lows alike, that lie within `apart` average true ranges.

    A zone is told from the second swing on, `touched` at each further one, and `broken` when a
    candle closes beyond it. Source: R. D. Edwards, J. Magee, Technical Analysis of Stock Trends,
    1948, on support and resistance.
    """

    __slots__ = ("_apart", "watches")

    def __init__(self, apart: float, limit: int, shelves: Mapping[int, Shelf]) -> None:
        self._apart = apart
        self.watches = {
            sign: Watch(sign, limit, touched=False, shelf=shelves[sign]) for sign in (1, -1)
        }

    @property
    def areas(self) -> list[Area]:
        """The zones told and in force, bullish ones first."""
        return [area for sign in (1, -1) for area in self.of(sign)]

    def of(self, sign: int) -> list[Area]:
        """Return the zones of one side."""
        return [area for area in self.watches[sign].areas if area.touches > 1]

    def follow(
        self, watch: Watch, reach: float, now: Moment, found: list[StructureFinding]
    ) -> None:
        """See what the candle does to the zones of a side."""
        close = watch.sign * now.bar.close
        for area in watch.reached(close):
            if close < area.far:
                watch.remove(area)
                self._tell(area._replace(status="broken"), now, found)

    def take(self, swing: Swing, now: Moment, found: list[StructureFinding]) -> None:
        """Take a swing that is known now."""
        if now.atr is None:
            return
        price, apart = swing.price, self._apart * now.atr
        for watch in self.watches.values():
            for area in watch.areas:
                if area.bottom - apart <= price <= area.top + apart:
                    top, bottom = max(area.top, price), min(area.bottom, price)
                    if top - bottom <= 2 * apart:
                        self._join(watch, area, top, bottom, now, found)
                        return
        label = name("zone_low" if swing.sign > 0 else "zone_high", swing.time)
        seed = Area(
            label, "zone", swing.sign, price, price, swing.time, now.close_time, touches=1
        )  # fmt: skip
        lost = self.watches[swing.sign].add(seed)
        if lost is not None:
            self._tell(lost._replace(status="expired"), now, found)

    def _join(
        self, watch: Watch, area: Area, top: float, bottom: float, now: Moment,
        found: list[StructureFinding],
    ) -> None:  # fmt: skip
        touches = area.touches + 1
        grown = area._replace(top=top, bottom=bottom, touches=touches)
        if touches == 2:
            grown = grown._replace(confirmed_at=now.close_time)
        else:
            grown = grown._replace(status="touched")
        watch.replace(area, grown)
        self._tell(grown, now, found)

    def _tell(self, area: Area, now: Moment, found: list[StructureFinding]) -> None:
        if area.touches > 1:
            found.append(now.tell(area, {"touches": float(area.touches)}))
