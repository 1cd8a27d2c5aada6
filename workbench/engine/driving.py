"""What steps a run: CPython, or for signals and compiled strategies machine code."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from workbench.analysis.series import Clock
from workbench.data.candles import Floats
from workbench.engine.broker import Broker
from workbench.engine.compiled import compiled_next
from workbench.engine.market import Market
from workbench.engine.python_driver import Failed, PythonDriver
from workbench.engine.settings import Settings
from workbench.engine.signals import Signals, gives_signals, refuse_both, strategy_of
from workbench.engine.strategy import Strategy
from workbench.engine.watch import Watch
from workbench.errors import InvalidRequest
from workbench.messages import Reasoning

Kinds = type[Strategy] | Signals | Sequence[type[Strategy] | Signals]


class Driver(Protocol):
    """Steps an account and the strategies on it; see `PythonDriver`."""

    broker: Broker
    failed: Failed | None
    tables: list[Floats] | None

    def begin(
        self,
        nexts: Sequence[tuple[int, Callable[[], object]]],
        clock: Clock,
        higher: Sequence[tuple[Clock, Sequence[int]]],
    ) -> None:
        """Say whose `next` is called from which candle on, and what shows the time to them."""

    def interrupt(self) -> None:
        """End `run` after the candle it is on, or the next one at once; from any thread."""

    def run(
        self, start: int, end: int, watch: Watch | None, filled: int, peak: float
    ) -> tuple[Floats, list[list[float]]]:
        """Do candles; return the equity at the close of each, and the events."""

    def finish(self, bar: int) -> list[list[float]]:
        """Close everything at the close of candle `bar`; return the events."""

    def reason(self, order: int, strategy: int, decided: int, sign: float) -> Reasoning:
        """Return why an order was placed."""

    def forget(self, order: int) -> None:
        """Forget why an order was placed: it is done."""

    def save(self) -> Mapping[str, Any]:
        """Return the book, to be restored by `load`."""

    def load(self, saved: Mapping[str, Any]) -> None:
        """Restore the book."""


def kinds_of(strategy: Kinds) -> list[type[Strategy]]:
    """Return the classes of the strategies of a run.

    Raises
    ------
    InvalidRequest
        One has both ``next()`` and ``signals()``.
    """
    given = [strategy] if isinstance(strategy, (type, Signals)) else list(strategy)
    kinds = [strategy_of(one) if isinstance(one, Signals) else one for one in given]
    for kind in kinds:
        refuse_both(kind)
    return kinds


def driver_for(kinds: Sequence[type[Strategy]], market: Market, settings: Settings) -> Driver:
    """Return what steps these strategies.

    Raises
    ------
    InvalidRequest
        Several share an account of which one is compiled, or gives signals.
    """
    fast = [one for one in kinds if gives_signals(one) or compiled_next(one)]
    if not fast:
        return PythonDriver(market, settings)
    if len(kinds) > 1:
        names = [one.__name__ for one in kinds]
        how = "gives signals" if gives_signals(fast[0]) else "is compiled"
        text = (
            f"{fast[0].__name__} {how}, and so has an account of its own; it cannot share one with "
            f"{', '.join(one for one in names if one != fast[0].__name__) or 'others'}: start a "
            "run for each, or write it with a next(self) in Python"
        )
        raise InvalidRequest(text, field="strategy_ids", value=names, allowed="one strategy")
    from workbench.engine.compiled_driver import CompiledDriver

    return CompiledDriver(market, settings)
