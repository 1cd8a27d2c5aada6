"""What people write as a control, read; and what is told where it cannot be."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from workbench.errors import InvalidRequest
from workbench.messages import ControlRequest, SeekTo, Until
from workbench.runs.commands import shortened

_WANTED = {
    "action": "the name of an action, such as pause",
    "value": "a number: candles to step, or the speed",
    "unit": "x, or none",
    "until": f"an object with one of {', '.join(Until.__struct_fields__)}",
    "until.time": "ISO 8601",
    "until.bars": "a whole number",
    "until.trades": "a whole number",
    "until.drawdown": "a fraction (0.1 is 10 %)",
    "to": f"an object with one of {', '.join(SeekTo.__struct_fields__)}",
    "to.seq": "a whole number",
    "to.time": "ISO 8601",
    "to.trade": "a trade_id",
    "session": "the id of a session",
}
_AT = re.compile(r"at `\$\.([\w.]+)`")
_NAMED = re.compile(r"(missing|unknown) .*field `(\w+)`")


class ControlBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Body of a control request over REST: a subscriber's `control` message without its type."""

    action: str
    value: float | None = None
    unit: str | None = None
    until: Until | None = None


class _Attempt(msgspec.Struct):
    action: str
    type: str = "control"


_body: msgspec.json.Decoder[ControlBody] = msgspec.json.Decoder(ControlBody)
_attempt: msgspec.json.Decoder[_Attempt] = msgspec.json.Decoder(_Attempt)


def read_control(body: bytes) -> ControlRequest:
    """Return what a body asks for.

    Raises
    ------
    InvalidRequest
        It is not JSON, or a field is unknown, missing or of the wrong type.
    """
    try:
        read = _body.decode(body)
    except (msgspec.DecodeError, RecursionError) as error:
        raise explained(error, body, ControlBody) from error
    return ControlRequest(read.action, read.value, read.unit, read.until)


def attempted(text: str | bytes) -> ControlRequest | None:
    """Return the action alone of a control that cannot be read as a whole; None if it is none."""
    try:
        read = _attempt.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return None
    return ControlRequest(read.action) if read.type == "control" else None


def explained(
    error: Exception, said: str | bytes, kind: type[msgspec.Struct] = ControlRequest
) -> InvalidRequest:
    """Name the field that is unknown, missing or of the wrong type, and what stands there.

    Parameters
    ----------
    error
        What decoding raised.
    said
        What was decoded.
    kind
        What it was decoded as.
    """
    try:
        value = msgspec.json.decode(said)
    except (msgspec.DecodeError, RecursionError):
        msg = f"The control is not JSON: {error}"
        return InvalidRequest(msg, field=None, value=None, allowed="a JSON object")
    place, named = _AT.search(str(error)), _NAMED.search(str(error))
    path = [*(place[1].split(".") if place else ()), *((named[2],) if named else ())]
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    field = ".".join(path) or None
    text = value if isinstance(value, str) else repr(value)
    shown = value if isinstance(value, int | float | None) else shortened(text)
    if named and named[1] == "unknown":
        inside = {"until": Until, "to": SeekTo}.get(path[0], kind) if path[1:] else kind
        allowed: Any = list(inside.__struct_fields__)
        msg = f"Unknown field {field!r}: use {', '.join(allowed)}"
    else:
        allowed = _WANTED.get(field or "", "a JSON object")
        what = "missing" if named else shortened(repr(value))
        msg = f"{field or 'The control'} is {what}, expected {allowed}"
    return InvalidRequest(msg, field=field, value=shown, allowed=allowed)
