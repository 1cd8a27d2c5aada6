"""What a sweep says, as messages: pure but for the time of their making."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from msgspec import UNSET

from workbench.data import Candles
from workbench.messages import (
    Complete,
    CompleteData,
    CompleteExtra,
    FinalMetrics,
    Metrics,
    MetricsData,
    Progress,
    ProgressData,
    ProgressExtra,
    ProgressMetrics,
    Status,
    StatusData,
    Sweep,
    SweepData,
    TradeChecksum,
    iso_time,
    utc_now,
)
from workbench.sweeps.plan import Best, Plan
from workbench.sweeps.workload import Outcome, Task

_COUNTS = ("total_trades", "winning_trades", "losing_trades")


class Telling:
    """Makes the messages of one sweep.

    Parameters
    ----------
    backtest_id
        Name of the run.
    strategy
        As registered, or the class's name.
    candles
        Those stepped on.
    timeframes
        Names of all, the shortest first.
    initial_capital
        In the account's currency.
    now
        Makes the timestamps.
    """

    def __init__(
        self,
        backtest_id: str,
        strategy: str,
        candles: Candles,
        timeframes: list[str],
        initial_capital: float,
        now: Callable[[], str] = utc_now,
    ) -> None:
        self._id = backtest_id
        self._strategy = strategy
        self._candles = candles
        self._timeframes = timeframes
        self._capital = initial_capital
        self._now = now
        self._sums = TradeChecksum()

    def start(self, plan: Plan) -> Status:
        """Say what it runs on and what it looks for."""
        candles = self._candles
        data = StatusData(
            self._id,
            "running",
            strategy=self._strategy,
            symbol=candles.symbol,
            timeframes=self._timeframes,
            bars=len(candles),
            start=self._time(0),
            end=self._time(len(candles) - 1),
            source=candles.source,
            synthetic=candles.synthetic,
            initial_capital=self._capital,
            sweep=plan.facts,
        )
        return Status(self._now(), data=data)

    def status(self, status: Literal["running", "paused"]) -> Status:
        """Say that it stands still, or goes on."""
        return Status(self._now(), data=StatusData(self._id, status))

    def row(self, task: Task, outcome: Outcome, splits: bool) -> Sweep:
        """Say what a combination came to."""
        _, since, end = task.part
        data = SweepData(
            self._id,
            task.number,
            dict(task.params),
            outcome.metrics,
            outcome.error,
            "out" if task.out else "in" if splits else "all",
            task.leg,
            self._time(since),
            self._time(end - 1),
            UNSET if outcome.curve is None else outcome.curve,
        )
        return Sweep(self._now(), data=data)

    def progress(self, done: int, rows: int, best: Best | None) -> Progress:
        """Say how far it is, with the account of the best so far."""
        found = final_metrics(best)
        metrics = ProgressMetrics(
            self._equity(best),
            0,
            found.total_trades,
            found.winning_trades,
            found.win_rate,
            found.max_drawdown / 100,
        )
        percent = 100.0 * done / rows if rows else 100.0
        data = ProgressData(self._id, percent, self._time(len(self._candles) - 1), metrics)
        return Progress(self._now(), data=data, extra=ProgressExtra(done, rows))

    def metrics(self, best: Best) -> Metrics:
        """Say what the best so far came to."""
        found = final_metrics(best)
        data = MetricsData(
            self._id,
            found.total_trades,
            found.winning_trades,
            found.win_rate,
            found.profit_factor,
            found.sharpe_ratio,
            found.max_drawdown / 100,
        )
        return Metrics(self._now(), data=data)

    def end(self, status: Literal["complete", "stopped"], done: int, best: Best | None) -> Complete:
        """End it with what the best came to; `bars` are rows."""
        found = final_metrics(best)
        known = FinalMetrics.__struct_fields__
        more = {} if best is None else {n: v for n, v in best.metrics.items() if n not in known}
        extra = CompleteExtra(
            status, done, self._equity(best), self._sums.count, self._sums.value, more
        )
        return Complete(self._now(), data=CompleteData(self._id, found), extra=extra)

    def _equity(self, best: Best | None) -> float:
        if best is None:
            return self._capital
        capital = float(best.params.get("initial_capital", self._capital))
        return capital * (1 + best.metrics["total_return"] / 100)

    def _time(self, bar: int) -> str:
        return iso_time(int(self._candles.time[bar]))


def final_metrics(best: Best | None) -> FinalMetrics:
    """Return what the best came to as `complete` tells it; nothing at all where there is none."""
    found = {
        name: 0.0 if best is None else best.metrics[name] for name in FinalMetrics.__struct_fields__
    }
    return FinalMetrics(
        **{name: int(value) if name in _COUNTS else value for name, value in found.items()}  # type: ignore[arg-type]
    )
