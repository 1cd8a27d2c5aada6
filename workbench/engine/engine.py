"""The loop: candles go by, orders fill, the strategy decides."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np

from workbench.analysis.series import whole_values
from workbench.data.candles import Candles
from workbench.data.resample import visible_counts
from workbench.engine.broker import Broker
from workbench.engine.failure import explain_failure
from workbench.engine.metrics import Performance, period_ends
from workbench.engine.orders import EntryFill, EntryOrder, Fill, Rejection
from workbench.engine.strategy import Strategy
from workbench.engine.view import View
from workbench.engine.watch import Watch
from workbench.errors import InvalidRequest
from workbench.messages import iso_time


@dataclass(slots=True, frozen=True)
class Account:
    """The account at the last close; money in its currency, drawdown a fraction (<= 0)."""

    balance: float
    equity: float
    drawdown: float
    open_positions: int


class BacktestEngine:
    """Runs a strategy over candles, a chunk at a time; chunking never changes a result.

    Parameters
    ----------
    strategy
        The class.
    candles
        By timeframe; the shortest is stepped on, the others are seen once closed.
    strategy_params
        Values of the strategy's parameters, by name.
    initial_capital
        In the account's currency, above 0.
    commission
        Fraction of the notional, per fill, in [0, 1).
    slippage
        Fraction of the price, against the trader, on market and stop fills, in [0, 1).
    leverage
        Notional allowed, in multiples of equity, above 0.
    risk_per_trade
        Fraction of equity lost at the stop, in (0, 1].
    seed
        Of the strategy's random numbers.

    Attributes
    ----------
    candles, columns
        Those stepped on, and all of them by timeframe, the shortest first.
    bars, bar
        Candles in all, and done.
    warm_up
        Index of the first candle `next` is called on; `bars` when there is none.
    filled
        Fills so far, entries and exits.
    watch
        What ends `advance` early; None for nothing.
    performance
        Running metrics.

    Raises
    ------
    InvalidRequest
        A number is out of its range, or there are no candles.
    UnknownParameter
        The strategy lacks a parameter, or its value has the wrong type.
    StrategyError
        The strategy's own code raised; from the constructor (`init`) and from `advance`.
    """

    def __init__(
        self,
        strategy: type[Strategy],
        candles: Mapping[str, Candles],
        *,
        strategy_params: Mapping[str, Any] | None = None,
        initial_capital: float = 10_000.0,
        commission: float = 0.0,
        slippage: float = 0.0,
        leverage: float = 1.0,
        risk_per_trade: float = 0.02,
        seed: int | None = None,
    ) -> None:
        _check("initial_capital", initial_capital, "above 0", initial_capital > 0)
        _check("commission", commission, "in [0, 1)", 0 <= commission < 1)
        _check("slippage", slippage, "in [0, 1)", 0 <= slippage < 1)
        _check("leverage", leverage, "above 0", leverage > 0)
        _check("risk_per_trade", risk_per_trade, "in (0, 1]", 0 < risk_per_trade <= 1)
        columns = sorted(candles.values(), key=lambda one: one.timeframe)
        _check("candles", len(columns), "at least one timeframe", bool(columns))
        base = columns[0]
        _check("candles", len(base), "at least one candle", len(base) > 0)
        params = strategy.with_parameters(strategy_params or {})

        self.candles = base
        self.columns = {one.timeframe.name: one for one in columns}
        self.timeframes = list(self.columns)
        self.initial_capital = float(initial_capital)
        self.bars = len(base)
        self.bar = 0
        self.finished = False
        self.filled = 0
        self.watch: Watch | None = None
        self.performance = Performance.over(base, self.initial_capital)
        views = {one.timeframe.name: View(one) for one in columns}
        view = views[base.timeframe.name]
        self._clock = view.clock
        self._closes = whole_values(view.close)
        self._broker = Broker(
            whole_values(view.open), whole_values(view.high), whole_values(view.low), self._closes,
            initial_capital=self.initial_capital, commission=commission, slippage=slippage,
            leverage=leverage, risk_per_trade=risk_per_trade,
        )  # fmt: skip
        self._equity = self.initial_capital
        self._fills: list[Fill] = []
        self._trade_pnl = self._trade_mfe = self._trade_mae = 0.0
        self._trade_notional = 0.0
        self._period_ends = period_ends(base)
        self._period = 0
        self._due: list[float] = []
        self._interrupted = False

        self.strategy = strategy()
        self.strategy._bind(self._broker, views, params, seed)
        self._higher = [
            (view.clock, visible_counts(base, view.candles).tolist())
            for view in list(views.values())[1:]
        ]
        try:
            self.strategy.init()
        except (Exception, SystemExit) as error:
            self._blame(error, "init")
        self.strategy._name_indicators()
        self.warm_up = self._warm_up(views)

    def _warm_up(self, views: Mapping[str, View]) -> int:
        base, *higher = views.values()
        first = base.warm_up() - 1
        for view, (_, counts) in zip(higher, self._higher, strict=True):
            if view.asked:
                first = max(first, int(np.searchsorted(counts, view.warm_up())))
        for view in views.values():
            view.sealed = True
        return min(first, self.bars)

    @property
    def done(self) -> bool:
        """True when every candle has been processed."""
        return self.bar >= self.bars

    @property
    def rejections(self) -> list[Rejection]:
        """Entries that were not filled, and why."""
        return self._broker.rejections

    def advance(self, candles: int) -> list[Fill]:
        """Process up to `candles` further candles and return what was filled, in order.

        Fewer when `interrupt` was called, or the candle was done that `watch` looks for.

        Raises
        ------
        StrategyError
            `next` raised; `take_fills` has what was filled before.
        """
        end = min(self.bar + candles, self.bars)
        while self.bar < end and not self.finished:
            if self._interrupted:
                self._interrupted = False
                break
            # Ended late, so that the last one can be ended by finish(), after its closing fill.
            if self.bar == self._period_ends[self._period]:
                self.performance.end_period()
                self._period += 1
            try:
                self._run(min(end, self._period_ends[self._period]))
            finally:
                self._settle()
        return self.take_fills()

    def interrupt(self) -> None:
        """End `advance` after the candle it is on, or the next one at once; from any thread."""
        self._interrupted = True
        self._due.clear()

    def take_fills(self) -> list[Fill]:
        """Return what was filled and not returned yet, in order."""
        fills, self._fills = self._fills, []
        return fills

    def _run(self, end: int) -> None:
        """Process the candles up to `end`, exclusive, all of one period."""
        start = max(self.bar, min(self.warm_up, end))  # nothing can happen before
        self.performance.skip(start - self.bar)
        broker, orders, clock, higher = self._broker, self._broker.orders, self._clock, self._higher
        candles = self.candles
        units, offset, lower, upper = broker.levels()
        equities: list[float] = []
        decide: Callable[[], object] = self.strategy.next
        if self.watch is not None:
            decide = self.watch.around(
                decide, broker.fills, self.filled, equities, self.performance.peak, self.interrupt
            )
        # Emptying this list ends the loop, which so need not look at a flag for each candle.
        self._due = due = candles.low[start:end].tolist()
        if self._interrupted:
            due.clear()
        for low, bar, high, close in zip(
            due,
            range(start, end),
            candles.high[start:end].tolist(),
            candles.close[start:end].tolist(),
            strict=False,
        ):
            # Orders fill while the clock still shows their own candle.
            if orders or low <= lower or high >= upper:
                broker.process(bar)
                units, offset, lower, upper = broker.levels()
            equity = offset + units * close
            clock.count = bar + 1
            if higher:
                for other, counts in higher:
                    other.count = counts[bar]
            if equity <= 0.0 and units:
                text = f"No equity left at close {close:g}: {equity:.2f}"
                broker.close_all(bar, "liquidation", text)
                units, offset, lower, upper = broker.levels()
                equity = offset
            equities.append(equity)
            try:
                decide()
            except (Exception, SystemExit) as error:
                self._blame(error, "next")
        self.bar = start + len(equities)
        if equities:
            self.performance.extend(equities)
            self._equity = broker.equity(self._closes[self.bar - 1])

    def _settle(self) -> None:
        """Take the fills from the broker and count them."""
        fills, performance = self._broker.fills, self.performance
        self._broker.fills = []
        self._fills += fills
        self.filled += len(fills)
        for fill in fills:
            performance.add_commission(fill.commission)
            if isinstance(fill, EntryFill):
                self._trade_pnl = self._trade_mfe = self._trade_mae = 0.0
                self._trade_notional = fill.price * fill.quantity
                performance.hold(fill.bar, 1)
            else:
                self._trade_pnl += fill.pnl
                self._trade_mfe += fill.mfe
                self._trade_mae += fill.mae
                if fill.remaining <= 0:
                    scale = 100 / self._trade_notional
                    performance.hold(fill.bar, 0)
                    performance.add_trade(
                        self._trade_pnl, scale * self._trade_pnl, bars=fill.bar - fill.entry_bar,
                        mfe=scale * self._trade_mfe, mae=scale * self._trade_mae,
                    )  # fmt: skip

    def finish(self) -> list[Fill]:
        """End the run here: close the open position at the last processed close.

        Its exit reason is ``end_of_data``. Orders still waiting for an open are rejected.
        Further calls do nothing.
        """
        if self.finished:
            return []
        self.finished = True
        broker = self._broker
        for order in broker.orders:
            if isinstance(order, EntryOrder):
                broker.reject(order, "no candle left to fill it on")
        broker.orders.clear()
        if self.bar == 0:
            return []
        close = self._closes[self.bar - 1]
        broker.close_all(self.bar - 1, "end_of_data", f"End of data: closed at {close:g}")
        self._equity = broker.balance
        self.performance.amend(self._equity)
        self.performance.end_period()
        self._settle()
        return self.take_fills()

    def snapshot(self) -> Account:
        """Return the account at the last close."""
        held = self._broker.trade is not None
        return Account(
            self._broker.balance, self._equity, self.performance.drawdown, int(held)
        )  # fmt: skip

    def time(self, bar: int) -> str:
        """Return the open time of candle `bar`, ISO 8601."""
        return iso_time(int(self.candles.time[bar]))

    def _blame(self, error: Exception | SystemExit, where: str) -> NoReturn:
        when = self.time(self._clock.count - 1) if self._clock.count else None
        raise explain_failure(error, type(self.strategy).__name__, where, when) from error


def _check(field: str, value: object, allowed: str, good: bool) -> None:
    if not good or (isinstance(value, float) and not math.isfinite(value)):
        text = f"{field} must be {allowed}, is {value}"
        raise InvalidRequest(text, field=field, value=value, allowed=allowed)
