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

    Attributes
    ----------
    watches
        The zones told and in force, by side.
    seeds
        Swings that no other has joined yet, by side; they take no place of a zone.
    """

    __slots__ = ("_apart", "seeds", "watches")

    def __init__(self, apart: float, limit: int, shelves: Mapping[int, Shelf]) -> None:
        self._apart = apart
        self.watches = {
            sign: Watch(sign, limit, touched=False, shelf=shelves[sign]) for sign in (1, -1)
        }
        self.seeds = {sign: Watch(sign, limit, touched=False) for sign in (1, -1)}

    @property
    def areas(self) -> list[Area]:
        """The zones told and in force, bullish ones first."""
        return [area for sign in (1, -1) for area in self.watches[sign].areas]

    def follow(
        self, watch: Watch, reach: float, now: Moment, found: list[StructureFinding]
    ) -> None:
        """See what the candle does to the zones of a side."""
        close = watch.sign * now.bar.close
        for area in watch.reached(close):
            if close < area.far:
                watch.remove(area)
                found.append(_told(area._replace(status="broken"), now))

    def forget(
        self, watch: Watch, reach: float, now: Moment, found: list[StructureFinding]
    ) -> None:
        """Forget the seeds of a side that the candle closes beyond."""
        close = watch.sign * now.bar.close
        for seed in watch.reached(close):
            if close < seed.far:
                watch.remove(seed)

    def take(self, swing: Swing, now: Moment, found: list[StructureFinding]) -> None:
        """Take a swing that is known now."""
        if now.atr is None:
            return
        apart = self._apart * now.atr
        for watches in (self.watches, self.seeds):
            for sign, watch in watches.items():
                for area in watch.areas:
                    grown = _with(area, swing, apart)
                    if grown is not None:
                        watch.remove(area)
                        self._join(self.watches[sign], grown, now, found)
                        return
        label = name("zone_low" if swing.sign > 0 else "zone_high", swing.time)
        price = swing.price
        seed = Area(
            label, "zone", swing.sign, price, price, swing.time, now.close_time, touches=1
        )  # fmt: skip
        self.seeds[swing.sign].add(seed)

    def _join(self, watch: Watch, grown: Area, now: Moment, found: list[StructureFinding]) -> None:
        if grown.touches == 2:
            grown = grown._replace(confirmed_at=now.close_time)
        else:
            grown = grown._replace(status="touched", touched_at=now.close_time)
        lost = watch.add(grown)
        found.append(_told(grown, now))
        if lost is not None:
            found.append(_told(lost._replace(status="expired"), now))


def _with(area: Area, swing: Swing, apart: float) -> Area | None:
    """Return a zone with one more swing, if that is near enough."""
    price = swing.price
    if not area.bottom - apart <= price <= area.top + apart:
        return None
    top, bottom = max(area.top, price), min(area.bottom, price)
    if top - bottom > 2 * apart:
        return None
    return area._replace(top=top, bottom=bottom, touches=area.touches + 1)


def _told(area: Area, now: Moment) -> StructureFinding:
    return now.tell(area, {"touches": float(area.touches)})
