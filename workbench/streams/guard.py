"""What a log takes in from a producer, and what not: pure."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import UNSET

from workbench.errors import InvalidRequest
from workbench.messages import FINAL_TYPES, Equity, LogMessage, parse_time
from workbench.streams.log import OutOfOrder, StreamEnded, StreamInfo


def fresh(
    info: StreamInfo, last: int, first: int, messages: Sequence[LogMessage]
) -> Sequence[LogMessage]:
    """Return those of a batch that are not in the log yet, without numbers of others.

    Parameters
    ----------
    info
        Where the log stands.
    last
        The producer's last number that is in it.
    first
        The producer's number of the first message.
    messages
        The batch. Their `seq`, `eseq` and `conflated`, which are the log's and the server's to
        give, are taken away.

    Raises
    ------
    InvalidRequest
        `first` is below 1, something follows the final message, or a point of the equity curve
        has no time that can be read.
    OutOfOrder
        `first` is beyond the producer's next number.
    StreamEnded
        The log has had its final message.
    """
    if first < 1:
        msg = f"Batch starts at {first}, expected 1 or more"
        raise InvalidRequest(msg, field="first", value=first, allowed="1 or more")
    if first > last + 1:
        msg = f"Batch starts at {first}, expected {last + 1} at the latest"
        raise OutOfOrder(msg, first=first, expected=last + 1)
    new = messages[last + 1 - first :]
    if new and info.closed:
        msg = f"The log of {info.id} has had its final message; nothing can follow"
        raise StreamEnded(msg, stream=info.id, first=first, last=last)
    for message in new[:-1]:
        if message.type in FINAL_TYPES:
            msg = f"A {message.type} message ends the log, but {new[-1].type} follows it"
            raise InvalidRequest(msg, field="messages", value=message.type, allowed="at the end")
    for message in new:
        if isinstance(message, Equity):
            check_time(message.data.time)
        message.seq = message.eseq = message.conflated = UNSET
    return new


def check_time(text: str) -> None:
    """Check what readers are told as a number (``format=columns``).

    Raises
    ------
    InvalidRequest
        It is no time.
    """
    try:
        parse_time(text)
    except (ValueError, OverflowError):
        allowed = "ISO 8601"
        msg = f"time is {text[:40]!r}, expected {allowed}"
        raise InvalidRequest(msg, field="time", value=text[:40], allowed=allowed) from None
