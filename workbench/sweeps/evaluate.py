"""What a combination comes to: the engine, without messages."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from msgspec import structs

from workbench.engine.engine import BacktestEngine
from workbench.engine.metrics import Performance, period_ends, periods_per_year

if TYPE_CHECKING:
    from workbench.data import Candles
    from workbench.engine import Strategy
    from workbench.engine.settings import Settings


def evaluate(
    strategy: type[Strategy],
    candles: Mapping[str, Candles],
    params: Mapping[str, Any],
    settings: Settings,
    *,
    seed: int | None = None,
    since: int = 0,
) -> dict[str, float]:
    """Run a strategy and return what it came to, by name.

    Parameters
    ----------
    strategy
        The class.
    candles
        By timeframe; the shortest is stepped on.
    params
        Values of its parameters; the others have their defaults.
    settings
        What the account is given.
    seed
        Of the strategy's random numbers.
    since
        Index of the first candle that counts: those before only give indicators their values.
        The figures are of the candles from it on.

    Returns
    -------
    dict
        The metrics of a `complete` message, in its units, and the statistics beside them; 0.0
        where one is not defined.

    Raises
    ------
    StrategyError
        The strategy raised.
    WorkbenchError
        Another one, as `BacktestEngine`.
    """
    engine = BacktestEngine(
        strategy,
        candles,
        strategy_params=params,
        initial_capital=settings.initial_capital,
        commission=settings.fees.percent,
        slippage=settings.slips.percent,
        leverage=settings.leverage,
        risk_per_trade=settings.risk_per_trade,
        seed=seed,
    )
    if since:
        _pass(engine, since)
    while not engine.done:
        engine.advance(engine.bars)
    engine.finish()
    return _figures(engine.performance)


def _pass(engine: BacktestEngine, candles: int) -> None:
    """Let so many candles go by that neither trade nor count."""
    engine.warm_up = max(engine.warm_up, min(candles, engine.bars))
    engine.advance(candles)
    base = engine.candles
    engine.performance = _Since(
        engine.initial_capital, periods_per_year(base), candles in period_ends(base)
    )


class _Since(Performance):
    """Performance from a candle on; the end of the period before it may still be due."""

    def __init__(self, initial_capital: float, periods: float, due: bool) -> None:
        super().__init__(initial_capital, periods)
        self._due = due

    def end_period(self) -> None:
        if self._due:
            self._due = False
        else:
            super().end_period()


def _figures(performance: Performance) -> dict[str, float]:
    found = structs.asdict(performance.final())
    more = getattr(performance, "statistics", None)
    if more is not None:
        found = {**more(), **found}
    return {name: float(value) if math.isfinite(value) else 0.0 for name, value in found.items()}
