"""Where the prices of a session come from, and who carries its orders out."""

from __future__ import annotations

from pathlib import Path

import msgspec

from workbench.errors import InvalidRequest
from workbench.feeds.pacing import multiple
from workbench.feeds.source import Source
from workbench.feeds.sources import source_for
from workbench.feeds.spec import FeedSpec
from workbench.runs.spec import RunSpec
from workbench.sessions.job import LiveJob
from workbench.trading.brokering import Broker
from workbench.trading.spec import LiveSettings


def settings_of(spec: RunSpec) -> LiveSettings:
    """Return what makes a run a live session.

    Raises
    ------
    InvalidRequest
        It is none.
    """
    if spec.live is None:
        msg = "live is missing: give the symbols, the broker and the feed of the session"
        raise InvalidRequest(msg, field="live", value=None, allowed="the settings of a session")
    return spec.live


def broker_of(job: LiveJob) -> Broker | None:
    """Return the broker of a session, None for paper.

    Raises
    ------
    NotAllowed, InvalidRequest
        As `workbench.sessions.brokers.broker_for`.
    """
    settings = settings_of(job.spec)
    if settings.broker == "paper":
        return None
    from workbench.sessions.brokers import broker_for

    return broker_for(settings, job.run_id, job.allowed)


def feed_of(spec: RunSpec, symbol: str) -> FeedSpec:
    """Return the feed of one symbol of a session.

    Raises
    ------
    InvalidRequest
        A field of it makes no sense.
    """
    settings = settings_of(spec)
    own = {"symbol": symbol, "timeframes": spec.timeframes, "history": settings.history}
    try:
        return msgspec.convert({**settings.feed, **own}, FeedSpec)
    except msgspec.ValidationError as error:
        msg = f"live.feed cannot be used: {error}"
        raise InvalidRequest(
            msg, field="live.feed", value=settings.feed, allowed="a feed"
        ) from None


def by_the_clock(feed: FeedSpec) -> bool:
    """Tell whether a feed's market time is that of the clock."""
    return feed.feed == "exchange" or (feed.feed == "synthetic" and multiple(feed) == 1.0)


def source_of(feed: FeedSpec, home: Path, after: int | None) -> Source:
    """Return the source of a symbol, that goes on after its last closed candle (epoch ms)."""
    closed = {} if after is None else {name: after for name in feed.timeframes}
    return source_for(feed, home, closed)
