"""What the detectors see in a run's candles, up to the present of the strategies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import nan
from typing import NamedTuple

from workbench.analysis.bars import Bar, bars_of
from workbench.analysis.confluence import Place, Scorer, places_at
from workbench.analysis.detecting import PatternFinding, StructureFinding
from workbench.analysis.lanes import Lane
from workbench.analysis.patterns.detector import PatternDetector
from workbench.analysis.series import Clock
from workbench.analysis.structure.areas import BIAS, Area, Watch
from workbench.analysis.structure.detector import StructureDetector
from workbench.data.candles import Candles
from workbench.messages import Bias
from workbench.messages import ConfluenceTerm as Term


class Confluence(NamedTuple):
    """How much speaks for one side, at the close of the present candle.

    Attributes
    ----------
    score
        0 (nothing) to 1 (all agree).
    direction
        ``bullish``, ``bearish`` or ``neutral``.
    terms
        The votes, by name: ``trend``, ``location``, ``pattern``, ``momentum``.
    rationale
        The same in a sentence.
    support, resistance
        The area price is at, if it is at one.
    """

    score: float
    direction: Bias
    terms: Mapping[str, Term]
    rationale: str
    support: Place | None
    resistance: Place | None


class _Track:
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

    def __init__(self, timeframe: str, bars: Sequence[Bar], clock: Clock) -> None:
        self._timeframe, self._bars, self._clock = timeframe, bars, clock
        self._start()

    def _start(self) -> None:
        self._track = _Track(self._bars, self._clock)
        self._detector = StructureDetector(self._timeframe)
        self._latest: dict[str, tuple[int, StructureFinding]] = {}
        self._new: Sequence[StructureFinding] = ()

    @property
    def detector(self) -> StructureDetector:
        """The detector itself, having seen all that has closed."""
        if self._track.rewound:
            self._start()
        for number, bar in self._track.due():
            self._new = found = self._detector.update(bar)
            for one in found:
                fresh = one.status == "confirmed"
                self._latest[one.kind if fresh else f"{one.kind}_{one.status}"] = number, one
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
        """Average true range (14) in price units, NaN before its first value."""
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

    def found(self, name: str, within: int = 1) -> StructureFinding | None:
        """Return what became known of a kind within the last candles of the timeframe.

        Parameters
        ----------
        name
            A kind (``bos``, ``choch``, ``fvg``, ``order_block``, …), or with a later status
            ``fvg_filled``, ``order_block_broken``, ``liquidity_swept``, ….
        within
            How many candles back, the last closed one being the first.
        """
        self.detector  # noqa: B018 - sees what has closed
        number, one = self._latest.get(name, (-within - 1, None))
        return one if number >= self._track.fed - within else None


class PatternReading:
    """Candlestick patterns of a timeframe, as known at the close of its last closed candle."""

    def __init__(self, timeframe: str, bars: Sequence[Bar], clock: Clock) -> None:
        self._timeframe, self._bars, self._clock = timeframe, bars, clock
        self._start()

    def _start(self) -> None:
        self._track = _Track(self._bars, self._clock)
        self._detector = PatternDetector(self._timeframe)
        self._latest: dict[str, tuple[int, PatternFinding]] = {}
        self._more: dict[str, PatternReading] = {}

    @property
    def detector(self) -> PatternDetector:
        """The detector itself, having seen all that has closed."""
        if self._track.rewound:
            self._start()
        for number, bar in self._track.due():
            for one in self._detector.update(bar):
                self._latest[one.pattern] = number, one
        return self._detector

    @property
    def values(self) -> Mapping[str, int]:
        """Strengths on the last closed candle by name, as TA-Lib counts; none that are 0."""
        return self.detector.values

    def found(self, name: str, within: int = 1) -> PatternFinding | None:
        """Return the latest pattern of a name within the last candles of the timeframe.

        Parameters
        ----------
        name
            Any of `workbench.analysis.patterns.ALL`.
        within
            How many candles back, the last closed one being the first.

        Raises
        ------
        InvalidRequest
            The name is unknown.
        """
        if name not in self.detector.names:
            return self._other(name).found(name, within)
        number, one = self._latest.get(name, (-within - 1, None))
        return one if number >= self._track.fed - within else None

    def _other(self, name: str) -> PatternReading:
        if name not in self._more:
            other = PatternReading(self._timeframe, self._bars, self._clock)
            other._detector = PatternDetector(self._timeframe, [name])
            self._more[name] = self._more[other._detector.names[0]] = other
        return self._more[name]


class Insight:
    """What the detectors see, of all timeframes of a run; nothing is computed unless asked for.

    Parameters
    ----------
    seen
        The candles of each timeframe and how many have closed, the shortest timeframe first.
    """

    def __init__(self, seen: Sequence[tuple[Candles, Clock]]) -> None:
        self._seen = {candles.timeframe.name: (candles, clock) for candles, clock in seen}
        self._bars: dict[str, list[Bar]] = {}
        self._structure: dict[str, StructureReading] = {}
        self._patterns: dict[str, PatternReading] = {}
        self._scorers: dict[tuple[tuple[str, float], ...], Scorer] = {}
        self._lanes: list[Lane] = []
        self._rsi: _Track | None = None

    def structure(self, timeframe: str) -> StructureReading:
        """Return the structure of a timeframe."""
        if timeframe not in self._structure:
            self._structure[timeframe] = StructureReading(*self._of(timeframe))
        return self._structure[timeframe]

    def patterns(self, timeframe: str) -> PatternReading:
        """Return the patterns of a timeframe."""
        if timeframe not in self._patterns:
            self._patterns[timeframe] = PatternReading(*self._of(timeframe))
        return self._patterns[timeframe]

    def confluence(self, weights: Mapping[str, float] | None) -> Confluence:
        """Return the score at the present candle.

        Raises
        ------
        InvalidRequest
            The weights make no sense.
        IndexError
            No candle has closed yet.
        """
        base = next(iter(self._seen))
        clock = self._seen[base][1]
        if not clock.count:
            raise IndexError("No candle has closed yet: read confluence in next(), not in init()")
        lanes, bar = self._synced(), self._of(base)[1][clock.count - 1]
        key = tuple((weights or {}).items())
        scorer = self._scorers.get(key)
        if scorer is None:
            scorer = self._scorers[key] = Scorer(weights)
        places = places_at(bar, lanes)
        one = scorer.score(bar, lanes, places)
        return Confluence(
            one.score, one.direction, {term.name: term for term in one.terms}, one.rationale,
            places.get(1), places.get(-1),
        )  # fmt: skip

    def _synced(self) -> list[Lane]:
        """Return the lanes of all timeframes, as far as candles have closed."""
        base = next(iter(self._seen))
        if self._rsi is None or self._rsi.rewound:
            self._rsi = _Track(*self._of(base)[1:])
            self._lanes = [Lane(name) for name in self._seen]
        for lane in self._lanes:
            lane.structure = self.structure(lane.timeframe).detector
        first = self._lanes[0]
        first.patterns = self.patterns(base).detector
        for _, bar in self._rsi.due():
            first.rsi.update(bar.close)
        return self._lanes

    def _of(self, timeframe: str) -> tuple[str, list[Bar], Clock]:
        candles, clock = self._seen[timeframe]
        if timeframe not in self._bars:
            self._bars[timeframe] = bars_of(candles)
        return timeframe, self._bars[timeframe], clock


def _areas(watches: Mapping[int, Watch]) -> list[Area]:
    return [area for watch in watches.values() for area in watch.areas]
