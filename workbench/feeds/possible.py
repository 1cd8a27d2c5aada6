"""Whether a feed can be, as far as that is known before its process runs."""

from __future__ import annotations

import asyncio
from pathlib import Path

from workbench.data.catalog import find
from workbench.errors import DataError, InsufficientData, InvalidRequest
from workbench.feeds.recordings import check_recorded, path_of
from workbench.feeds.source import Source
from workbench.feeds.sources import source_for
from workbench.feeds.spec import FeedSpec
from workbench.paths import candles_dir

_FIELDS = {"start_date": "start", "end_date": "end"}


def check_possible(spec: FeedSpec, home: Path, *, elsewhere: bool = False) -> None:
    """Make the source of a feed, as its process will, and let it go again; asks no network.

    It reads files and imports what an exchange needs, so it is meant for a thread of its own.

    Parameters
    ----------
    spec
        A checked one.
    home
        The state folder.
    elsewhere
        The feed runs on another interpreter, whose detectors and exchanges are not known here.

    Raises
    ------
    InvalidRequest
        Or one of its kinds: there is no such exchange, file, range of candles or detector;
        `details` names `field`, `value` and `allowed`.
    """
    if not elsewhere:
        from workbench.analysis.own import named

        for name in spec.detectors:
            named(name)
    elif spec.feed == "exchange":
        return
    asyncio.run(_made(spec, home).close())
    if spec.path is not None:
        check_recorded(spec.path, home)


def generated(spec: FeedSpec, home: Path) -> bool:
    """Tell whether the prices of a feed that can be are generated: also those it replays."""
    if spec.feed != "replay" or spec.path is not None:
        return spec.feed == "synthetic"
    return find(spec.symbol, candles_dir(home)).synthetic


def check_place(path: str | None, home: Path, anywhere: bool) -> None:
    """Check that a file that is to be replayed lies where those who ask may read.

    Whether there is such a file is not told.

    Parameters
    ----------
    path
        The file, as it was asked for; None where none was.
    home
        The state folder.
    anywhere
        Whether they may read all files, and not only what is in the state folder or the working
        directory: without authentication everybody of the machine asks.

    Raises
    ------
    InvalidRequest
        It is elsewhere.
    """
    if path is None or anywhere:
        return
    place = path_of(path, home).resolve()
    if not any(place.is_relative_to(root.resolve()) for root in (home, Path.cwd())):
        allowed = "a file in the state folder or the working directory of the server"
        msg = (
            f"path is {path!r}, expected {allowed}: it runs without authentication and reads no "
            "others; use a server with a token, or put the file there"
        )
        raise InvalidRequest(msg, field="path", value=path, allowed=allowed)


def _made(spec: FeedSpec, home: Path) -> Source:
    try:
        return source_for(spec, home)
    except InsufficientData as error:
        raise _outside(spec, error) from error
    except DataError as error:
        details = {"field": "path", "value": spec.path, "allowed": None, **error.details}
        raise InvalidRequest(error.message, **details) from error
    except InvalidRequest as error:
        field = error.details.get("field")
        if field not in _FIELDS:
            raise
        raise _empty(spec, _FIELDS[field], error) from error


def _empty(spec: FeedSpec, field: str, error: InvalidRequest) -> InvalidRequest:
    if spec.start is not None and spec.end is not None:
        return InvalidRequest(error.message, **{**error.details, "field": field})
    # Only one was asked for; the other is where the candles begin or end.
    field, word = ("start", "from") if spec.end is None else ("end", "up to")
    allowed = error.details["allowed"] if field == "end" else f"before {error.details['value']}"
    value = getattr(spec, field)
    msg = f"There are no candles of {spec.symbol} {word} {value}: {field} must be {allowed}"
    return InvalidRequest(msg, field=field, value=value, allowed=allowed)


def _outside(spec: FeedSpec, error: InsufficientData) -> InvalidRequest:
    first, last = error.details.get("available_start"), error.details.get("available_end")
    if first is None:
        msg = f"There are no stored candles of {spec.symbol} to replay"
        return InvalidRequest(msg, field="symbol", value=spec.symbol, allowed=None)
    field = "start" if spec.start is not None else "end"
    asked = f"{spec.start or 'the first'} to {spec.end or 'the last'}"
    allowed = f"{first} to {last}"
    msg = f"There are no candles of {spec.symbol} from {asked}: stored are those of {allowed}"
    return InvalidRequest(msg, field=field, value=getattr(spec, field), allowed=allowed)
