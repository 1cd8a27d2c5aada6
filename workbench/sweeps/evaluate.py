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
        settings=settings,
        seed=seed,
        first=since,
    )
    while not engine.done:
        engine.advance(engine.bars)
    engine.finish()
    return _figures(engine.performance)


def _figures(performance: Performance) -> dict[str, float]:
    found = structs.asdict(performance.final())
    more = getattr(performance, "statistics", None)
    if more is not None:
        found = {**more(), **found}
    return {name: float(value) if math.isfinite(value) else 0.0 for name, value in found.items()}
