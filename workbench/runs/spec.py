"""What is asked for when a run is started."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct


class RunSpec(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A backtest, as the body of `POST /api/backtesting/start` asks for it.

    Attributes
    ----------
    name
        For people.
    symbol
        One symbol of the candle store or a bundled sample, such as ``EUR-USD``.
    timeframes
        In any order. The shortest is the one the strategy steps on; the others are built
        from it.
    start_date, end_date
        ISO 8601 date or time, UTC. A plain end date is meant to its end.
    initial_capital
        In the account's currency, above 0.
    strategy_ids
        Names of registered strategies; one for now. With a pickled strategy, its class name.
    risk_per_trade
        Fraction of equity lost at the stop, in (0, 1]: sizes every order that has a stop and
        no size of its own.
    strategy_params
        Values for the strategy's parameters, by name.
    commission
        Fraction of the notional, per fill (0.001 is 0.1 %).
    slippage
        Fraction of the price, against the trader, on every market and stop fill.
    leverage
        Notional allowed, in multiples of equity.
    speed
        Candles a second; absent: as fast as possible.
    progress_every, equity_every
        Candles between two `progress`, and two `equity` messages.
    seed
        For strategies that draw random numbers.
    notes, tags
        For people.
    """

    symbol: str
    timeframes: list[str]
    start_date: str
    end_date: str
    strategy_ids: list[str]
    name: str = "Backtest"
    initial_capital: float = 10_000.0
    risk_per_trade: float = 0.02
    strategy_params: dict[str, Any] = msgspec.field(default_factory=dict)
    commission: float = 0.0
    slippage: float = 0.0
    leverage: float = 1.0
    speed: float | None = None
    progress_every: int = 100
    equity_every: int = 100
    seed: int | None = None
    notes: str = ""
    tags: list[str] = msgspec.field(default_factory=list)
