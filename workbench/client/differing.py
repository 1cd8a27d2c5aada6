"""`wb.diff`: where a live session and a backtest differ, and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from workbench.errors import InvalidRequest

if TYPE_CHECKING:
    from workbench.client.run import Run
    from workbench.client.session import Session
    from workbench.engine import BacktestResult
    from workbench.report.differences import Diff


def diff(
    backtest: BacktestResult | Run | Session,
    live: Session | Run | None = None,
    *,
    strategy: Any = None,
) -> Diff:
    """Compare a live session with a backtest, trade by trade, and name each difference's cause.

    Parameters
    ----------
    backtest
        A run of `workbench.start`, or the result of `workbench.backtest`. Given a session alone,
        the backtest is run here over the very candles the session has seen.
    live
        The session.
    strategy
        Of a session alone: the class it was started with, where it is not registered.

    Returns
    -------
    Diff
        Prints as text; `differences`, `causes`, `frame`; `same` where there is none. A paper
        session on closed candles has none.

    Raises
    ------
    InvalidRequest
        What is given cannot be compared.

    Examples
    --------
    >>> wb.diff(session, strategy=SmaCross)
    >>> wb.diff(wb.start("sma_cross", symbol="BTC-USD", ...).wait(), session)
    """
    from workbench.client.session import Session
    from workbench.report.comparing import compare

    if live is None:
        if not isinstance(backtest, Session):
            msg = "Give a backtest and a session, or a session alone"
            raise InvalidRequest(msg, field="live", value=None, allowed="a session")
        return backtest.diff(strategy)
    return compare(_messages("backtest", backtest), _messages("live", live))


def _messages(name: str, one: Any) -> list[Any]:
    from workbench.report.deals import TYPES

    if hasattr(one, "messages"):
        return list(one.messages)
    if hasattr(one, "events"):
        return list(one.events(*TYPES))
    allowed = "a Run, a Session, or what wb.backtest returns"
    msg = f"{name} is {one!r:.100}, expected {allowed}"
    raise InvalidRequest(msg, field=name, value=f"{one!r:.100}", allowed=allowed)


def tested_here(names: Sequence[str], strategy: Any) -> list[Any]:
    """Return the classes of a session's strategies.

    Raises
    ------
    InvalidRequest
        One is not registered, and no class is given.
    """
    if strategy is not None:
        return [strategy] if isinstance(strategy, (str, type)) else list(strategy)
    from workbench.engine.strategies.registry import get

    found = []
    for name in names:
        try:
            found.append(get(name))
        except InvalidRequest:
            msg = (
                f"The session's strategy {name!r} is not registered here: give the class it was "
                "started with, strategy=..."
            )
            raise InvalidRequest(msg, field="strategy", value=name, allowed="a class") from None
    return found
