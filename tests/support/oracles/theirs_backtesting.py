"""A plan carried out by backtesting.py."""

from __future__ import annotations

import warnings
from typing import Any

from oracles.markets import Market
from oracles.plan import FREE, Costs, Outcome, Plan, Trade

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import backtesting
    from backtesting import backtesting as inside


def strategy(plan: Plan) -> type[backtesting.Strategy]:
    """Return a strategy that carries out a plan."""

    class Planned(backtesting.Strategy):
        placed = 0

        def init(self) -> None:
            pass

        def cancel(self) -> None:
            for order in self.orders:
                if not order.is_contingent:
                    order.cancel()

        def next(self) -> None:
            bar = len(self.data) - 1
            if plan.entry != "market" and bar - self.placed >= plan.expires:
                self.cancel()
            if not plan.sides[bar]:
                return
            size = self.position.size
            wish = plan.wish(bar, self.data.Close[-1], (size > 0) - (size < 0))
            if wish is None:
                return
            self.cancel()
            if wish.sign == 0:
                self.position.close()
                return
            self.placed = bar
            enter = self.buy if wish.sign > 0 else self.sell
            level = {} if plan.entry == "market" else {plan.entry: wish.level}
            enter(size=plan.units, sl=wish.stop, tp=wish.target, **level)

    return Planned


def run(market: Market, plan: Plan, costs: Costs = FREE, **options: Any) -> Outcome:
    """Carry out a plan, each entry closing what stands against it first.

    `options` are those of ``Backtest``.
    """
    options = {"exclusive_orders": True, **options}
    frame = market.candles.to_frame().rename(columns=str.capitalize)
    frame.index = frame.index.tz_localize(None)
    if costs.per_unit:
        raise ValueError("backtesting.py knows no commission per unit")
    with warnings.catch_warnings():
        # pandas deprecations inside it, and its word on the position open at the end
        warnings.simplefilter("ignore")
        test = backtesting.Backtest(
            frame, strategy(plan), cash=market.capital, **options,
            commission=(costs.per_order, costs.percent) if costs.per_order else costs.percent,
        )  # fmt: skip
        shown, told = inside._tqdm, inside.compute_stats
        inside._tqdm = lambda sequence, **_: sequence
        # Its statistics take longer than the run and are not asked for here.
        inside.compute_stats = lambda **parts: parts
        try:
            parts: dict[str, Any] = test.run()
        finally:
            inside._tqdm, inside.compute_stats = shown, told
    broker = parts["strategy_instance"]._broker
    closed = [
        Trade(
            1 if one.is_long else -1, one.entry_bar, one.entry_price, abs(one.size),
            one.exit_bar, one.exit_price, one.pl,
        )
        for one in broker.closed_trades
    ]  # fmt: skip
    still = [
        Trade(1 if one.is_long else -1, one.entry_bar, one.entry_price, abs(one.size))
        for one in broker.trades
    ]
    closed.sort(key=lambda trade: (trade.entry_bar, trade.exit_bar))
    return Outcome(closed + still, parts["equity"])
