"""What a producer may say of its run, before any log is asked: pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

import msgspec

from workbench.errors import InvalidRequest
from workbench.messages import (
    FINAL_TYPES,
    Candle,
    Control,
    DataGap,
    Equity,
    Error,
    Feed,
    LiveMessage,
    LogMessage,
    MarketMessage,
    Order,
    Position,
    Signal,
    Status,
    Trade,
)
from workbench.runs.publishing import Batch, batch_decoder
from workbench.streams.guard import check_time

SAID = ("running", "paused", "pending")
"""The states a `status` may tell; a run ends by `complete` or `error` alone."""

_decode = msgspec.json.Decoder(LogMessage).decode


class _Envelope(msgspec.Struct, frozen=True):
    first: int
    messages: list[msgspec.Raw]


_envelopes: msgspec.json.Decoder[_Envelope] = msgspec.json.Decoder(_Envelope)


def check(run_id: str, message: LogMessage) -> None:
    """Check what a message's types do not.

    Raises
    ------
    InvalidRequest
        It is a `control`, speaks of a market, of live trading or of another run, ends the run by a
        `status`, or is a point of the equity curve at no time that can be read.
    """
    if isinstance(message, Trade | Error | Signal):
        return
    if isinstance(message, Control):
        allowed = "any other message of a log"
        msg = "A producer cannot tell a control: the server does, of those it has taken"
        raise InvalidRequest(msg, field="type", value="control", allowed=allowed)
    if isinstance(message, MarketMessage):
        msg = f"A {message.type} message belongs into the stream of a market, not of a run"
        raise InvalidRequest(msg, field="type", value=message.type, allowed="messages of a run")
    if isinstance(message, LiveMessage):
        msg = f"A {message.type} message belongs into a live session, not into a backtest"
        raise InvalidRequest(msg, field="type", value=message.type, allowed="messages of a run")
    data = message.data
    if data.backtest_id != run_id:
        other = data.backtest_id[:60]
        msg = f"A {message.type} message speaks of run {other!r}, expected {run_id!r}"
        raise InvalidRequest(msg, field="backtest_id", value=other, allowed=run_id)
    if isinstance(message, Equity):
        check_time(message.data.time)
    elif isinstance(message, Status) and message.data.status not in SAID:
        msg = f"A status cannot end a run as {message.data.status!r}: tell complete or error"
        raise InvalidRequest(
            msg, field="status", value=message.data.status, allowed=["running", "paused"]
        )


def check_session(run_id: str, symbols: Collection[str], message: LogMessage) -> None:
    """Check what a live session says: what a run may, and of its own symbols a market's prices.

    Raises
    ------
    InvalidRequest
        It speaks of another session or symbol, or as `check`.
    """
    if isinstance(message, LiveMessage):
        if message.data.session != run_id:
            other = message.data.session[:60]
            msg = f"A {message.type} message speaks of session {other!r}, expected {run_id!r}"
            raise InvalidRequest(msg, field="session", value=other, allowed=run_id)
    elif not isinstance(message, Candle | Feed | DataGap):
        check(run_id, message)
        return
    if isinstance(message, Candle | Feed | DataGap | Position | Order):
        symbol = message.data.symbol
        if symbol not in symbols:
            allowed = sorted(symbols)
            msg = f"A {message.type} message speaks of {symbol[:60]!r}, expected {allowed}"
            raise InvalidRequest(msg, field="symbol", value=symbol[:60], allowed=allowed)


def good(
    stream: str,
    messages: Sequence[LogMessage],
    check: Callable[[str, LogMessage], None] = check,
) -> tuple[int, InvalidRequest | None]:
    """Return how many messages from the start may be told, and what is wrong with the next.

    Parameters
    ----------
    check
        Raises for what may not be told in this stream.
    """
    for count, message in enumerate(messages):
        if count and messages[count - 1].type in FINAL_TYPES:
            last = messages[count - 1].type
            msg = f"A {last} message ends the log, but {message.type} follows it"
            return count, InvalidRequest(msg, field="messages", value=last, allowed="at the end")
        try:
            check(stream, message)
        except InvalidRequest as error:
            return count, error
    return len(messages), None


def read_batch(text: str) -> tuple[Batch, InvalidRequest | None]:
    """Return a batch up to the first message that cannot be understood, and what is wrong with it.

    Raises
    ------
    InvalidRequest
        It is no batch at all.
    """
    try:
        return batch_decoder.decode(text), None
    except (msgspec.DecodeError, RecursionError) as error:
        failure = _not_understood(error)
    try:
        envelope = _envelopes.decode(text)
    except (msgspec.DecodeError, RecursionError):
        raise failure from None
    messages = []
    try:
        for raw in envelope.messages:
            messages.append(_decode(raw))
    except (msgspec.DecodeError, RecursionError) as error:
        failure = _not_understood(error)
    return Batch(envelope.first, messages), failure


def _not_understood(error: Exception) -> InvalidRequest:
    msg = f"Batch not understood: {error}"
    return InvalidRequest(msg, field=None, value=None, allowed="a batch")
