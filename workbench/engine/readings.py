"""What strategies read of one detector on one timeframe, up to their present."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import nan
from typing import Any

from workbench.analysis.bars import Bar
from workbench.analysis.detecting import Finding, PatternFinding, StructureFinding
from workbench.analysis.guarding import Guarded
from workbench.analysis.own import made_for
from workbench.analysis.patterns.detector import PatternDetector
from workbench.analysis.series import Clock
from workbench.analysis.structure.areas import BIAS, Area, Watch
from workbench.analysis.structure.detector import StructureDetector
from workbench.analysis.structure.names import name_of, refuse_unknown
from workbench.analysis.structure.settings import StructureSettings
from workbench.engine.latest import Latest, check_asked
from workbench.messages import Bias


class Track:
    """Gives the candles of a timeframe to a detector, as far as its clock has come."""

    __slots__ = ("_clock", "bars", "fed")

    def __init__(self, bars: Sequence[Bar], clock: Clock) -> None:
        self.bars = bars
        self.fed = 0
        self._clock = clock

    def due(self) -> Iterable[tuple[int, Bar]]:
        """Return the candles that have closed since the last call, each with its number."""
        count, fed = self._clock.count, self.fed
        if count == fed:
            return ()
        self.fed = count
        return zip(range(fed, count), self.bars[fed:count], strict=True)

    @property
    def rewound(self) -> bool:
        """Whether the clock has been set back: what has been seen must be seen anew."""
        return self._clock.count < self.fed


class StructureReading:
    """Market structure of a timeframe, as known at the close of its last closed candle."""

    def __init__(
        self,
        timeframe: str,
        bars: Sequence[Bar],
        clock: Clock,
        settings: StructureSettings | None = None,
    ) -> None:
        self._timeframe, self._bars, self._clock = timeframe, bars, clock
        self._settings = settings
        self._start()

    def _start(self) -> None:
        self._track = Track(self._bars, self._clock)
        self._detector = StructureDetector(self._timeframe, self._settings)
        self._latest: Latest[StructureFinding] = Latest()
        self._new: Sequence[StructureFinding] = ()

    @property
    def detector(self) -> StructureDetector:
        """The detector itself, having seen all that has closed."""
        if self._track.rewound:
            self._start()
        for number, bar in self._track.due():
            self._new = found = self._detector.update(bar)
            for one in found:
                self._latest.note(name_of(one.kind, one.status), one.direction, number, one)
        return self._detector

    @property
    def trend(self) -> Bias:
        """Direction of the last break of structure."""
        return BIAS[self.detector.trend]

    @property
    def swing_high(self) -> float:
        """Price of the last confirmed swing high, NaN before the first."""
        swing = self.detector.swings.get(-1)
        return nan if swing is None else swing.price

    @property
    def swing_low(self) -> float:
        """Price of the last confirmed swing low, NaN before the first."""
        swing = self.detector.swings.get(1)
        return nan if swing is None else swing.price

    @property
    def atr(self) -> float:
        """Average true range in price units, NaN before its first value."""
        value = self.detector.atr
        return nan if value is None else value

    @property
    def fvgs(self) -> list[Area]:
        """Fair value gaps that are not filled."""
        return _areas(self.detector.gaps.watches)

    @property
    def order_blocks(self) -> list[Area]:
        """Order blocks that are not broken."""
        return _areas(self.detector.blocks.watches)

    @property
    def pools(self) -> list[Area]:
        """Liquidity pools that are neither swept nor broken."""
        return _areas(self.detector.pools.watches)

    @property
    def zones(self) -> list[Area]:
        """Zones of support (bullish) and resistance that are not broken."""
        return self.detector.zones.areas

    @property
    def last(self) -> StructureFinding | None:
        """What became known last."""
        return self.detector.last

    @property
    def new(self) -> Sequence[StructureFinding]:
        """What the last closed candle made known."""
        self.detector  # noqa: B018 - sees what has closed
        return self._new

    def found(
        self, name: str, within: int = 1, direction: Bias | None = None
    ) -> StructureFinding | None:
        """Return what became known last of a kind, within the last candles of the timeframe.

        Parameters
        ----------
        name
            A kind (``bos``, ``choch``, ``fvg``, ``order_block``, …), or with a later status
            ``fvg_filled``, ``order_block_broken``, ``liquidity_swept``, ….
        within
            How many candles back, the last closed one being the first.
        direction
            ``bullish`` or ``bearish``; either when left out.

        Raises
        ------
        InvalidRequest
            The name or direction is unknown, or `within` is no whole number from 1.
        """
        refuse_unknown(name)
        check_asked(within, direction)
        self.detector  # noqa: B018 - sees what has closed
        return self._latest.find(name, self._track.fed - within, direction)

    def __repr__(self) -> str:
        return (
            f"<Structure {self._timeframe}: {self.trend}, swings {self.swing_low:g} to "
            f"{self.swing_high:g}, {len(self.fvgs)} fvgs, {len(self.order_blocks)} order_blocks, "
            f"{len(self.zones)} zones, {len(self.pools)} pools>"
        )


class PatternReading:
    """Candlestick patterns of a timeframe, as known at the close of its last closed candle."""

    def __init__(self, timeframe: str, bars: Sequence[Bar], clock: Clock) -> None:
        self._timeframe, self._bars, self._clock = timeframe, bars, clock
        self._start()

    def _start(self) -> None:
        self._track = Track(self._bars, self._clock)
        self._detector = PatternDetector(self._timeframe)
        self._latest: Latest[PatternFinding] = Latest()
        self._more: dict[str, PatternReading] = {}

    @property
    def detector(self) -> PatternDetector:
        """The detector itself, having seen all that has closed."""
        if self._track.rewound:
            self._start()
        for number, bar in self._track.due():
            for one in self._detector.update(bar):
                self._latest.note(one.pattern, one.direction, number, one)
        return self._detector

    @property
    def values(self) -> Mapping[str, int]:
        """Strengths on the last closed candle by name, as TA-Lib counts; none that are 0."""
        return self.detector.values

    def found(
        self, name: str, within: int = 1, direction: Bias | None = None
    ) -> PatternFinding | None:
        """Return the latest pattern of a name within the last candles of the timeframe.

        Parameters
        ----------
        name
            Any of `workbench.analysis.patterns.ALL`.
        within
            How many candles back, the last closed one being the first.
        direction
            ``bullish``, ``bearish`` or ``neutral``; any when left out.

        Raises
        ------
        InvalidRequest
            The name or direction is unknown, or `within` is no whole number from 1.
        """
        check_asked(within, direction)
        if name not in self.detector.names:
            other = self._other(name)
            # Also where the name was TA-Lib's own.
            return other.found(other._detector.names[0], within, direction)
        return self._latest.find(name, self._track.fed - within, direction)

    def _other(self, name: str) -> PatternReading:
        if name not in self._more:
            other = PatternReading(self._timeframe, self._bars, self._clock)
            other._detector = PatternDetector(self._timeframe, [name])
            self._more[name] = self._more[other._detector.names[0]] = other
        return self._more[name]

    def __repr__(self) -> str:
        told = ", ".join(f"{name} {value}" for name, value in self.values.items())
        return f"<Patterns {self._timeframe}: {told or 'none on the last candle'}>"


class OwnReading:
    """What a detector of the user's own finds on a timeframe, up to its last closed candle."""

    def __init__(self, timeframe: str, bars: Sequence[Bar], clock: Clock, detector: Any) -> None:
        self._timeframe, self._bars, self._clock = timeframe, bars, clock
        self._given = detector
        self._start()

    def _start(self) -> None:
        self._track = Track(self._bars, self._clock)
        (self._detector,) = made_for(self._timeframe, [self._given])
        self._latest: Latest[Finding] = Latest()
        self._new: Sequence[Finding] = ()
        self._last: Finding | None = None

    def _see(self) -> Guarded:
        if self._track.rewound:
            self._start()
        for number, bar in self._track.due():
            self._new = found = self._detector.update(bar)
            for one in found:
                self._last = one
                name = one.pattern if isinstance(one, PatternFinding) else (
                    name_of(one.kind, one.status) if isinstance(one, StructureFinding) else ""
                )  # fmt: skip
                self._latest.note(name, one.direction, number, one)
        return self._detector

    @property
    def detector(self) -> Any:
        """The detector itself, having seen all that has closed."""
        return self._see().detector

    @property
    def new(self) -> Sequence[Finding]:
        """What the last closed candle made known."""
        self._see()
        return self._new

    @property
    def last(self) -> Finding | None:
        """What became known last."""
        self._see()
        return self._last

    def found(self, name: str, within: int = 1, direction: Bias | None = None) -> Finding | None:
        """Return what became known last of a name, within the last candles of the timeframe.

        Parameters
        ----------
        name
            Of a pattern, or the kind of a fact of structure (``zone``, ``zone_broken``).
        within, direction
            As of `StructureReading.found`.

        Raises
        ------
        InvalidRequest
            The direction is unknown, or `within` is no whole number from 1.
        """
        check_asked(within, direction)
        self._see()
        return self._latest.find(name, self._track.fed - within, direction)

    def __repr__(self) -> str:
        last = self.last
        return f"<{self._detector.name} {self._timeframe}: last {last!r}>"


def _areas(watches: Mapping[int, Watch]) -> list[Area]:
    return [area for watch in watches.values() for area in watch.areas]
