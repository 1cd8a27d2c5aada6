"""A plan carried out by vectorbt: market entries only, signals a candle later, at the open."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from oracles.markets import Market
from oracles.plan import FREE, Costs, Outcome, Plan, Trade

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import vectorbt


def run(market: Market, plan: Plan, costs: Costs = FREE, **settings: Any) -> Outcome:
    """Carry out a plan; stops and targets are fractions of the entry's fill."""
    if plan.entry != "market" or costs.per_unit:
        raise ValueError("vectorbt knows no waiting entries and no commission per unit")
    candles = market.candles
    sides = np.array(plan.sides)
    up, down = _later(sides > 0), _later(sides < 0)
    none = np.zeros(len(sides), dtype=bool)
    signals = {
        "both": (up, none, down, none),
        "long": (up, down, none, none),
        "short": (none, none, down, up),
    }[plan.allowed]
    given: dict[str, Any] = {
        "price": candles.open, "stop_entry_price": "fillprice", "size": plan.units,
        "init_cash": market.capital, "fees": costs.percent, "fixed_fees": costs.per_order,
        "sl_stop": plan.stop or None, "tp_stop": plan.target or None, **settings,
    }  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        portfolio = vectorbt.Portfolio.from_signals(
            candles.close, *signals, open=candles.open, high=candles.high, low=candles.low, **given
        )
        records = portfolio.exit_trades.values
        equity = portfolio.value().to_numpy()
    trades = []
    for one in records:
        sign = 1 if one["direction"] == 0 else -1
        trade = Trade(sign, int(one["entry_idx"]), one["entry_price"], one["size"])
        if one["status"] == 1:
            trade = trade._replace(
                exit_bar=int(one["exit_idx"]), exit_price=one["exit_price"], pnl=one["pnl"]
            )
        trades.append(trade)
    return Outcome(trades, equity)


def _later(signal: Any) -> Any:
    return np.concatenate([[False], signal[:-1]])
