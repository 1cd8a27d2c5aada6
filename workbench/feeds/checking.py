"""Turning what somebody asks of a feed into a checked FeedSpec: no clock, no process."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from workbench.errors import InvalidRequest
from workbench.feeds.spec import FeedSpec
from workbench.messages import parse_time
from workbench.runs.request import check_texts, parse_body
from workbench.streams import Pace
from workbench.timeframes import Timeframe

NAME = "[A-Za-z0-9_.-]{1,64}"
NAMES = f"{NAME}, not beginning with backtest_, live_ or live-trading"
MOST_TIMEFRAMES = 12
MOST_NAMES = 100
MOST_HISTORY = 5000
OPTIONS_BYTES = 16 * 1024
_RUNS = ("backtest_", "live_", "live-trading")
_TEXT = 400


class PickledDetectors(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Detectors that only their author's kernel has.

    Attributes
    ----------
    name
        Of the first one, for people.
    pickle
        A list of them, pickled by value (base64 in JSON).
    python
        The kernel's interpreter; None for the server's.
    paths
        The kernel's module search path.
    """

    pickle: bytes
    name: str = "detectors"
    python: str | None = None
    paths: list[str] = []


class FeedRequest(FeedSpec, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of `POST /api/market-data/start`: a FeedSpec, and what to do with it.

    Attributes
    ----------
    name
        Of the feed and its stream; the symbol where absent.
    replace
        Put it in the place of another feed of this name.
    pickled
        The user's own detectors.
    """

    name: str | None = None
    replace: bool = False
    pickled: PickledDetectors | None = None


def read(body: bytes) -> FeedRequest:
    """Parse the body of a start request and check what can be checked by itself.

    Raises
    ------
    InvalidRequest
        Or one of its kinds; `details` names `field`, `value` and `allowed`.
    """
    request = parse_body(body, FeedRequest)
    if request.name is not None:
        check_name(request.name)
    return request


def spec_of(request: FeedSpec, **changes: Any) -> FeedSpec:
    """Return what a request asks the feed to be, without what is to be done with it."""
    values = {name: getattr(request, name) for name in FeedSpec.__struct_fields__}
    return FeedSpec(**(values | changes))


def check_name(name: str) -> None:
    """Check the name of a feed.

    Raises
    ------
    InvalidRequest
        It cannot be one.
    """
    if not re.fullmatch(NAME, name) or name.lower().startswith(_RUNS):
        msg = f"name is {name[:80]!r}, expected {NAMES}"
        raise InvalidRequest(msg, field="name", value=name[:80], allowed=NAMES)


def check_pickled(detectors: PickledDetectors, allowed: bool) -> None:
    """Check that a server takes pickles.

    Raises
    ------
    InvalidRequest
        It does not.
    """
    if not allowed:
        msg = (
            "This server takes no pickled detectors: it runs without authentication, and a pickle "
            "is code. Use registered ones, or a server with a token"
        )
        raise InvalidRequest(msg, field="pickled", value=detectors.name, allowed=None)


def checked(spec: FeedSpec) -> FeedSpec:
    """Return a spec whose fields are right, its timeframes in order, the shortest first.

    Raises
    ------
    InvalidRequest
        Or one of its kinds; `details` names `field`, `value` and `allowed`.
    """
    texts = ("symbol", "exchange", "market", "path", "start", "end")
    check_texts(spec, {name: _TEXT for name in texts if getattr(spec, name) is not None})
    _belongs(spec)
    _range(spec)
    _pace(spec.speed)
    _number("history", spec.history, 0, MOST_HISTORY, "a whole number of candles")
    if spec.seed is not None:
        _number("seed", spec.seed, 0, 2**63 - 1, "a whole number")
    for name in ("patterns", "detectors"):
        _names(name, getattr(spec, name) or [])
    _weights(spec.weights)
    if len(msgspec.json.encode(spec.options)) > OPTIONS_BYTES:
        allowed = f"at most {OPTIONS_BYTES} bytes of JSON"
        msg = f"options are too large, expected {allowed}"
        raise InvalidRequest(msg, field="options", value=None, allowed=allowed)
    return msgspec.structs.replace(
        spec, timeframes=timeframes(spec.timeframes), patterns=_patterns(spec.patterns)
    )


def timeframes(names: list[str]) -> list[str]:
    """Return timeframes in order, each length once and written one way, the shortest first.

    Raises
    ------
    UnknownTimeframe
        One is not written as a timeframe.
    InvalidRequest
        There are none, too many, or the shortest does not fill one of the others.
    """
    if not 0 < len(names) <= MOST_TIMEFRAMES:
        allowed = f"1 to {MOST_TIMEFRAMES}"
        msg = f"timeframes has {len(names)}, expected {allowed}"
        raise InvalidRequest(msg, field="timeframes", value=names[:20], allowed=allowed)
    wanted = sorted({Timeframe.parse(name).canonical for name in names})
    for each in wanted[1:]:
        if not wanted[0].builds(each):
            allowed = f"whole multiples of {wanted[0]}, the shortest"
            msg = f"{each} cannot be built of {wanted[0]} candles: timeframes must be {allowed}"
            raise InvalidRequest(msg, field="timeframes", value=each.name, allowed=allowed)
    return [each.name for each in wanted]


_OF: Mapping[str, tuple[str, ...]] = {
    "exchange": ("exchange",),
    "market": ("exchange",),
    "options": ("exchange",),
    "path": ("replay",),
    "start": ("replay",),
    "end": ("replay",),
    "seed": ("synthetic",),
    "speed": ("synthetic", "replay"),
}
"""Which kinds of feeds a field belongs to."""


def _belongs(spec: FeedSpec) -> None:
    for name, kinds in _OF.items():
        if getattr(spec, name) not in (None, {}) and spec.feed not in kinds:
            value, allowed = getattr(spec, name), f"feed {' or '.join(kinds)}"
            msg = f"{name} belongs to {allowed}, but feed is {spec.feed}"
            raise InvalidRequest(msg, field=name, value=value, allowed=allowed)
    if spec.feed == "exchange" and not spec.exchange:
        allowed = "a name of ccxt, such as binance or coinbase"
        msg = f"exchange is missing, expected {allowed}"
        raise InvalidRequest(msg, field="exchange", value=spec.exchange, allowed=allowed)


def _range(spec: FeedSpec) -> None:
    times = {name: getattr(spec, name) for name in ("start", "end")}
    known: dict[str, int] = {}
    for name, text in times.items():
        if text is None:
            continue
        try:
            known[name] = parse_time(text)
        except (ValueError, OverflowError):
            allowed = "ISO 8601, such as 2024-01-15"
            msg = f"{name} is {text!r}, expected {allowed}"
            raise InvalidRequest(msg, field=name, value=text, allowed=allowed) from None
    if len(known) == 2 and known["start"] > known["end"]:
        allowed = f"{spec.start} or later"
        msg = f"end is {spec.end}, which is before start, {spec.start}"
        raise InvalidRequest(msg, field="end", value=spec.end, allowed=allowed)


def _pace(speed: float | str | None) -> None:
    if isinstance(speed, str):
        Pace.parse(speed)
    elif speed is not None:
        Pace.of(speed, None, field="speed")


def _number(field: str, value: float, lowest: float, highest: float, unit: str) -> None:
    if not lowest <= value <= highest:
        allowed = f"{unit}, {lowest:g} to {highest:g}"
        msg = f"{field} is {value}, expected {allowed}"
        raise InvalidRequest(msg, field=field, value=value, allowed=allowed)


def _names(field: str, names: list[str]) -> None:
    if len(names) > MOST_NAMES or not all(re.fullmatch(r"[\w.:-]{1,100}", name) for name in names):
        allowed = f"at most {MOST_NAMES} names"
        msg = f"{field} is {names[:5]}, expected {allowed}"
        raise InvalidRequest(msg, field=field, value=names[:5], allowed=allowed)


def _patterns(names: list[str] | None) -> list[str] | None:
    if names is None:
        return None
    from workbench.analysis.patterns.names import checked_names

    return list(checked_names(names))


def _weights(weights: Mapping[str, float] | None) -> None:
    for name, value in (weights or {}).items():
        if not (math.isfinite(value) and value >= 0):
            allowed = "0 or more"
            msg = f"The weight of {name[:40]!r} is {value}, expected {allowed}"
            raise InvalidRequest(msg, field="weights", value=value, allowed=allowed)
    if weights:
        from workbench.analysis.confluence import checked_weights

        checked_weights(weights)
