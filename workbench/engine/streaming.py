"""A backtest that tells what happens while it happens."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from msgspec import UNSET

from workbench.engine.engine import BacktestEngine
from workbench.engine.rules.layout import E_KIND, ENDED, ENTERED
from workbench.engine.telling import Telling
from workbench.errors import InvalidRequest
from workbench.messages import (
    Complete,
    CompleteData,
    CompleteExtra,
    Equity,
    EquityData,
    EquityExtra,
    Message,
    Metrics,
    MetricsData,
    Progress,
    ProgressData,
    ProgressExtra,
    ProgressMetrics,
    Status,
    StatusData,
    TradeChecksum,
    utc_now,
)

_METRICS_PER_PROGRESS = 10


class StreamingBacktestEngine:
    """Wraps a `BacktestEngine` and emits its events as messages.

    First a `status`, at the end `complete`. In between every `trade`, `equity` after each
    `equity_every` candles, `progress` after each `progress_every` and `metrics` after each
    ten times as many; the last candle always ends with all of them. After the same candle,
    trades come first, then equity, metrics, progress. What is emitted, and its order, depends
    on candles alone: not on time, nor on how `advance` is called.

    Parameters
    ----------
    engine
        Not advanced yet.
    backtest_id
        Name of the run.
    emit
        Called with each message.
    progress_every, equity_every
        In candles, from 1.
    now
        Makes the timestamps.
    strategy_name
        As registered; the class name when left out.
    """

    def __init__(
        self,
        engine: BacktestEngine,
        backtest_id: str,
        emit: Callable[[Message], None],
        *,
        progress_every: int = 100,
        equity_every: int = 100,
        now: Callable[[], str] = utc_now,
        strategy_name: str | None = None,
    ) -> None:
        for field, value in (("progress_every", progress_every), ("equity_every", equity_every)):
            if value < 1:
                text = f"{field} must be at least 1 candle, is {value}"
                raise InvalidRequest(text, field=field, value=value, allowed="from 1")
        self.engine = engine
        self.backtest_id = backtest_id
        self._emit = emit
        self._progress_every = progress_every
        self._equity_every = equity_every
        self._metrics_every = _METRICS_PER_PROGRESS * progress_every
        self._now = now
        self._names = [strategy_name] if strategy_name else engine.names
        self._started = False
        self._checksum = TradeChecksum()
        self._telling = Telling(engine.candles.symbol, self._names, engine.time, now, engine.reason)
        engine.listener, engine.marks = self, sorted({equity_every, progress_every})

    @property
    def done(self) -> bool:
        """True when `complete` has been emitted."""
        return self.engine.finished

    def run(self) -> None:
        """Run to the end.

        Raises
        ------
        StrategyError
            The strategy raised; what happened before has been emitted.
        """
        while self.advance(self.engine.bars):
            pass

    def advance(self, candles: int) -> bool:
        """Process up to `candles` further candles; tell whether there is more to do.

        Fewer as `BacktestEngine.advance` does.

        Raises
        ------
        StrategyError
            The strategy raised; what happened before has been emitted.
        """
        self._start()
        engine = self.engine
        engine.advance(candles)
        if engine.done and not self.done:
            self._end("complete")
        return not self.done

    def wrote(self, row: Sequence[float]) -> None:
        """Take from the engine what has happened."""
        kind = row[E_KIND]
        if kind == ENDED:
            self._emit(self._telling.end(row))
            return
        message = self._telling.entry(row) if kind == ENTERED else self._telling.exit(row)
        self._checksum.add(message)
        self._emit(message)

    def marked(self) -> None:
        """Take from the engine that candles are done; the last one is told of at the end."""
        if not self.engine.done:
            self._report()

    def tell(self, status: Literal["running", "paused"], reason: str | None = None) -> None:
        """Emit that the run goes on, or stands still, and why it does so by itself.

        One that stands still says on which candle and with what: `metrics` and `progress` come
        first where that candle has brought none.
        """
        self._start()
        if status == "paused":
            if self.engine.bar % self._metrics_every:
                self._metrics()
            if self.engine.bar % self._progress_every:
                self._progress()
        data = StatusData(self.backtest_id, status, UNSET if reason is None else reason)
        self._emit(Status(timestamp=self._now(), data=data))

    def stop(self) -> None:
        """End the run early: close the open position at the last close, emit `complete`."""
        self._start()
        if not self.done:
            self._end("stopped")

    def _report(self) -> None:
        bar = self.engine.bar
        if bar % self._equity_every == 0:
            self._equity()
        if bar % self._metrics_every == 0:
            self._metrics()
        if bar % self._progress_every == 0:
            self._progress()

    def _start(self) -> None:
        if self._started:
            return
        self._started = True
        engine = self.engine
        candles = engine.candles
        data = StatusData(
            self.backtest_id,
            "running",
            "; ".join(engine.idle) or UNSET,
            strategy=", ".join(self._names),
            symbol=candles.symbol,
            timeframes=list(engine.timeframes),
            bars=engine.bars,
            start=engine.time(0),
            end=engine.time(engine.bars - 1),
            source=candles.source,
            synthetic=candles.synthetic,
            initial_capital=engine.initial_capital,
            warm_up=engine.warm_up,
        )
        self._emit(Status(timestamp=self._now(), data=data))

    def _end(self, status: Literal["complete", "stopped"]) -> None:
        engine = self.engine
        engine.finish()
        if engine.bar:
            self._equity()
            self._metrics()
            self._progress()
        sums = self._checksum
        performance = engine.performance
        extra = CompleteExtra(
            status, engine.bar, engine.snapshot().equity, sums.count, sums.value,
            performance.statistics(), performance.intervals(),
        )  # fmt: skip
        data = CompleteData(self.backtest_id, performance.final())
        self._emit(Complete(timestamp=self._now(), data=data, extra=extra))

    def _equity(self) -> None:
        engine, curve = self.engine, self.engine.performance.curve
        bar = engine.bar - 1
        data = EquityData(
            self.backtest_id, engine.time(bar), curve.equity, engine.balance, curve.drawdown
        )
        self._emit(Equity(self._now(), data, EquityExtra(bar)))

    def _metrics(self) -> None:
        now = self.engine.performance
        data = MetricsData(
            self.backtest_id, now.total_trades, now.winning_trades, now.win_rate,
            now.profit_factor, now.sharpe_ratio, now.max_drawdown,
        )  # fmt: skip
        self._emit(Metrics(self._now(), data))

    def _progress(self) -> None:
        engine, now = self.engine, self.engine.performance
        metrics = ProgressMetrics(
            engine.balance, engine.open_positions, now.total_trades, now.winning_trades,
            now.win_rate, now.max_drawdown,
        )  # fmt: skip
        bar, bars = engine.bar, engine.bars
        data = ProgressData(self.backtest_id, 100 * bar / bars, engine.time(bar - 1), metrics)
        self._emit(Progress(self._now(), data, ProgressExtra(bar, bars)))
