"""What a combination comes to: the engine, without messages."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from msgspec import structs
from numpy.typing import NDArray

from workbench.engine.engine import BacktestEngine
from workbench.engine.metrics import Performance
from workbench.engine.metrics.curve import Curve
from workbench.messages import SweepCurve

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


def traded(
    strategy: type[Strategy],
    ground: Ground,
    params: Mapping[str, Any],
    settings: Settings,
    ends: Sequence[int],
    *,
    seed: int | None = None,
    since: int = 0,
) -> tuple[dict[str, float], SweepCurve]:
    """Return what `evaluate` does, and how the account grew.

    Parameters
    ----------
    ends
        After how many of the candles each return period ends, rising; those of a longer history
        may go beyond them.

    Raises
    ------
    StrategyError, WorkbenchError
        As `evaluate`.
    """
    engine = BacktestEngine(
        strategy, ground, strategy_params=params, settings=settings, seed=seed, first=since
    )
    performance = engine.performance
    kept = performance.curve = KeptCurve(performance.initial_capital, performance.candles)
    figures = _figures(engine.sum_up(witnessed=True))
    growth = kept.equities / performance.initial_capital
    count = len(growth)
    inside = [end - since for end in ends if since < end < since + count]
    times = ground.columns[0].time[since:]
    at = np.array([*inside, count]) - 1
    return figures, SweepCurve(
        times[at].tolist(),
        growth[at].tolist(),
        max(1.0, float(growth.max())),
        min(1.0, float(growth.min())),
        since + count not in ends,
        performance.periods,
    )


class KeptCurve(Curve):
    """An equity curve that is kept, close by close."""

    def __init__(self, initial_capital: float, candles: Candles | None) -> None:
        super().__init__(initial_capital, candles)
        self._kept: list[NDArray[np.float64]] = []

    @property
    def equities(self) -> NDArray[np.float64]:
        """The equity at all closes, in the account's currency."""
        found = np.concatenate(self._kept)
        found[-1] = self.equity
        return found

    def extend_run(self, equities: NDArray[np.float64]) -> NDArray[np.float64]:
        """Take the equity at many closes at once; return the highest so far at each."""
        self._kept.append(equities)
        return super().extend_run(equities)


def _figures(performance: Performance) -> dict[str, float]:
    found = {**performance.statistics(), **structs.asdict(performance.final())}
    return {name: float(value) if math.isfinite(value) else 0.0 for name, value in found.items()}
