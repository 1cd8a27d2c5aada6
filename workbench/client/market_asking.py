"""What is asked of a server that is to watch a market."""

from __future__ import annotations

import base64
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from workbench.errors import InvalidRequest, UnknownTimeframe
from workbench.feeds.spec import FeedSpec
from workbench.timeframes import Timeframe

_OWN = frozenset({"symbol", "timeframes", "detectors"})
STREAM_OPTIONS = (
    "types", "timeframes", "max_rate", "since", "epoch", "from_now", "heartbeat", "patience",
    "forever",
)  # fmt: skip
OPTIONS = tuple(name for name in FeedSpec.__struct_fields__ if name not in _OWN)


def request_body(
    symbol: str,
    timeframes: Sequence[str] | str | None,
    detectors: Iterable[Any],
    options: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the body of ``POST /api/market-data/start``.

    Parameters
    ----------
    symbol
        What is traded.
    timeframes
        One or more; None for those of the server.
    detectors
        Names of registered ones, classes and instances, mixed; the latter two are pickled by
        value, with the notebook's globals they use.
    options
        `name`, `replace` and the fields of `FeedSpec`; those that are None are left out, so that
        the server decides.

    Raises
    ------
    InvalidRequest
        Or one of its kinds: an option is unknown, a timeframe is none, or a detector cannot see
        candles or cannot be sent.
    """
    allowed = ("name", "replace", *OPTIONS)
    for name in options:
        if name not in allowed:
            msg = f"market has no option {name!r}: use {', '.join(allowed)}"
            raise InvalidRequest(msg, field=name, value=str(options[name]), allowed=list(allowed))
    if not isinstance(symbol, str) or not symbol.strip():
        wanted_name = "a symbol such as 'BTC-USD', or the name of a feed"
        msg = f"symbol is {symbol!r}, expected {wanted_name}"
        raise InvalidRequest(msg, field="symbol", value=symbol, allowed=wanted_name)
    body: dict[str, Any] = {"symbol": symbol}
    if timeframes is not None:
        names = [timeframes] if isinstance(timeframes, str) else list(timeframes)
        body["timeframes"] = [Timeframe.parse(name).canonical.name for name in names]
    body |= {name: value for name, value in options.items() if value is not None}
    if body.get("path") is not None:
        body["path"] = absolute(body["path"])
    if isinstance(body.get("patterns"), str):
        body["patterns"] = [body["patterns"]]
    wanted = [detectors] if isinstance(detectors, (str, type)) else list(detectors)
    named = [each for each in wanted if isinstance(each, str)]
    if named:
        body["detectors"] = named
    own = [each for each in wanted if not isinstance(each, str)]
    if own:
        body["pickled"] = {
            "name": _name(own[0]),
            "pickle": base64.b64encode(_pickled(own)).decode(),
            "python": sys.executable,
            "paths": [path or os.getcwd() for path in sys.path],
        }
    return body


def absolute(path: str | os.PathLike[str]) -> str:
    """Return a path as the feed's process, which runs elsewhere, finds it."""
    return str(Path(path).expanduser().absolute())


def check_stream_options(options: Mapping[str, Any]) -> None:
    """Check the names of the options of a market's stream.

    Raises
    ------
    InvalidRequest
        There is none of a name.
    """
    for name, value in options.items():
        if name not in STREAM_OPTIONS:
            allowed = list(STREAM_OPTIONS)
            msg = f"stream has no option {name!r}: use {', '.join(allowed)}"
            raise InvalidRequest(msg, field=name, value=str(value), allowed=allowed)


def timeframe_of(name: str, asked: Any, known: Sequence[str]) -> str:
    """Return one of the timeframes of a feed as that writes it.

    Raises
    ------
    UnknownTimeframe
        It has no such candles.
    """
    try:
        found = Timeframe.parse(asked).canonical.name
    except UnknownTimeframe:
        found = ""
    if found not in known:
        msg = f"{name} has no candles of {asked!r}: use {', '.join(known)}"
        raise UnknownTimeframe(msg, field="timeframe", value=asked, allowed=list(known))
    return found


def _pickled(detectors: Sequence[Any]) -> bytes:
    import cloudpickle

    for each in detectors:
        if not callable(getattr(each, "update", None)):
            msg = f"{_name(each)} is no detector: it has no update(bar)"
            raise InvalidRequest(msg, field="detectors", value=_name(each), allowed="update(bar)")
    try:
        pickled: bytes = cloudpickle.dumps(list(detectors))
    except Exception as error:
        names = " or ".join(map(_name, detectors))
        msg = (
            f"{names} cannot be sent to the feed's process: {error}. It, or a global it uses, "
            "holds something that lives in this process only (a lock, a file, a connection): "
            "make that in its first update(bar) instead"
        )
        raise InvalidRequest(msg, field="detectors", value=names, allowed=None) from error
    return pickled


def _name(detector: Any) -> str:
    return detector.__name__ if isinstance(detector, type) else type(detector).__name__
