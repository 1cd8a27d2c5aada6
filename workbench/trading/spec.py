"""What is asked for when a live session is started, beyond what a backtest is asked."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

from workbench.messages import BrokerName
from workbench.trading.limits import RiskLimits

DEFAULT_ACCOUNT = "default"


class LiveSettings(
    Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """What makes a run a live session.

    Attributes
    ----------
    symbols
        What it trades, such as ``["BTC-USD", "ETH-USD"]``: an instance of the strategy and an
        account of its own for each.
    allocation
        Part of the capital of each symbol, by name; they add up to at most 1. Equal parts when
        left out.
    broker
        ``paper``, or ``exchange``.
    latency, participation
        Of the paper broker: seconds from a decision to the venue, and the largest part of each
        trade of the market that a fill can have (None: all an order wants). Both need a feed of
        trades; with either, fills are made by trades one by one instead of by the candle rules.
    feed
        Where prices come from: fields of `workbench.feeds.spec.FeedSpec` but its symbol and
        timeframes, such as ``{"feed": "replay", "speed": "60x"}``.
    exchange, account, sandbox
        Of the broker ``exchange``: its ccxt name, which configured account (a name, never a key),
        and whether it is its test system.
    limits, account_limits
        What the session, and all sessions of the account together, may risk.
    history
        Closed candles of each timeframe from before the session: they give indicators their values.
    keep
        Whether `stop` keeps what is held; else it is closed.
    """

    symbols: list[str]
    allocation: dict[str, float] | None = None
    broker: BrokerName = "paper"
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
    def routed(self) -> bool:
        """Whether fills are reported by a venue, instead of made by the candle rules."""
        return self.broker == "exchange" or self.latency > 0 or self.participation is not None

    def part(self, symbol: str) -> float:
        """Return the part of the capital a symbol has."""
        if self.allocation is None:
            return 1 / len(self.symbols)
        return self.allocation.get(symbol, 0.0)
