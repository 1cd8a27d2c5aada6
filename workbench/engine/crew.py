"""The strategies of a run: made, bound to what they see, and their indicators declared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from workbench.analysis.series import Clock
from workbench.analysis.structure.settings import StructureSettings
from workbench.data.candles import Candles
from workbench.data.resample import visible_counts
from workbench.engine.assigning import refuse_overwriting
from workbench.engine.auditing import LEAST, audit, look, refuse_brought
from workbench.engine.deciding import look_again
from workbench.engine.driving import Driver
from workbench.engine.failure import explain_failure
from workbench.engine.idling import why_idle
from workbench.engine.insight import Insight
from workbench.engine.looked import Looked
from workbench.engine.memory import name_indicators
from workbench.engine.parameters import hint_for
from workbench.engine.signals import gives_signals
from workbench.engine.strategy import Strategy
from workbench.engine.view import View
from workbench.engine.witness import Witness
from workbench.errors import InvalidRequest, UnknownParameter


class Crew:
    """The strategies of a run.

    Parameters
    ----------
    strategy
        A class, or several.
    columns
        The candles, the shortest timeframe first.
    params
        Of the one strategy, or by name of the strategy.
    names
        As they are told; the class names when left out.

    Raises
    ------
    InvalidRequest
        There is none, or two have one name.
    UnknownParameter
        One lacks a parameter, or its value makes no sense.
    """

    def __init__(
        self,
        strategy: type[Strategy] | Sequence[type[Strategy]],
        columns: Sequence[Candles],
        params: Mapping[str, Any],
        names: Sequence[str] | None,
    ) -> None:
        self.kinds = [strategy] if isinstance(strategy, type) else list(strategy)
        self.names = list(names or [kind.__name__ for kind in self.kinds])
        if not self.kinds or not len(set(self.names)) == len(self.names) == len(self.kinds):
            text = f"{len(self.kinds)} strategies are called {self.names}: each needs its own name"
            raise InvalidRequest(text, field="strategy_ids", value=self.names, allowed="names")
        self.params = list(_parameters(dict(zip(self.names, self.kinds, strict=True)), params))
        self.strategies: list[Strategy] = []
        self.warm_ups: list[int] = []
        self.idle: list[str] = []
        self._columns = columns
        self._witness: Witness | None = None
        self.insight: Insight | None = None
        self.trials: set[str] = set()  # timeframes whose candles only show what `init` declares

    def board(
        self, driver: Driver, seed: int | None, check: bool, looked: Looked | None = None
    ) -> None:
        """Make the strategies, let them declare what they need, and hand them to the driver.

        Raises
        ------
        LookAhead
            An indicator depends on later candles.
        StrategyError
            `init` raised.
        """
        base, *higher = self._columns
        clocks = [Clock() for _ in self._columns]
        counts = [visible_counts(base, one) for one in higher]
        self.insight = insight = Insight(list(zip(self._columns, clocks, strict=True)))
        for index, (kind, params) in enumerate(zip(self.kinds, self.params, strict=True)):
            wanted = StructureSettings.of(kind.structure_settings)
            views = {
                one.timeframe.name: View(one, clock, insight, wanted)
                for one, clock in zip(self._columns, clocks, strict=True)
            }
            for name in self.trials:
                views[name].trial = True
            strategy = kind()
            strategy._bind(driver.broker, views, params, seed, index)
            strategy._shortly = looked is not None
            self.strategies.append(strategy)
            try:
                strategy.init()
            except (Exception, SystemExit) as error:
                raise explain_failure(error, kind.__name__, "init", None) from error
            refuse_overwriting(strategy)
            name_indicators(strategy)
            for view in views.values():
                view.sealed = True
                if check:
                    (audit if looked is None else looked.audit)(view.declarations, view.candles)
            if check:
                refuse_brought(strategy)
            self.warm_ups.append(warm_up_of(views, counts))
        nexts = [(warm, one.next) for warm, one in zip(self.warm_ups, self.strategies, strict=True)]
        shown = [(clock, each.tolist()) for clock, each in zip(clocks[1:], counts, strict=True)]
        driver.begin(nexts, clocks[0], shown)
        self._witness = Witness(base, self._look, looked is not None) if check else None
        named = zip(self.strategies, self.names, self.warm_ups, strict=True)
        self.idle = [why for one, name, warm in named if (why := why_idle(one, name, warm))]

    def hear(self, rows: Sequence[Sequence[float]], done: bool) -> None:
        """Take what has happened; when the run is `done`, look again at what was seen.

        Raises
        ------
        LookAhead
            Where it decided, there was something to be seen that only later candles tell.
        """
        if self._witness is not None:
            self._witness.hear(rows)
            if done:
                self._witness.look()

    def _look(self, cut: int) -> None:
        """Compute again what there was to see at the close of the `cut`-th candle."""
        base = self._columns[0]
        for strategy in self.strategies:
            for view in strategy._views.values():
                looked = [one for one in view.declarations if not hasattr(one.function, "update")]
                count = cut
                if looked and view.candles is not base:
                    count = int(visible_counts(base[:cut], view.candles)[-1])
                for one in looked:
                    if LEAST <= count < len(view.candles):
                        look(one, view.candles, count)
            if gives_signals(type(strategy)):
                look_again(strategy, cut)


def warm_up_of(views: Mapping[str, View], counts: Sequence[Any]) -> int:
    """Return the first candle at which a strategy is asked; their number for none.

    Parameters
    ----------
    views
        What it sees, the shortest timeframe first.
    counts
        Of each other timeframe: how many have closed at each candle, shape (n,).
    """
    base, *higher = views.values()
    first = base.warm_up() - 1
    for view, visible in zip(higher, counts, strict=True):
        if view.asked:
            first = max(first, int(np.searchsorted(visible, view.warm_up())))
    return min(first, len(base.candles))


def checked_parameters(
    kinds: Mapping[str, type[Strategy]], params: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the parameters of a run in full: of its one strategy, or by name of the strategy.

    Raises
    ------
    UnknownParameter
        A name is unknown, or a value makes no sense.
    """
    checked = _parameters(kinds, params)
    return checked[0] if len(checked) == 1 else dict(zip(kinds, checked, strict=True))


def _parameters(
    kinds: Mapping[str, type[Strategy]], params: Mapping[str, Any]
) -> list[dict[str, Any]]:
    if len(kinds) == 1:
        return [kind.with_parameters(params) for kind in kinds.values()]
    for name, own in params.items():
        if name not in kinds or not isinstance(own, Mapping):
            text = (
                f"strategy_params has {name!r}: of several strategies it goes by their names, "
                f"{', '.join(kinds)}, and then by those of their parameters."
                f"{hint_for(name, kinds)}"
            )
            raise UnknownParameter(
                text, field=f"strategy_params.{name}", value=own, allowed=list(kinds)
            )
    return [kind.with_parameters(params.get(name, {})) for name, kind in kinds.items()]
