"""An indicator of a live session, as its candles grow."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from workbench.analysis.continuing import Continued, continued
from workbench.analysis.series import Series, renew, whole
from workbench.engine.auditing import LEAST, look
from workbench.engine.declaring import Column, Declaration, compute
from workbench.engine.failure import explain_failure
from workbench.engine.lengthening import Lengthening
from workbench.engine.view import View
from workbench.errors import InvalidRequest, WorkbenchError
from workbench.messages import iso_time

Rows = Sequence[Sequence[float]]
"""Values of an indicator's columns, candle by candle."""


class GrowingIndicator:
    """What an indicator shows, made longer.

    An incremental one is given what is new, and so is one of TA-Lib where candles come one by one.
    Of others the whole columns are computed again, as a backtest over the same candles would.

    Parameters
    ----------
    view, place
        Where it was declared, and its place among the view's declarations.
    series
        That show its columns.
    check
        Whether it is looked at for lookahead where many candles come at once.
    """

    def __init__(self, view: View, place: int, series: Sequence[Series], check: bool) -> None:
        self._view, self._place, self._series, self._check = view, place, series, check
        self._going_on: Continued | None = None
        self._longer: Lengthening | None = None

    def grow(self, start: int, strategy: str) -> None:
        """Show the values on the candles of its view that are new from `start` on.

        Raises
        ------
        StrategyError
            It raised, and there were values before; `strategy` is whose it is.
        LookAhead
            Over candles that came at once, it depends on later ones.
        """
        one = self._view.declarations[self._place]
        rows = self._further(one, start)
        if rows is None:
            self._longer = None
            self.show(self._again(one, start, strategy))
            return
        if self._longer is None:
            self._longer = Lengthening(one.columns)
        self.show(self._longer.extend(rows))

    def show(self, columns: Sequence[Column]) -> None:
        """Let its series be of these columns."""
        for each, column in zip(self._series, columns, strict=True):
            renew(each, column)
        label, function, args, kwargs, _ = self._view.declarations[self._place]
        self._view.declarations[self._place] = Declaration(label, function, args, kwargs, columns)

    def show_none(self) -> None:
        """Show nothing: there are no candles yet."""
        self.show([np.zeros(0) for _ in self._series])

    def _further(self, one: Declaration, start: int) -> Rows | None:
        """Return what is new, None where all has to be computed again."""
        count = len(self._view.candles)
        if hasattr(one.function, "update"):
            return _updates(one, start, count)
        known, self._going_on = self._going_on, None
        if count - start > 1:
            return None
        known = known or continued(one.function, one.args, one.kwargs, start)
        row = None if known is None else known.at(start)
        if row is None:
            return None
        self._going_on = known
        return [row]

    def _again(self, one: Declaration, start: int, strategy: str) -> list[Column]:
        """Compute it over all candles."""
        view = self._view
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


def indicators_of(view: View, check: bool) -> list[GrowingIndicator]:
    """Return the indicators that are declared on a view, in order."""
    found: list[GrowingIndicator] = []
    at = 0
    for place, one in enumerate(view.declarations):
        series = view.declared[at : at + len(one.columns)]
        found.append(GrowingIndicator(view, place, series, check))
        at += len(one.columns)
    return found


def _updates(one: Declaration, start: int, count: int) -> Rows:
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
