"""The requests a stream's reader can make, checked before they are sent."""

from __future__ import annotations

from datetime import datetime
from math import inf
from typing import Any

import msgspec

from workbench.client.checking import check_number
from workbench.errors import InvalidRequest
from workbench.messages import ControlRequest, SeekTo, Until
from workbench.streams import Pace


def pace(speed: float | str | None) -> Pace:
    """Return a pace: 100 (candles a second), ``"3600x"`` (market time), None (full speed).

    Raises
    ------
    InvalidRequest
        It is none of these.
    """
    if isinstance(speed, str):
        return Pace.parse(speed)
    if speed is not None:
        check_number("speed", speed, 0)
    return Pace.of(speed, None, field="speed")


def speed_request(speed: float | str | None) -> ControlRequest:
    """Ask for a pace."""
    return pace_request(pace(speed))


def pace_request(wanted: Pace) -> ControlRequest:
    """Ask for a pace that has been checked."""
    return ControlRequest("speed", wanted.value or 0.0, "x" if wanted.market else None)


def step_request(candles: Any) -> ControlRequest:
    """Ask for so many candles.

    Raises
    ------
    InvalidRequest
        It is no number.
    """
    check_number("candles", candles, -inf)
    return ControlRequest("step", candles)


def until_request(**condition: Any) -> ControlRequest:
    """Ask to go on until one condition is met.

    Raises
    ------
    InvalidRequest
        Not exactly one is given, or it is of the wrong type.
    """
    ((name, value),) = _one("run_until", condition).items()
    if name != "time":
        check_number(name, value, -inf, whole=name != "drawdown")
    else:
        _check_text(name, value)
    return ControlRequest("run_until", until=Until(**{name: value}))


def seek_request(**place: Any) -> ControlRequest:
    """Ask a replay to go to one place.

    Raises
    ------
    InvalidRequest
        Not exactly one is given, or it is of the wrong type.
    """
    ((name, value),) = _one("seek", place).items()
    if name == "seq":
        check_number(name, value, 0, whole=True)
    else:
        value = value.isoformat() if isinstance(value, datetime) else value
        _check_text(name, value)
    return ControlRequest("seek", to=SeekTo(**{name: value}))


def query_speed(value: Pace) -> str | None:
    """Return a pace as the query's ``speed``; None for full speed."""
    if value.value is None:
        return None
    return f"{value.value!r}x" if value.market else repr(value.value)


encode_request = msgspec.json.Encoder().encode


def _check_text(name: str, value: Any) -> None:
    if not isinstance(value, str):
        shown, allowed = repr(value)[:60], "a text"
        msg = f"{name} is {shown}, expected {allowed}"
        raise InvalidRequest(msg, field=name, value=shown, allowed=allowed)


def _one(action: str, given: dict[str, Any]) -> dict[str, Any]:
    chosen = {name: value for name, value in given.items() if value is not None}
    if len(chosen) != 1:
        msg = f"{action} takes exactly one of {', '.join(given)}; got {len(chosen)}"
        raise InvalidRequest(msg, field=action, value=sorted(chosen), allowed=list(given))
    return chosen
