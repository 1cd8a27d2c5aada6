"""What a feed is asked to be."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from msgspec import Struct

FeedKind = Literal["synthetic", "replay", "exchange"]
DEFAULT_TIMEFRAMES = ("1M", "15M", "1H", "4H")


class FeedSpec(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A feed: what it watches, and where its prices come from.

    Attributes
    ----------
    symbol
        What is traded, such as ``BTC-USD``.
    timeframes
        Of the candles; all are whole multiples of the shortest.
    feed
        ``synthetic``, ``replay`` (stored candles, or recorded frames in `path`) or ``exchange``.
    exchange, market
        Of an exchange: its ccxt name, and the symbol there (``BTC/USD``) where it differs.
    path
        Of a replay: a file of recorded frames; None for stored candles.
    start, end
        Of a replay: the range, ISO 8601.
    speed
        Multiples of market time (``"60x"``), candles a second (a number), None for the feed's own:
        synthetic and recorded ones go by the clock, stored candles as fast as possible.
    seed
        Of a synthetic feed.
    patterns
        Names of the candlestick patterns; None for the default set.
    detectors
        Names of further detectors: entry points of group ``workbench.detectors``.
    weights
        Of the terms of the confluence score, by name; the default ones where left out.
    history
        Candles of each timeframe from before the feed begins.
    """

    symbol: str
    timeframes: list[str] = msgspec.field(default_factory=lambda: list(DEFAULT_TIMEFRAMES))
    feed: FeedKind = "synthetic"
    exchange: str | None = None
    market: str | None = None
    path: str | None = None
    start: str | None = None
    end: str | None = None
    speed: float | str | None = None
    seed: int | None = None
    patterns: list[str] | None = None
    detectors: list[str] = []
    weights: dict[str, float] | None = None
    history: int = 300
    options: dict[str, Any] = {}
