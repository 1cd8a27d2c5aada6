"""What `POST /api/live-trading/start` takes."""

from __future__ import annotations

from typing import Any

import msgspec

from workbench.engine.settings import Settings
from workbench.runs.request import PickledStrategy
from workbench.trading.limits import RiskLimits
from workbench.trading.spec import DEFAULT_ACCOUNT, LiveSettings


class LiveRequest(Settings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body: a strategy, what it trades, and on whose account.

    What the account is given (capital, costs, how orders fill) is as for a backtest, see
    `workbench.engine.settings.Settings`; what makes it live as in
    `workbench.trading.spec.LiveSettings`.

    Attributes
    ----------
    symbols
        What it trades, such as ``["BTC-USD", "ETH-USD"]``.
    timeframes
        In any order. The shortest is the one the strategy steps on; the others are built
        from it.
    strategy_ids
        Names of registered strategies, which share the account of a symbol. With a pickled
        strategy, its class name.
    strategy
        The strategy itself when it is not a registered one.
    strategy_params
        Values for the strategy's parameters, as for a backtest.
    feed
        Where prices come from: fields of a feed but its symbol and timeframes, such as
        ``{"feed": "replay", "speed": "60x"}``. Without `feed` in it, the one that the server has
        for the symbols: prices are generated (``synthetic``) unless it is configured otherwise.
    broker
        ``paper``, ``exchange``, or the name of an exchange: ``binance`` is ``exchange`` with
        exchange ``binance``.
    name, notes, tags
        For people.
    seed
        For strategies that draw random numbers.
    """

    symbols: list[str]
    timeframes: list[str]
    strategy_ids: list[str]
    strategy: PickledStrategy | None = None
    strategy_params: dict[str, Any] = msgspec.field(default_factory=dict)
    name: str = "Live session"
    seed: int | None = None
    notes: str = ""
    tags: list[str] = msgspec.field(default_factory=list)
    allocation: dict[str, float] | None = None
    broker: str = "paper"
    latency: float = 0.0
    participation: float | None = None
    feed: dict[str, Any] = msgspec.field(default_factory=dict)
    exchange: str | None = None
    account: str = DEFAULT_ACCOUNT
    sandbox: bool = True
    limits: RiskLimits = RiskLimits()
    account_limits: RiskLimits = RiskLimits()
    history: int = 500
    keep: bool = False

    @property
    def live(self) -> LiveSettings:
        """What makes it live."""
        return LiveSettings(**{n: getattr(self, n) for n in LiveSettings.__struct_fields__})
