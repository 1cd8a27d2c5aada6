"""What a combination comes to: the engine, without messages."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from msgspec import structs

from workbench.engine.engine import BacktestEngine
from workbench.engine.metrics import Performance

if TYPE_CHECKING:
    from workbench.data import Candles
    from workbench.engine import Strategy
    from workbench.engine.ground import Ground
    from workbench.engine.settings import Settings


def evaluate(
    strategy: type[Strategy],
    candles: Mapping[str, Candles] | Ground,
    params: Mapping[str, Any],
    settings: Settings,
    *,
    inside: Candles | None = None,
    seed: int | None = None,
    since: int = 0,
) -> dict[str, float]:
    """Run a strategy and return what it came to, by name.

    Parameters
    ----------
    strategy
        The class.
    candles
        By timeframe; the shortest is stepped on. Or what is made of them, for many runs.
    params
        Values of its parameters; the others have their defaults.
    settings
        What the account is given.
    inside
        Candles of a shorter timeframe that tell what happened within one.
    seed
        Of the strategy's random numbers.
    since
        Index of the first candle that counts: those before only give indicators their values.
        The figures are of the candles from it on.

    Returns
    -------
    dict
        The metrics of a `complete` message and the statistics beside them, in their units. Like the
        metrics, a statistic that is not defined is not there or 0.0.

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
        settings=settings,
        inside=inside,
        seed=seed,
        first=since,
    )
    return _figures(engine.sum_up())


def _figures(performance: Performance) -> dict[str, float]:
    found = {**performance.statistics(), **structs.asdict(performance.final())}
    return {name: float(value) if math.isfinite(value) else 0.0 for name, value in found.items()}
