"""A plan carried out by the workbench's engine."""

from __future__ import annotations

from typing import Any

import numpy as np

from oracles.markets import Market
from oracles.plan import FREE, Costs, Outcome, Plan, Trade
from workbench.engine.engine import BacktestEngine
from workbench.engine.settings import Commission
from workbench.engine.story import EntryFill, ExitFill, SignalEnd
from workbench.engine.strategy import Strategy


class Recorder:
    """Takes down trades, and the equity at each close."""

    def __init__(self, engine: BacktestEngine) -> None:
        self.engine = engine
        self.trades: dict[int, Trade] = {}
        self.equity: list[float] = []
        self.fills: list[EntryFill | ExitFill] = []
        self.ends: list[SignalEnd] = []
        engine.listener, engine.marks = self, (1,)

    def happened(self, what: Any) -> None:
        """Take a fill, or an order that came to none."""
        if isinstance(what, EntryFill):
            sign = 1 if what.direction == "long" else -1
            self.trades[what.trade_id] = Trade(sign, what.bar, what.price, what.quantity)
        elif isinstance(what, ExitFill):
            self.trades[what.trade_id] = self.trades[what.trade_id]._replace(
                exit_bar=what.bar, exit_price=what.price, pnl=what.pnl
            )
        if isinstance(what, (EntryFill, ExitFill)):
            self.fills.append(what)
        else:
            self.ends.append(what)

    def marked(self) -> None:
        """Take the equity."""
        self.equity.append(self.engine.snapshot().equity)


def strategy(plan: Plan) -> type[Strategy]:
    """Return a strategy that carries out a plan."""

    class Planned(Strategy):
        def next(self) -> None:
            bar = len(self.close) - 1
            if not plan.sides[bar]:
                return
            held = {None: 0, "long": 1, "short": -1}[self.position.direction]
            wish = plan.wish(bar, self.close[-1], held)
            if wish is None:
                return
            self.cancel()
            if wish.sign == 0 or (held and plan.entry != "market"):
                self.position.close()
            if wish.sign == 0:
                return
            more: dict[str, Any] = {}
            if plan.entry != "market":
                more = {plan.entry: wish.level, "expires": plan.expires}
            enter = self.enter_long if wish.sign > 0 else self.enter_short
            enter(quantity=plan.units, stop_loss=wish.stop, take_profit=wish.target, **more)

    return Planned


def run(market: Market, plan: Plan, costs: Costs = FREE, **settings: Any) -> Outcome:
    """Carry out a plan; what is open at the end stays open."""
    candles = market.candles
    engine = BacktestEngine(
        strategy(plan),
        {candles.timeframe.name: candles},
        initial_capital=market.capital,
        commission=Commission(costs.percent, costs.per_unit, costs.per_order),
        **settings,
    )
    recorder = Recorder(engine)
    engine.advance(len(candles))
    return Outcome(list(recorder.trades.values()), np.array(recorder.equity))
