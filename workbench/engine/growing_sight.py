"""What strategies of a live session see, as it grows: columns, indicators, detectors."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from workbench.analysis.series import Series, renew, whole
from workbench.engine.auditing import LEAST, look
from workbench.engine.crew import Crew, warm_up_of
from workbench.engine.declaring import Column, Declaration, compute
from workbench.engine.failure import explain_failure
from workbench.engine.growing import Growing
from workbench.engine.view import View
from workbench.errors import InvalidRequest, WorkbenchError
from workbench.messages import iso_time


class Sights:
    """Lets all that strategies see grow with the candles.

    Whole columns of indicators are computed again, as a backtest over the same candles would;
    incremental ones are given what is new.

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
        self._crew, self._grown, self._counts, self._check = crew, grown, counts, check
        self._shown = {name: one.count for name, one in grown.items()}
        if crew.insight is None:
            raise TypeError("The crew is not on board")
        self._insight = crew.insight
        for name in empty:
            self._insight.begin_anew(name, grown[name].candles)
            for strategy in crew.strategies:
                view = strategy._views[name]
                view.grow(grown[name].candles)
                for series, one in _declared(view):
                    for each in series:
                        renew(each, np.zeros(0))
                    _replace(view, one, [np.zeros(0) for _ in series])
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
                    self._indicate(strategy._views[name], before[name], type(strategy).__name__)
            if self.warm_ups[number] >= before[next(iter(self._grown))]:
                self.warm_ups[number] = self._warm_up(strategy)

    def _indicate(self, view: View, start: int, strategy: str) -> None:
        """Tell the indicators of a timeframe whose candles are new from `start` on."""
        for series, one in _declared(view):
            if hasattr(one.function, "update"):
                columns = _further(one, start, len(view.candles))
            else:
                columns = self._again(view, one, start, strategy)
            for each, column in zip(series, columns, strict=True):
                renew(each, column)
            _replace(view, one, columns)

    def _again(self, view: View, one: Declaration, start: int, strategy: str) -> list[Column]:
        """Compute an indicator over all candles."""
        count = len(view.candles)
        try:
            _, columns = compute(one.label, one.function, one.args, one.kwargs, view._extent)
            if len(columns) != len(one.columns):
                raise _other(one, len(columns))
        except (Exception, SystemExit) as error:
            if all(np.isnan(column).all() for column in one.columns) and not isinstance(
                error, WorkbenchError
            ):
                return [np.full(count, np.nan) for _ in one.columns]  # too few candles for it yet
            if isinstance(error, WorkbenchError):
                raise
            when = iso_time(int(view.candles.time[-1]))
            raise explain_failure(error, strategy, f"indicator {one.label}", when) from error
        if self._check and count - start > 1:
            now = one._replace(columns=columns)
            for cut in (start, (start + count) // 2, count - 1):
                if LEAST <= cut < count:
                    look(now, view.candles, cut)
        return columns

    def _warm_up(self, strategy: Any) -> int:
        counts = list(self._counts.values())
        base = next(iter(self._grown.values())).count
        return warm_up_of(strategy._views, [each[:base] for each in counts])


def _declared(view: View) -> list[tuple[Sequence[Series], Declaration]]:
    """Return each indicator's series, and how it was declared."""
    found: list[tuple[Sequence[Series], Declaration]] = []
    at = 0
    for one in view.declarations:
        found.append((view.declared[at : at + len(one.columns)], one))
        at += len(one.columns)
    return found


def _replace(view: View, one: Declaration, columns: Sequence[Column]) -> None:
    place = next(k for k, other in enumerate(view.declarations) if other is one)
    view.declarations[place] = one._replace(columns=columns)


def _further(one: Declaration, start: int, count: int) -> list[Column]:
    """Give an incremental indicator the values that are new; return its columns in full."""
    given = [whole(arg) for arg in one.args]
    columns = [arg[start:count].tolist() for arg in given if isinstance(arg, np.ndarray)]
    rows = zip(*columns, strict=True) if columns else [()] * (count - start)
    values = [one.function.update(*row) for row in rows]
    width = len(one.columns)
    empty: Any = (np.nan,) * width
    table = []
    for value in values:
        row = empty if value is None else value if isinstance(value, tuple) else (value,)
        if len(row) != width:
            raise _other(one, len(row))
        table.append(row)
    new = np.array(table, dtype=np.float64).reshape(len(values), width)
    return [np.concatenate([column[:start], new[:, k]]) for k, column in enumerate(one.columns)]


def _other(one: Declaration, width: int) -> InvalidRequest:
    text = (
        f"Indicator {one.label} has {width} columns now, it had {len(one.columns)} over its "
        "history: give it more candles there, so that it has its first values"
    )
    return InvalidRequest(text, field="history", value=width, allowed=len(one.columns))
