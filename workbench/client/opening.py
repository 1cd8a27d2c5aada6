"""What a program says of the run it is going to publish, checked before it is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from workbench.errors import InvalidRequest
from workbench.runs.moments import check_unit, wire_time
from workbench.runs.telling import number, whole
from workbench.timeframes import Timeframe

_TEXT = (str, "a text")
_KINDS: dict[str, tuple[type, str]] = {
    "name": _TEXT, "symbol": _TEXT, "strategy": _TEXT, "source": _TEXT, "notes": _TEXT,
    "synthetic": (bool, "True or False"),
}  # fmt: skip
_NAMES = {"start_date": "start", "end_date": "end"}


def body(**given: Any) -> dict[str, Any]:
    """Return the body of the request, see `workbench.publish`.

    Raises
    ------
    InvalidRequest
        An argument is wrong.
    """
    from workbench.runs import publication

    for name, (kind, allowed) in _KINDS.items():
        if not isinstance(given[name], kind):
            raise _wrong(name, given[name], allowed)
    frames = given["timeframes"]
    frames = [frames] if isinstance(frames, str) else _listed("timeframes", frames)
    for name in ("start_date", "end_date"):
        value = given[name]
        if not isinstance(value, str):
            check_unit(value, _NAMES[name])
            given[name] = wire_time(value, _NAMES[name])
    given["timeframes"] = [Timeframe.parse(frame).name for frame in frames]
    given["tags"] = _listed("tags", given["tags"])
    if not all(isinstance(tag, str) for tag in given["tags"]):
        raise _wrong("tags", given["tags"], "a list of texts")
    given["strategy"] = given["strategy"] or given["name"]
    given["strategy_params"] = {} if given["strategy_params"] is None else given["strategy_params"]
    if not isinstance(given["strategy_params"], Mapping):
        raise _wrong("strategy_params", given["strategy_params"], "values by name")
    capital = given["initial_capital"]
    given["initial_capital"] = number("initial_capital", capital, "above 0", 0.0)
    for name, value in given.items():
        try:
            encoded = msgspec.json.encode(value, enc_hook=_plain)
        except (TypeError, ValueError, RecursionError) as error:
            raise _wrong(name, value, f"what JSON can hold ({error})") from error
        given[name] = msgspec.json.decode(encoded)
    try:
        publication.check(msgspec.convert(given, publication.PublishRequest))
    except InvalidRequest as error:
        error.details["field"] = _NAMES.get(error.details["field"], error.details["field"])
        raise
    return given


def check(bars: Any, on_control: Any, patience: Any) -> None:
    """Check what stays in this process.

    Raises
    ------
    InvalidRequest
        An argument is wrong.
    """
    if bars is not None:
        whole("bars", bars)
    if on_control is not None and not callable(on_control):
        raise _wrong("on_control", on_control, "what can be called with a command")
    if number("patience", patience, "seconds, 0 or more") < 0:
        raise _wrong("patience", patience, "seconds, 0 or more")


def _plain(value: Any) -> Any:
    """Return a number of NumPy's as Python's, as for `workbench.start`."""
    from workbench.engine.settings import plain

    found = plain(value)
    if found is value:
        msg = f"not a {type(value).__name__}"
        raise TypeError(msg)
    return found


def _listed(field: str, given: Any) -> list[Any]:
    if isinstance(given, str | bytes | Mapping):
        raise _wrong(field, given, "a list of texts")
    try:
        return list(given)
    except TypeError:
        raise _wrong(field, given, "a list of texts") from None


def _wrong(field: str, value: Any, allowed: str) -> InvalidRequest:
    text = repr(value)[:100]
    return InvalidRequest(
        f"{field} is {text}, expected {allowed}", field=field, value=text, allowed=allowed
    )
