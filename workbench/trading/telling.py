"""What a session says of candles, feeds and trades, with the session's own numbers."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import UNSET, UnsetType, structs

from workbench.data.bars import Bar, bars_of
from workbench.data.candles import Candles
from workbench.data.growing import Span
from workbench.data.troubles import Trouble
from workbench.engine.rules.layout import E_KIND, E_ORDER, E_TRADE, ENTERED, EXITED
from workbench.engine.telling import Telling
from workbench.messages import (
    Candle,
    CandleData,
    CandleExtra,
    DataGap,
    DataGapData,
    Feed,
    FeedData,
    Message,
    Signal,
    Trade,
    iso_time,
)
from workbench.timeframes import Timeframe
from workbench.trading.inputs import Missing, Word

_CODES = {"invalid": "invalid_data", "clock": "clock_jump"}


class TradeNumbers:
    """Numbers the trades of a session over all its symbols, in order of entry.

    Attributes
    ----------
    last
        The last number given.
    """

    def __init__(self) -> None:
        self.last = 0
        self._known: dict[tuple[str, float], int] = {}

    def of(self, symbol: str, trade: float) -> int:
        """Return the number of a trade that an engine calls `trade`; a new one gets the next."""
        number = self._known.get((symbol, trade))
        if number is None:
            self.last += 1
            number = self._known[symbol, trade] = self.last
        return number

    def save(self) -> Any:
        """Return all that is needed to go on."""
        return self.last, dict(self._known)

    def load(self, saved: Any) -> None:
        """Go on from there."""
        self.last, self._known = saved[0], dict(saved[1])

    def forget(self, symbol: str, trade: float) -> None:
        """Forget a trade that is closed."""
        self._known.pop((symbol, trade), None)


class Trades:
    """Makes messages of a symbol's rows of events.

    Parameters
    ----------
    telling
        Of the symbol's engine.
    symbol
        The symbol.
    numbers
        Of the session.
    prefix
        Before the ids of signals: empty where there is one symbol.
    """

    def __init__(self, telling: Telling, symbol: str, numbers: TradeNumbers, prefix: str) -> None:
        self._telling = telling
        self._symbol, self._numbers, self._prefix = symbol, numbers, prefix

    def signal_id(self, order: float) -> str:
        """Return how an order of the engine is called."""
        return f"{self._prefix}signal_{order:.0f}"

    def numbered(self, row: Sequence[float]) -> list[float]:
        """Return a row of a fill with the session's number of its trade."""
        own = list(row)
        own[E_TRADE] = float(self._numbers.of(self._symbol, row[E_TRADE]))
        return own

    def trade(self, row: Sequence[float]) -> Trade:
        """Return the message of a fill, numbered."""
        told = self._telling.entry(row) if row[E_KIND] == ENTERED else self._telling.exit(row)
        extra = told.extra
        if extra.signal is UNSET or (row[E_ORDER] and not self._prefix):
            return told
        signal = f"{self._prefix}{extra.signal}" if row[E_ORDER] else UNSET
        return Trade(told.timestamp, told.data, structs.replace(extra, signal=signal))

    def end(self, row: Sequence[float], **instead: Any) -> Signal:
        """Return the message of an order's end; fields of its `data` may be said otherwise."""
        told = self._telling.end(row)
        if self._prefix:
            instead["signal_id"] = f"{self._prefix}{told.data.signal_id}"
        if not instead:
            return told
        return Signal(told.timestamp, structs.replace(told.data, **instead), told.extra)

    def closed(self, row: Sequence[float]) -> None:
        """Forget the number of a trade that is closed by a row as the engine wrote it."""
        assert row[E_KIND] == EXITED
        self._numbers.forget(self._symbol, row[E_TRADE])


class Words:
    """What is said of a symbol's prices.

    Parameters
    ----------
    symbol
        The symbol.
    feed
        Kind of the feed, as in `FeedData`.
    source
        Where prices come from, and whether they never traded.
    timeframes
        The shortest first.
    now
        Makes the timestamps.

    Attributes
    ----------
    state
        What was last said of the feed.
    """

    def __init__(
        self, symbol: str, feed: str, source: tuple[str, bool], timeframes: Sequence[str],
        now: Callable[[], str],
    ) -> None:  # fmt: skip
        self.state: Any = "starting"
        self._symbol, self._feed, self._source, self._now = symbol, feed, source, now
        self._timeframes = list(timeframes)

    def candle(self, span: Span) -> Candle:
        """Return the message of a candle, growing or closed."""
        known = UNSET if span.trades is None or not span.closed else span.trades
        extra: CandleExtra | UnsetType = UNSET
        if known is not UNSET or span.origin != "live" or span.partial:
            # A default is left out by identity, which a string out of a pickle has lost.
            origin = "live" if span.origin == "live" else span.origin
            extra = CandleExtra(origin, known, span.partial)
        time, opened, high, low, close, volume = span.bar
        data = CandleData(
            self._symbol, span.timeframe, iso_time(time), opened, high, low, close, volume,
            span.closed,
        )  # fmt: skip
        return Candle(self._now(), data=data, extra=extra)

    def feed(self, word: Word, since: str | UnsetType = UNSET) -> Feed:
        """Return how the feed fares; `since` as of `FeedData`."""
        self.state = word.state
        return self._say(word.message, word.code, since)

    def trouble(self, trouble: Trouble, timeframe: str) -> Message:
        """Return what is wrong with trades or candles that were not taken."""
        if trouble.kind == "late":
            span = (trouble.start, trouble.end)
            return self._gap(trouble.what, trouble.many, *span, False, timeframe)
        before = trouble.many - 1
        more = f" (and {before} before)" if before else ""
        return self._say(trouble.message + more, _CODES[trouble.kind])

    def gap(self, missing: Missing) -> DataGap:
        """Return that prices are missing."""
        return self._gap(
            missing.what, missing.missing, missing.start, missing.end, missing.filled,
            missing.timeframe,
        )  # fmt: skip

    def _gap(
        self, what: Any, many: int, start: int, end: int, filled: bool, timeframe: str | None
    ) -> DataGap:
        known = UNSET if timeframe is None else timeframe
        times = (iso_time(start), iso_time(end))
        data = DataGapData(self._symbol, what, many, *times, filled, known)
        return DataGap(self._now(), data=data)

    def _say(self, text: str, code: str | None, since: str | UnsetType = UNSET) -> Feed:
        data = FeedData(
            self._symbol, self._feed, self.state, text, *self._source, self._timeframes,
            UNSET if code is None else code, since,
        )  # fmt: skip
        return Feed(self._now(), data=data)


def shown(history: Mapping[str, Candles]) -> Iterator[Span]:
    """Give the last candles of a history, by the time they closed, of one time the longest first.

    Parameters
    ----------
    history
        By timeframe.
    """

    def keyed(candles: Candles) -> Iterator[tuple[tuple[int, int], Timeframe, Bar]]:
        timeframe = candles.timeframe
        for bar in bars_of(candles):
            yield (bar.time + timeframe.ms, -timeframe.ms), timeframe, bar

    for _, timeframe, bar in heapq.merge(
        *(keyed(one) for one in history.values()), key=lambda item: item[0]
    ):
        yield Span(timeframe.name, bar.whole(), True, None, "history", False)
