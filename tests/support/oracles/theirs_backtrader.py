"""A plan carried out by backtrader.

Its stops and targets are the children of the entry (a bracket), which wait from the candle after
the fill on; or, of market entries, orders of their own (`loose`), which wait from the start.
"""

from __future__ import annotations

from typing import Any

import backtrader
import numpy as np

from oracles.markets import Market
from oracles.plan import FREE, Costs, Outcome, Plan, Trade


class Feed(backtrader.feed.DataBase):
    """Columns, as they are."""

    params = (("candles", None),)

    def start(self) -> None:
        super().start()
        candles = self.p.candles
        days = 719163 + candles.time / 86_400_000  # as backtrader numbers them
        columns = (days, candles.open, candles.high, candles.low, candles.close)
        self._rows = iter(zip(*(column.tolist() for column in columns), strict=True))

    def _load(self) -> bool:
        row = next(self._rows, None)
        if row is None:
            return False
        lines = self.lines
        lines.datetime[0], lines.open[0], lines.high[0], lines.low[0], lines.close[0] = row
        lines.volume[0] = lines.openinterest[0] = 0.0
        return True


class Fee(backtrader.CommInfoBase):
    """Percent, per unit and per order at once."""

    params = (("costs", Costs()), ("stocklike", True), ("commtype", None))

    def _getcommission(self, size: float, price: float, pseudoexec: bool) -> float:
        costs = self.p.costs
        return abs(size) * (price * costs.percent + costs.per_unit) + costs.per_order


class Planned(backtrader.Strategy):
    """Carries out a plan."""

    params = (("plan", None), ("loose", False))

    def __init__(self) -> None:
        self.values: list[float] = []
        self.fills: list[tuple[int, float, float]] = []
        self.profits: list[float] = []
        self.waiting: list[Any] = []
        self.placed = 0

    def notify_order(self, order: Any) -> None:
        if order.status == order.Completed:
            self.fills.append((len(self) - 1, order.executed.size, order.executed.price))

    def notify_trade(self, trade: Any) -> None:
        if trade.isclosed:
            self.profits.append(trade.pnlcomm)

    def next(self) -> None:
        bar, plan = len(self) - 1, self.p.plan
        self.values.append(self.broker.getvalue())
        if plan.entry != "market" and bar - self.placed >= plan.expires and not self.position.size:
            self.call_off()
        if not plan.sides[bar]:
            return
        held = self.position.size
        wish = plan.wish(bar, self.data.close[0], (held > 0) - (held < 0))
        if wish is None:
            return
        self.call_off()
        if held:
            self.close()
        if wish.sign == 0:
            return
        self.placed = bar
        kinds = {
            "market": backtrader.Order.Market,
            "limit": backtrader.Order.Limit,
            "stop": backtrader.Order.Stop,
        }
        into, out = (self.buy, self.sell) if wish.sign > 0 else (self.sell, self.buy)
        ends = [(backtrader.Order.Stop, wish.stop), (backtrader.Order.Limit, wish.target)]
        ends = [(kind, price) for kind, price in ends if price is not None]
        loose = self.p.loose
        entry = into(
            size=plan.units, price=wish.level, exectype=kinds[plan.entry],
            transmit=loose or not ends,
        )  # fmt: skip
        self.waiting = [entry]
        for number, (kind, price) in enumerate(ends, 1):
            tied = {"parent": entry, "transmit": number == len(ends)}
            if loose:
                tied = {"oco": self.waiting[-1]} if number > 1 else {}
            self.waiting.append(out(size=plan.units, price=price, exectype=kind, **tied))

    def call_off(self) -> None:
        """Cancel what waits."""
        for order in self.waiting:
            if order.alive():
                self.cancel(order)
        self.waiting = []


def run(market: Market, plan: Plan, costs: Costs = FREE, loose: bool = False) -> Outcome:
    """Carry out a plan."""
    cerebro = backtrader.Cerebro(stdstats=False)
    cerebro.adddata(Feed(candles=market.candles))
    cerebro.addstrategy(Planned, plan=plan, loose=loose)
    cerebro.broker.setcash(market.capital)
    cerebro.broker.set_checksubmit(False)
    cerebro.broker.addcommissioninfo(Fee(costs=costs))
    done = cerebro.run()[0]
    return Outcome(_paired(done.fills, done.profits), np.array(done.values))


def _paired(fills: list[tuple[int, float, float]], profits: list[float]) -> list[Trade]:
    """Make round trips of fills that open and close in turns."""
    trades: list[Trade] = []
    for bar, size, price in fills:
        last = trades[-1] if trades else None
        if last is not None and last.exit_bar is None:
            pnl = profits[len(trades) - 1]
            trades[-1] = last._replace(exit_bar=bar, exit_price=price, pnl=pnl)
        else:
            trades.append(Trade(1 if size > 0 else -1, bar, price, abs(size)))
    return trades
