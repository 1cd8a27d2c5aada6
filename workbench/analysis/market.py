"""All that is seen in a market: every timeframe's detectors, and what they add up to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from workbench.analysis.bars import Bar
from workbench.analysis.confluence import Scorer
from workbench.analysis.detecting import Finding
from workbench.analysis.given import timeframes_given
from workbench.analysis.guarding import Guarded
from workbench.analysis.lanes import Lane
from workbench.analysis.own import made_for, several
from workbench.analysis.patterns.names import checked_names
from workbench.analysis.structure.settings import StructureSettings
from workbench.errors import DetectorError, UnknownTimeframe
from workbench.timeframes import Timeframe


class MarketAnalysis:
    """The detectors of a market on all its timeframes, and the confluence score.

    It can be pickled at any candle and goes on from there, if the user's detectors can.

    Parameters
    ----------
    symbol
        What is traded, for people.
    timeframes
        Of the candles, in any order.
    patterns
        Names of candlestick patterns; None for the default ones.
    weights
        Of the terms of the confluence score, by name; the default ones where left out.
    detectors
        Further ones, one or several, used on each timeframe: names of entry points of group
        ``workbench.detectors``, classes (called with the timeframe's name) or instances, which
        are copied.
    structure
        What counts as structure: settings, or some of them by name.
    on_failure
        Told when a user's detector fails, which is then left out; without it that is raised.

    Raises
    ------
    InvalidRequest
        There is no timeframe, or a pattern, weight or detector makes no sense.
    UnknownTimeframe
        A timeframe is not one.
    """

    def __init__(
        self,
        symbol: str,
        timeframes: Sequence[str],
        *,
        patterns: Iterable[str] | None = None,
        weights: Mapping[str, float] | None = None,
        detectors: Any = (),
        structure: StructureSettings | Mapping[str, Any] | None = None,
        on_failure: Callable[[DetectorError], None] | None = None,
    ) -> None:
        names = [
            one.name for one in sorted(map(Timeframe.parse, set(timeframes_given(timeframes))))
        ]
        self.symbol = symbol
        self.timeframes = names
        chosen = None if patterns is None else checked_names(patterns)
        self._scorer = Scorer(weights)
        settings = StructureSettings.of(structure)
        self._lanes = [Lane(name, chosen, settings) for name in names]
        self._by_name = dict(zip(names, self._lanes, strict=True))
        self._own: dict[str, list[Guarded]] = {name: [] for name in names}
        self._on_failure = on_failure
        for one in several(detectors):
            self._use(one)

    def closed(self, timeframe: str, bar: Bar) -> Sequence[Finding]:
        """Take a closed candle; those of several timeframes come the longest first.

        Returns
        -------
        list of findings
            Patterns, structure, those of further detectors and, of the shortest timeframe, the
            confluence score, which so knows of all candles that have closed by then.

        Raises
        ------
        InvalidCandles
            The candle is none, or does not come after the one before: nothing was made of it.
        DetectorError
            A user's detector failed, and nobody is told of it (`on_failure`).
        UnknownTimeframe
            The timeframe is not among those of the analysis.
        """
        lane = self._lane(timeframe)
        found = lane.closed(bar)
        for detector in tuple(self._own[lane.timeframe]):
            found.extend(self._ask(detector, detector.update, bar))
        if lane is self._lanes[0]:
            found.append(self._scorer.score(bar, self._lanes))
        return found

    def forming(self, timeframe: str, bar: Bar) -> Sequence[Finding]:
        """Look at a candle that still grows; keep nothing of it.

        Returns
        -------
        list of findings
            Provisional ones, and only what has changed since the last look.

        Raises
        ------
        InvalidCandles, DetectorError, UnknownTimeframe
            As of `closed`.
        """
        lane = self._lane(timeframe)
        found = lane.forming(bar)
        for detector in tuple(self._own[lane.timeframe]):
            found.extend(self._ask(detector, detector.peek, bar))
        return found

    def _use(self, detector: Any) -> None:
        """Take a user's detector, on all timeframes or on none."""
        try:
            made = {name: made_for(name, [detector]) for name in self.timeframes}
        except DetectorError as error:
            if self._on_failure is None:
                raise
            self._on_failure(error)
            return
        for name, guarded in made.items():
            self._own[name] += guarded

    def _ask(
        self, detector: Guarded, method: Callable[[Bar], Sequence[Finding]], bar: Bar
    ) -> Sequence[Finding]:
        try:
            return method(bar)
        except DetectorError as error:
            if self._on_failure is None:
                raise
            self._own[detector.timeframe].remove(detector)
            self._on_failure(error)
            return ()

    def _lane(self, timeframe: str) -> Lane:
        lane = self._by_name.get(timeframe)
        if lane is None:
            text = f"The analysis of {self.symbol} has no timeframe {timeframe!r}"
            raise UnknownTimeframe(
                f"{text}: it has {', '.join(self.timeframes)}",
                field="timeframe", value=timeframe, allowed=self.timeframes,
            )  # fmt: skip
        return lane
