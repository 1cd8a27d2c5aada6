"""What people write as a control, read; and what is told where it cannot be."""

from __future__ import annotations

import re

import msgspec

from workbench.errors import InvalidRequest
from workbench.messages import ControlRequest, Until
from workbench.runs.commands import TAKES

_ALLOWED = {
    "action": list(TAKES),
    "value": "a number: candles to step, or the speed",
    "unit": ["x"],
    "until": list(Until.__struct_fields__),
}


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
        raise explained(error) from error
    return ControlRequest(read.action, read.value, read.unit, read.until)


def attempted(text: str | bytes) -> ControlRequest | None:
    """Return the action alone of a control that cannot be read as a whole; None if it is none."""
    try:
        read = _attempt.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return None
    return ControlRequest(read.action) if read.type == "control" else None


def explained(error: Exception) -> InvalidRequest:
    """Name the field that is unknown, missing or of the wrong type."""
    text = str(error)
    named = re.search(r"field `(\w+)`", text) or re.search(r"at `\$\.([\w.]+)`", text)
    field = named[1] if named else None
    return InvalidRequest(
        f"The control is wrong: {text}", field=field, value=None, allowed=_ALLOWED
    )
