"""What a stream is about, as `connected` says it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from msgspec import UNSET

from workbench.feeds.book import FeedRecord
from workbench.messages import FINAL_STATUSES, PROTOCOL, ConnectedData
from workbench.runs.live_book import STREAM, LiveBook
from workbench.runs.records import RunRecord
from workbench.streams import Entry, StreamInfo


class Subject(NamedTuple):
    """A stream, and what is said of it first.

    Attributes
    ----------
    stream
        Its name.
    timeframes
        Of its candles.
    connected
        Returns `data` of `connected`, for a log that stands so.
    snapshot
        Returns what holds, as far as it was told up to a seq: of a stream whose new readers are
        told that instead of the whole log.
    """

    stream: str
    timeframes: Sequence[str]
    connected: Callable[[StreamInfo], ConnectedData]
    snapshot: Callable[[int], Sequence[Entry]] | None = None


def of_run(record: RunRecord) -> Subject:
    """Return what a run's stream is about."""

    def connected(info: StreamInfo) -> ConnectedData:
        final = record.status in FINAL_STATUSES or not info.closed
        return ConnectedData(
            backtest_id=record.id,
            message="Connected to backtest stream",
            epoch=info.epoch,
            seq=info.seq,
            status=record.status if final else "complete",
            protocol=PROTOCOL,
            symbol=record.spec.symbol,
            source=record.source,
            synthetic=record.synthetic,
            eseq=info.eseq,
        )

    return Subject(record.id, record.spec.timeframes, connected)


def of_feed(record: FeedRecord) -> Subject:
    """Return what a market's stream is about."""

    def connected(info: StreamInfo) -> ConnectedData:
        return ConnectedData(
            message="Connected to market data stream",
            epoch=info.epoch,
            seq=info.seq,
            status=record.status,
            protocol=PROTOCOL,
            symbol=record.spec.symbol,
            source=record.source,
            synthetic=record.synthetic,
            eseq=info.eseq,
            timeframes=record.spec.timeframes,
            feed=record.spec.feed,
            first_seq=info.first_seq,
        )

    return Subject(record.name, record.spec.timeframes, connected)


def of_sessions(
    book: LiveBook, symbols: Sequence[str], seen: Callable[[], Mapping[str, bool]]
) -> Subject:
    """Return what the stream of all live sessions is about.

    Parameters
    ----------
    book
        What holds of them.
    symbols
        What the reader asks for, for people.
    seen
        Returns which sessions go on that the reader is told of, and whether their prices are
        generated.
    """

    def connected(info: StreamInfo) -> ConnectedData:
        sessions = dict(seen())
        kinds = set(sessions.values())
        return ConnectedData(
            message="Connected to live trading stream",
            epoch=info.epoch,
            seq=info.seq,
            status="running",
            protocol=PROTOCOL,
            symbol=",".join(symbols),
            source="live sessions",
            synthetic=kinds.pop() if len(kinds) == 1 else UNSET,
            sessions=sessions,
            eseq=info.eseq,
            first_seq=info.first_seq,
        )

    return Subject(STREAM, (), connected, book.snapshot)
