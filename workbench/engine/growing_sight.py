"""What strategies of a live session see, as it grows: columns, indicators, detectors."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from workbench.analysis.continuing import Continued, continued
from workbench.analysis.series import Series, renew, whole
from workbench.engine.auditing import LEAST, look
from workbench.engine.crew import Crew, warm_up_of
from workbench.engine.declaring import Column, Declaration, compute
from workbench.engine.failure import explain_failure
from workbench.engine.growing import Growing
from workbench.engine.lengthening import Lengthening
from workbench.engine.view import View
from workbench.errors import InvalidRequest, WorkbenchError
from workbench.messages import iso_time


class Sights:
    """Lets all that strategies see grow with the candles.

    Incremental indicators are given what is new, and so are those of TA-Lib where candles come one
    by one. Of others, whole columns are computed again, as a backtest over the same candles would.

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
        self._going_on: dict[tuple[int, int], Continued] = {}
        self._lengthening: dict[tuple[int, int], Lengthening] = {}
        if crew.insight is None:
            raise TypeError("The crew is not on board")
        self._insight = crew.insight
        for name in empty:
            self._insight.begin_anew(name, grown[name].candles)
            for strategy in crew.strategies:
                view = strategy._views[name]
                view.grow(grown[name].candles)
                for place, (series, one) in enumerate(_declared(view)):
                    for each in series:
                        renew(each, np.zeros(0))
                    view.declarations[place] = one._replace(columns=[np.zeros(0) for _ in series])
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
        for place, (series, one) in enumerate(_declared(view)):
            rows = self._further((id(view), place), one, start, len(view.candles))
            if rows is None:
                columns = self._again(view, one, start, strategy)
            else:
                columns = self._longer((id(view), place), one, start).extend(rows)
            for each, column in zip(series, columns, strict=True):
                renew(each, column)
            view.declarations[place] = one._replace(columns=columns)

    def _further(
        self, key: tuple[int, int], one: Declaration, start: int, count: int
    ) -> Sequence[Sequence[float]] | None:
        """Return the new values of an indicator, None where it has to be computed again."""
        if hasattr(one.function, "update"):
            return _updates(one, start, count)
        known = self._going_on.pop(key, None)
        if count - start > 1:
            return None
        known = known or continued(one.function, one.args, one.kwargs, start)
        row = None if known is None else known.at(start)
        if known is None or row is None:
            return None
        self._going_on[key] = known
        return [row]

    def _longer(self, key: tuple[int, int], one: Declaration, start: int) -> Lengthening:
        """Return the columns of an indicator, with room for more."""
        known = self._lengthening.get(key)
        if known is None or len(known) != start:  # They were computed again in between.
            known = self._lengthening[key] = Lengthening(one.columns)
        return known

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


def _updates(one: Declaration, start: int, count: int) -> Sequence[Sequence[float]]:
    """Give an incremental indicator the values that are new; return what it makes of them."""
    given = [whole(arg) for arg in one.args]
    columns = [arg[start:count].tolist() for arg in given if isinstance(arg, np.ndarray)]
    rows = zip(*columns, strict=True) if columns else [()] * (count - start)
    width = len(one.columns)
    empty = (np.nan,) * width
    table: list[Sequence[float]] = []
    for value in [one.function.update(*row) for row in rows]:
        row = empty if value is None else value if isinstance(value, tuple) else (value,)
        if len(row) != width:
            raise _other(one, len(row))
        table.append(row)
    return table


def _other(one: Declaration, width: int) -> InvalidRequest:
    text = (
        f"Indicator {one.label} has {width} columns now, it had {len(one.columns)} over its "
        "history: give it more candles there, so that it has its first values"
    )
    return InvalidRequest(text, field="history", value=width, allowed=len(one.columns))
