"""Liquidity pools: swings at one level, beyond which stops are thought to lie."""

from __future__ import annotations

from math import inf

from workbench.analysis.detecting import StructureFinding
from workbench.analysis.structure.areas import Area, Moment, Watch, name
from workbench.analysis.structure.swings import Swing


class Pools:
    """Finds two or more swing highs, or lows, within `apart` average true ranges.

    Nothing between the two first has gone beyond both.
    `extended` by a further swing; `swept` when a candle goes beyond all of them and closes back;
    `broken` when it closes beyond. Source: equal highs and lows, and their sweep, in
    M. Huddleston's (ICT) lectures; R. D. Wyckoff's "upthrust" and "spring" are the same events.
    """

    __slots__ = ("_apart", "singles", "watches")

    def __init__(self, apart: float, limit: int) -> None:
        self._apart = apart
        self.watches = {sign: Watch(sign, limit, touched=False) for sign in (1, -1)}
        self.singles = {sign: Singles(limit) for sign in (1, -1)}

    def follow(
        self, watch: Watch, reach: float, now: Moment, found: list[StructureFinding]
    ) -> None:
        """See what the candle does to the pools of a side."""
        sign = watch.sign
        for area in watch.reached(reach):
            if reach < area.far:
                watch.remove(area)
                back = sign * now.bar.close >= area.far
                gone = area._replace(status="swept" if back else "broken")
                beyond = {"beyond": area.far - reach, "touches": float(area.touches)}
                found.append(now.tell(gone, beyond, sign * area.far))

    def take(self, swing: Swing, now: Moment, found: list[StructureFinding]) -> None:
        """Take a swing that is known now."""
        if now.atr is None:
            return
        sign, level, apart = swing.sign, swing.sign * swing.price, self._apart * now.atr
        watch, singles = self.watches[sign], self.singles[sign]
        for area in watch.areas:
            top, bottom = max(area.top, swing.price), min(area.bottom, swing.price)
            if top - bottom <= apart:
                grown = area._replace(
                    top=top, bottom=bottom, status="extended", touches=area.touches + 1,
                    touched_at=now.close_time,
                )  # fmt: skip
                watch.replace(area, grown)
                found.append(now.tell(grown, {"touches": float(grown.touches)}, sign * grown.far))
                return
        other = singles.near(level, apart)
        if other is None:
            singles.add(level, level - apart, swing)
            return
        top, bottom = max(other.price, swing.price), min(other.price, swing.price)
        label = name("liquidity_low" if sign > 0 else "liquidity_high", swing.time)
        area = Area(
            label, "liquidity", sign, top, bottom, swing.time, now.close_time, touches=2
        )  # fmt: skip
        lost = watch.add(area)
        found.append(now.tell(area, {"touches": 2.0}, sign * area.far))
        if lost is not None:
            found.append(now.tell(lost._replace(status="expired")))


class Single:
    """A swing that no other is level with yet.

    Attributes
    ----------
    level
        Its price, mirrored for highs, so that lower is always further out.
    deepest
        How far price has gone since; the swing's own level at first.
    edge
        It is forgotten when price goes beyond.
    """

    __slots__ = ("deepest", "edge", "level", "swing")

    def __init__(self, level: float, edge: float, swing: Swing) -> None:
        self.level = self.deepest = level
        self.edge, self.swing = edge, swing


class Singles:
    """Swings that no other is level with yet, and that price has not gone through.

    Attributes
    ----------
    alarm
        A candle that goes beyond it has gone further beyond one of them than any before.
    """

    __slots__ = ("_limit", "_swings", "alarm")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._swings: list[Single] = []
        self.alarm = -inf

    def add(self, level: float, edge: float, swing: Swing) -> None:
        """Take one, until price goes beyond `edge`."""
        if len(self._swings) == self._limit:
            del self._swings[0]
        self._swings.append(Single(level, edge, swing))
        self._changed()

    def near(self, level: float, apart: float) -> Swing | None:
        """Take out the newest swing at this level, if nothing in between went beyond both."""
        for one in reversed(self._swings):
            if abs(one.level - level) <= apart and one.deepest >= min(one.level, level):
                self._swings.remove(one)
                self._changed()
                return one.swing
        return None

    def passed(self, reach: float) -> None:
        """Note how far price has gone; forget what it has gone through."""
        self._swings = [one for one in self._swings if reach >= one.edge]
        for one in self._swings:
            one.deepest = min(one.deepest, reach)
        self._changed()

    def _changed(self) -> None:
        self.alarm = max([one.deepest for one in self._swings], default=-inf)
