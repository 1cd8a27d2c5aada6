"""What the messages of a market carry: candles, and what detectors see in them.

Nothing of it is ever taken back: what turns out later is a message of its own.

- `time` and `bar_time` are open times of candles: ISO 8601, UTC, ``Z``.
- `confirmed_at` is the close time of the candle that made it known: nothing was known earlier,
  and who decides by it decides without hindsight.
- What a growing candle shows is told as *state* (`closed` false, `provisional` true): it may be
  gone a moment later, and nothing is derived from it.
"""

from __future__ import annotations

from typing import Literal

from msgspec import UNSET, Struct, UnsetType

Bias = Literal["bullish", "bearish", "neutral"]
FeedState = Literal["starting", "live", "reconnecting", "backfilling", "stopped", "ended", "failed"]
StructureKind = Literal[
    "swing_high", "swing_low", "bos", "choch", "fvg", "order_block", "liquidity", "zone"
]


class CandleData(Struct, frozen=True):
    """A candle, closed or still growing.

    Attributes
    ----------
    time
        Its open time.
    volume
        In units of the base currency, or as the source counts it.
    closed
        False while it grows; its last state is told with True, once.
    """

    symbol: str
    timeframe: str
    time: str
    open: float
    high: float
    low: float
    close: float
    volume: float
    closed: bool


class CandleExtra(Struct, frozen=True, omit_defaults=True):
    """What else is known of a candle.

    Attributes
    ----------
    origin
        ``live``; ``history`` from before the feed began; ``backfill`` fetched after a loss.
    trades
        How many it was made of, where that is known.
    partial
        Whether it opened before anything was known of the market: its beginning is missing.
    """

    origin: Literal["live", "history", "backfill"] = "live"
    trades: int | UnsetType = UNSET
    partial: bool = False


class PatternData(Struct, frozen=True):
    """A candlestick pattern on the candle that opened at `bar_time`.

    Attributes
    ----------
    pattern
        Its name, such as ``engulfing``.
    strength
        As TA-Lib counts: 100 or 80 for bullish, negative for bearish, 200 where confirmed; 0 when
        a provisional one has gone.
    provisional
        Whether the candle is still growing.
    """

    symbol: str
    timeframe: str
    pattern: str
    direction: Bias
    strength: int
    bar_time: str
    confirmed_at: str
    provisional: bool


class StructureData(Struct, frozen=True):
    """A fact of market structure.

    Attributes
    ----------
    id
        Of the thing it speaks of, such as ``fvg_12``: later facts about it repeat it.
    kind
        What it is.
    status
        What has become of it: ``confirmed``; later ``superseded``, ``broken``, ``mitigated``,
        ``filled`` or ``swept``.
    bar_time
        The candle it lies on; of a later fact, the one that brought it.
    price
        The level; of a zone, its nearer edge.
    top, bottom
        Edges of a zone.
    numbers
        What decided, by name: sizes in average true ranges, levels crossed.
    """

    symbol: str
    timeframe: str
    id: str
    kind: StructureKind
    direction: Bias
    status: str
    bar_time: str
    confirmed_at: str
    price: float
    top: float | UnsetType = UNSET
    bottom: float | UnsetType = UNSET
    numbers: dict[str, float] | UnsetType = UNSET


class ConfluenceTerm(Struct, frozen=True):
    """One vote.

    Attributes
    ----------
    value
        -1 (bearish) to 1 (bullish).
    weight
        Its share, the weights of all add up to 1.
    rationale
        What it saw.
    """

    name: str
    value: float
    weight: float
    rationale: str


class ConfluenceData(Struct, frozen=True):
    """How much speaks for one side, at the close of a candle of the shortest timeframe.

    Attributes
    ----------
    score
        0 (nothing) to 1 (all agree): how far the weighted votes lean to `direction`.
    """

    symbol: str
    timeframe: str
    bar_time: str
    confirmed_at: str
    score: float
    direction: Bias
    terms: list[ConfluenceTerm]
    rationale: str


PROCESS_AWAY = "process_away"
"""Code of the `feed` message by which a session whose process died says so."""


class FeedData(Struct, frozen=True, omit_defaults=True):
    """What the feed of a market is doing.

    Attributes
    ----------
    feed
        ``synthetic``, ``replay`` or ``exchange``.
    code
        Stable, where something went wrong.
    source, synthetic
        Where prices come from, for people, and whether they never traded.
    since
        With the code ``process_away``: when the process of a live session was last given anything.
        From then to the message's timestamp nobody traded for it.
    """

    symbol: str
    feed: str
    state: FeedState
    message: str
    source: str
    synthetic: bool
    timeframes: list[str]
    code: str | UnsetType = UNSET
    since: str | UnsetType = UNSET


class DataGapData(Struct, frozen=True, omit_defaults=True):
    """Something is missing in what the feed was given.

    Attributes
    ----------
    what
        ``trades`` or ``candles``.
    missing
        How many, by their numbers or by the clock.
    start, end
        Between which market times.
    first_id, last_id
        Numbers of the missing trades.
    filled
        Whether they could be fetched afterwards.
    """

    symbol: str
    what: Literal["trades", "candles"]
    missing: int
    start: str
    end: str
    filled: bool
    timeframe: str | UnsetType = UNSET
    first_id: int | UnsetType = UNSET
    last_id: int | UnsetType = UNSET
