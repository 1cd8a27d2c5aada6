"""What strategies of a live session see, as it grows: columns, indicators, detectors."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from workbench.engine.crew import Crew, warm_up_of
from workbench.engine.growing import Growing
from workbench.engine.growing_indicator import indicators_of


class Sights:
    """Lets all that strategies see grow with the candles.

    Parameters
    ----------
    crew
        On board.
    grown
        The candles by timeframe, the shortest first.
    counts
        Of each longer timeframe: how many have closed at each candle of the shortest.
    empty
        Timeframes that had no candles when the crew went on board, and were given others instead.
    check
        Whether indicators are looked at for lookahead where many candles come at once.
    """

    def __init__(
        self, crew: Crew, grown: Mapping[str, Growing], counts: Mapping[str, Any],
        empty: Collection[str], check: bool,
    ) -> None:  # fmt: skip
        self._crew, self._grown, self._counts = crew, grown, counts
        self._shown = {name: one.count for name, one in grown.items()}
        if crew.insight is None:
            raise TypeError("The crew is not on board")
        self._insight = crew.insight
        self._indicators = [
            {name: indicators_of(view, check) for name, view in one._views.items()}
            for one in crew.strategies
        ]
        for name in empty:
            self._insight.begin_anew(name, grown[name].candles)
            for strategy, indicators in zip(crew.strategies, self._indicators, strict=True):
                strategy._views[name].grow(grown[name].candles)
                for one in indicators[name]:
                    one.show_none()
        self.warm_ups = [self._warm_up(one) for one in crew.strategies]

    def grow(self) -> None:
        """Show the candles that have come since the last call, as far as clocks will go.

        Raises
        ------
        StrategyError
            An indicator raised, of which there were values before.
        LookAhead
            An indicator over candles that came at once depends on later ones.
        """
        before = self._shown
        some = {name for name, one in self._grown.items() if one.count > before[name]}
        if not some:
            return
        self._shown = {name: one.count for name, one in self._grown.items()}
        for name in some:
            self._insight.grow(self._grown[name], before[name])
        for number, strategy in enumerate(self._crew.strategies):
            for name in some:
                strategy._views[name].grow(self._grown[name].candles)
            # What is declared on the shortest may be made of what is on a longer one.
            for name in reversed(list(strategy._views)):
                if name in some:
                    for one in self._indicators[number][name]:
                        one.grow(before[name], type(strategy).__name__)
            if self.warm_ups[number] >= before[next(iter(self._grown))]:
                self.warm_ups[number] = self._warm_up(strategy)

    def _warm_up(self, strategy: Any) -> int:
        counts = list(self._counts.values())
        base = next(iter(self._grown.values())).count
        return warm_up_of(strategy._views, [each[:base] for each in counts])
