"""Checking a message before it is queued: the same as the server does, told to who can mend it."""

from __future__ import annotations

import re

import msgspec

from workbench.errors import InvalidRequest
from workbench.messages import LogMessage, encode
from workbench.runs import admission

_decode = msgspec.json.Decoder(LogMessage).decode
_NAMES = re.compile(r"\.(\w+)")
_TYPES = LogMessage.__args__


def checked(run_id: str, message: LogMessage) -> bytes:
    """Return a message as JSON, if the server will take it from the producer of the run.

    Raises
    ------
    InvalidRequest
        It is no message of a log, a field is of another type, or a producer cannot say it.
    """
    if type(message) not in _TYPES:
        allowed = [kind.__name__ for kind in _TYPES]
        msg = f"message is {message!r:.100}, expected one of {', '.join(allowed)}"
        raise InvalidRequest(msg, field="message", value=f"{message!r:.100}", allowed=allowed)
    try:
        wire = encode(message)
        _decode(wire)
    except (msgspec.MsgspecError, TypeError, ValueError, RecursionError) as error:
        text = str(error)
        names = _NAMES.findall(text.rpartition(" - at ")[2])
        field = names[-1] if names else "message"
        msg = f"{field} cannot be told in a {message.type} message: {text}"
        raise InvalidRequest(msg, field=field, value=None, allowed=text) from error
    admission.check(run_id, message)
    return wire
