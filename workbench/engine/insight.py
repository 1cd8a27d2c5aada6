"""What the detectors see in a run's candles, up to the present of the strategies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from workbench.analysis.bars import Bar, bars_of
from workbench.analysis.confluence import Place, Scorer, places_at
from workbench.analysis.lanes import Lane
from workbench.analysis.series import Clock
from workbench.analysis.structure.settings import StructureSettings
from workbench.data.candles import Candles
from workbench.engine.growing import Growing
from workbench.engine.readings import OwnReading, PatternReading, StructureReading, Track
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
        self._structure: dict[tuple[str, StructureSettings], StructureReading] = {}
        self._patterns: dict[str, PatternReading] = {}
        self._own: dict[tuple[str, Any], OwnReading] = {}
        self._scorers: dict[tuple[tuple[str, float], ...], Scorer] = {}
        self._lanes: dict[StructureSettings, tuple[list[Lane], Track]] = {}

    def structure(self, timeframe: str, settings: StructureSettings) -> StructureReading:
        """Return the structure of a timeframe, by some settings."""
        key = timeframe, settings
        if key not in self._structure:
            self._structure[key] = StructureReading(*self._of(timeframe), settings)
        return self._structure[key]

    def patterns(self, timeframe: str) -> PatternReading:
        """Return the patterns of a timeframe."""
        if timeframe not in self._patterns:
            self._patterns[timeframe] = PatternReading(*self._of(timeframe))
        return self._patterns[timeframe]

    def own(self, timeframe: str, detector: Any) -> OwnReading:
        """Return what a detector of the user's own finds on a timeframe.

        Raises
        ------
        InvalidRequest
            It is no detector.
        """
        if not isinstance(detector, (str, type)):
            return OwnReading(*self._of(timeframe), detector)
        key = timeframe, detector
        if key not in self._own:
            self._own[key] = OwnReading(*self._of(timeframe), detector)
        return self._own[key]

    def confluence(
        self, weights: Mapping[str, float] | None, settings: StructureSettings
    ) -> Confluence:
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
        lanes, bar = self._synced(settings), self._of(base)[1][clock.count - 1]
        scorer = self._scorer(weights)
        places = places_at(bar, lanes)
        one = scorer.score(bar, lanes, places)
        return Confluence(
            one.score, one.direction, {term.name: term for term in one.terms}, one.rationale,
            places.get(1), places.get(-1),
        )  # fmt: skip

    def grow(self, grown: Growing, start: int) -> None:
        """See longer candles of a timeframe, of which those from index `start` on are new."""
        timeframe = grown.timeframe.name
        self._seen[timeframe] = (grown.candles, self._seen[timeframe][1])
        if timeframe in self._bars:
            self._bars[timeframe].extend(bars_of(grown.since(start)))

    def begin_anew(self, timeframe: str, candles: Candles) -> None:
        """See other candles, while none has been shown yet."""
        self._seen[timeframe] = (candles, self._seen[timeframe][1])
        if timeframe in self._bars:
            self._bars[timeframe][:] = bars_of(candles)

    def _scorer(self, weights: Any) -> Scorer:
        if weights is not None and not isinstance(weights, Mapping):
            return Scorer(weights)  # which refuses them
        key = tuple((weights or {}).items())
        if key not in self._scorers:
            self._scorers[key] = Scorer(weights)
        return self._scorers[key]

    def _synced(self, settings: StructureSettings) -> list[Lane]:
        """Return the lanes of all timeframes, as far as candles have closed."""
        base = next(iter(self._seen))
        known = self._lanes.get(settings)
        if known is None or known[1].rewound:
            known = [Lane(name) for name in self._seen], Track(*self._of(base)[1:])
            self._lanes[settings] = known
        lanes, track = known
        for lane in lanes:
            lane.structure = self.structure(lane.timeframe, settings).detector
        first = lanes[0]
        first.patterns = self.patterns(base).detector
        for _, bar in track.due():
            first.rsi.update(bar.close)
        return lanes

    def _of(self, timeframe: str) -> tuple[str, list[Bar], Clock]:
        candles, clock = self._seen[timeframe]
        if timeframe not in self._bars:
            self._bars[timeframe] = bars_of(candles)
        return timeframe, self._bars[timeframe], clock
