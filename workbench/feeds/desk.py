"""What the producer of a market's stream may say, and what is taken down of it."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.errors import InvalidRequest, NotAllowed
from workbench.feeds.book import FeedBook
from workbench.messages import Candle, Error, Feed, LogMessage, MarketMessage, parse_time
from workbench.runs.intake import SERVER, Rule


def check(symbol: str, message: LogMessage) -> None:
    """Check what a feed's process says: pure.

    Raises
    ------
    InvalidRequest
        It is no message of a market, speaks of another symbol, or its candle opens at no time.
    """
    if isinstance(message, Error):
        return
    if not isinstance(message, MarketMessage):
        msg = f"A {message.type} message does not belong into the stream of a market"
        raise InvalidRequest(
            msg, field="type", value=message.type, allowed="messages of a market, or error"
        )
    if message.data.symbol != symbol:
        other = message.data.symbol[:60]
        msg = f"A {message.type} message speaks of {other!r}, expected {symbol!r}"
        raise InvalidRequest(msg, field="symbol", value=other, allowed=symbol)
    if isinstance(message, Candle):
        _time(message)


class FeedDesk:
    """The desk of markets, see `workbench.runs.intake.Desk`.

    Parameters
    ----------
    book
        The feeds.
    """

    def __init__(self, book: FeedBook) -> None:
        self._book = book

    def admit(self, stream: str, producer: str) -> None:
        """Refuse a process in whose place another has come.

        Raises
        ------
        NotAllowed
            It is one; nothing of it comes into the log any more.
        """
        if producer != SERVER and producer != self._book.get(stream).producer:
            msg = f"This process is not the one that feeds {stream!r} any more"
            raise NotAllowed(msg, field="Authorization", value=None)

    def rules(self, stream: str) -> Rule:
        """Return what a feed's process may say; see `check`."""
        symbol = self._book.get(stream).spec.symbol
        return lambda _, message: check(symbol, message)

    def note(self, stream: str, messages: Sequence[LogMessage]) -> None:
        """Take down the feed's state, and its last closed candles."""
        told: Feed | Error | None = None
        closed: dict[str, int] = {}
        for message in messages:
            if isinstance(message, Candle) and message.data.closed:
                closed[message.data.timeframe] = _time(message)
            elif isinstance(message, Feed | Error):
                told = message
        if isinstance(told, Feed):
            data = told.data
            self._book.set_status(stream, data.state, data.message, data.source, data.synthetic)
        elif told is not None:
            record = self._book.get(stream)
            text = told.data.error
            self._book.set_status(stream, "failed", text, record.source, record.synthetic)
        if closed:
            self._book.set_closed(stream, {**self._book.get(stream).closed, **closed})


def _time(message: Candle) -> int:
    text = message.data.time
    try:
        return parse_time(text)
    except (ValueError, OverflowError):
        allowed = "ISO 8601"
        msg = f"time is {text[:40]!r}, expected {allowed}"
        raise InvalidRequest(msg, field="time", value=text[:40], allowed=allowed) from None
