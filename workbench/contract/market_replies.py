"""What the REST routes of markets reply, as types."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from workbench.feeds.spec import FeedKind, FeedSpec
from workbench.messages import FeedState


class FeedStarted(Struct, frozen=True):
    """A feed was started, or runs already.

    Attributes
    ----------
    name
        Of the feed and its stream.
    stream_url
        Where to connect, as this request's host knows the server.
    stream_path
        The same without scheme and host.
    epoch
        Identity of its log. Who names it on connecting hears of this feed also when it has failed.
    source, synthetic
        Where its prices come from, and whether they never traded.
    """

    name: str
    status: FeedState
    streaming: Literal[True]
    stream_url: str
    stream_path: str
    epoch: str | None
    message: str
    symbol: str
    feed: FeedKind
    timeframes: list[str]
    source: str
    synthetic: bool


class FeedSummary(Struct, frozen=True, kw_only=True):
    """A feed as the list shows it.

    Attributes
    ----------
    name
        Of the feed and its stream.
    status, message
        What it does, as its last `feed` message says.
    running
        Whether it has a process: that starts with the first subscriber.
    subscribers
        Connected to this server.
    source, synthetic
        Where its prices come from, and whether they never traded.
    given
        Whether it was asked for; else it is what the configuration says of the symbol.
    created, started
        ISO 8601, UTC; `started` of the latest process.
    messages, bytes
        In the log.
    """

    name: str
    symbol: str
    feed: FeedKind
    timeframes: list[str]
    status: FeedState
    message: str
    running: bool
    subscribers: int
    source: str
    synthetic: bool
    given: bool
    created: str
    started: str | None
    messages: int
    bytes: int


class FeedDetail(FeedSummary, frozen=True, kw_only=True):
    """All about one feed: its summary, what was asked for, and where its log stands.

    Attributes
    ----------
    stream_url, stream_path
        Where to connect.
    epoch
        Identity of the log, as in `connected`.
    first_seq, seq
        The first and last message there are.
    """

    stream_url: str
    stream_path: str
    spec: FeedSpec
    epoch: str | None
    first_seq: int
    seq: int


class FeedList(Struct, frozen=True):
    """The feeds, by name."""

    feeds: list[FeedSummary]


class FeedCandles(Struct, frozen=True):
    """Closed candles that a market's stream has told of, as columns of one length.

    Attributes
    ----------
    complete
        Whether these are all the stream has ever told: False where `limit` left some out, or
        where the log no longer keeps the first ones.
    first
        Open time of the first such candle in the log, None where there is none.
    time
        Open times.
    """

    name: str
    symbol: str
    timeframe: str
    source: str
    synthetic: bool
    complete: bool
    first: int | None
    time: list[int]
    open: list[float]
    high: list[float]
    low: list[float]
    close: list[float]
    volume: list[float]


MARKET_REPLIES: tuple[type[Struct], ...] = (
    FeedStarted, FeedList, FeedSummary, FeedDetail, FeedCandles,
)  # fmt: skip
