"""What the first `status` of a live session says of it."""

from __future__ import annotations

from typing import Literal

from msgspec import UNSET, Struct, UnsetType

BrokerName = Literal["paper", "exchange"]


class LiveFacts(Struct, frozen=True, omit_defaults=True):
    """What a session is, in the first `status`.

    Attributes
    ----------
    symbols
        What it trades; each has an equal part of the capital unless `allocation` says otherwise.
    broker, exchange, account, sandbox
        Who fills; the last three of an exchange.
    feed
        Where prices come from: ``synthetic``, ``replay`` or ``exchange``.
    real_time
        Whether the feed goes by the clock.
    warm_up
        Candles of the shortest timeframe from before the session, by symbol.
    brackets
        ``native`` or ``emulated``: where stops and targets rest.
    differences
        What differs by design from a backtest over the same candles, in words.
    """

    symbols: list[str]
    broker: BrokerName
    feed: str
    real_time: bool
    warm_up: dict[str, int]
    allocation: dict[str, float]
    exchange: str | UnsetType = UNSET
    account: str | UnsetType = UNSET
    sandbox: bool | UnsetType = UNSET
    brackets: Literal["native", "emulated"] | UnsetType = UNSET
    differences: list[str] | UnsetType = UNSET
