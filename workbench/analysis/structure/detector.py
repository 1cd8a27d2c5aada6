"""All of market structure on one timeframe, candle by candle."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from workbench.analysis.bars import Bar
from workbench.analysis.detecting import StructureFinding
from workbench.analysis.running import RunningAtr
from workbench.analysis.structure.areas import BIAS, Area, Follow, Moment, Shelf, Watch, name
from workbench.analysis.structure.blocks import Blocks, Impulse
from workbench.analysis.structure.gaps import Gaps
from workbench.analysis.structure.liquidity import Pools
from workbench.analysis.structure.settings import StructureSettings
from workbench.analysis.structure.swings import Swing, Swings
from workbench.analysis.structure.zones import Zones
from workbench.messages import StructureKind
from workbench.timeframes import Timeframe


class StructureDetector:
    """Swings, breaks of structure, gaps, order blocks, liquidity pools and zones.

    Keeps a bounded number of open areas, so a candle costs the same however many there were; can
    be pickled at any candle and goes on from there.

    Parameters
    ----------
    timeframe
        Of the candles, such as ``1H``.
    settings
        What counts; the default ones when left out.

    Attributes
    ----------
    trend
        1 after a break upwards, -1 downwards, 0 before the first.
    swings
        The last confirmed swing by sign: -1 the high, 1 the low.
    unbroken
        Those of them that no candle has closed beyond since.
    atr
        Average true range; None before its first value.
    last
        The last finding.
    shelves
        What price may turn at, by side (1 below, -1 above): blocks and gaps it has not come back
        to, zones, unbroken swings.

    Raises
    ------
    UnknownTimeframe
        `timeframe` is not one.
    """

    def __init__(self, timeframe: str, settings: StructureSettings | None = None) -> None:
        parsed = Timeframe.parse(timeframe)
        self.timeframe = parsed.name
        self.settings = settings = settings or StructureSettings()
        self.trend = 0
        self.swings: dict[int, Swing] = {}
        self.unbroken: dict[int, Swing] = {}
        self.last: StructureFinding | None = None
        self.shelves = {1: Shelf(), -1: Shelf()}
        self.gaps = Gaps(settings.gap, settings.open, self.shelves)
        self.blocks = Blocks(settings.open, self.shelves)
        self.pools = Pools(settings.pool, settings.open)
        self.zones = Zones(settings.zone, settings.open, self.shelves)
        self._ms = parsed.ms
        self._atr = RunningAtr(settings.atr_period)
        self._finder = Swings(settings.width)
        self._recent: deque[Bar] = deque(maxlen=settings.width + 1)
        self._impulses = {sign: Impulse(sign) for sign in (1, -1)}
        self._shelved: dict[int, Area] = {}
        self._singles = self.pools.singles[1], self.pools.singles[-1]
        self._watched: list[tuple[Watch, Watch, Follow]] = [
            (kind.watches[1], kind.watches[-1], kind.follow)
            for kind in (self.gaps, self.blocks, self.pools, self.zones)
        ]
        self._watched.append((self.zones.seeds[1], self.zones.seeds[-1], self.zones.forget))

    @property
    def atr(self) -> float | None:
        return self._atr.value

    def update(self, bar: Bar) -> Sequence[StructureFinding]:
        """Take the next closed candle; return what it made known, in order."""
        atr = self._atr.update(bar.high, bar.low, bar.close)
        low, up = bar.low, -bar.high
        now = Moment(self.timeframe, bar, bar.time + self._ms, atr)
        found: list[StructureFinding] = []
        for bulls, bears, follow in self._watched:
            if low <= bulls.alarm:
                follow(bulls, low, now, found)
            if up <= bears.alarm:
                follow(bears, up, now, found)
        lows, highs = self._singles
        if low < lows.alarm:
            lows.passed(low)
        if up < highs.alarm:
            highs.passed(up)
        self._recent.append(bar)
        self._impulses[1].update(bar)
        self._impulses[-1].update(bar)
        if self.unbroken:
            self._breaks(now, found)
        for swing in self._finder.update(bar):
            self._swing(swing, now, found)
        self.gaps.find(now, found)
        if found:
            self.last = found[-1]
        return found

    def peek(self, bar: Bar) -> Sequence[StructureFinding]:
        """Return nothing: structure is made by closes."""
        return ()

    def _breaks(self, now: Moment, found: list[StructureFinding]) -> None:
        close = now.bar.close
        high, low = self.unbroken.get(-1), self.unbroken.get(1)
        if high is not None and close > high.price:
            self._break(high, now, found)
        if low is not None and close < low.price:
            self._break(low, now, found)

    def _break(self, swing: Swing, now: Moment, found: list[StructureFinding]) -> None:
        sign, bar = -swing.sign, now.bar
        del self.unbroken[swing.sign]
        self.shelves[swing.sign].take(self._shelved.pop(swing.sign))
        found.append(self._fact(swing, "broken", now))
        kind: StructureKind = "choch" if self.trend == -sign else "bos"
        self.trend = sign
        beyond = abs(bar.close - swing.price)
        numbers = {"close": bar.close, "beyond": beyond}
        if now.atr:
            numbers["beyond_atr"] = beyond / now.atr
        found.append(
            StructureFinding(
                self.timeframe, name(kind, bar.time), kind, BIAS[sign], "confirmed", bar.time,
                now.close_time, swing.price, None, None, numbers,
            )
        )  # fmt: skip
        self.blocks.made(sign, self._impulses[sign], now, found)

    def _swing(self, swing: Swing, now: Moment, found: list[StructureFinding]) -> None:
        sign = swing.sign
        older, before = self.unbroken.get(sign), self.swings.get(sign)
        if older is not None:
            self.shelves[sign].take(self._shelved[sign])
            found.append(self._fact(older, "superseded", now))
        self.swings[sign] = self.unbroken[sign] = swing
        kind, price = _kind(sign), swing.price
        area = Area(name(kind, swing.time), kind, sign, price, price, swing.time, now.close_time)
        self._shelved[sign] = area
        self.shelves[sign].put(area)
        change = {} if before is None else {"change": swing.price - before.price}
        found.append(self._fact(swing, "confirmed", now, change))
        # What may break it began at or after it.
        self._impulses[-sign].restart(self._recent)
        self.pools.take(swing, now, found)
        self.zones.take(swing, now, found)

    def _fact(
        self, swing: Swing, status: str, now: Moment, numbers: dict[str, float] | None = None
    ) -> StructureFinding:
        kind = _kind(swing.sign)
        when = swing.time if status == "confirmed" else now.bar.time
        return StructureFinding(
            self.timeframe, name(kind, swing.time), kind, BIAS[swing.sign], status, when,
            now.close_time, swing.price, None, None, numbers or {},
        )  # fmt: skip


def _kind(sign: int) -> StructureKind:
    return "swing_low" if sign > 0 else "swing_high"
