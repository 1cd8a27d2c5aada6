"""What is asked of a server that is to run a live session."""

from __future__ import annotations

import base64
import math
import os
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, get_args

import msgspec

from workbench.errors import InvalidRequest
from workbench.feeds.spec import FeedKind, FeedSpec
from workbench.runs.misfit import misfit
from workbench.timeframes import Timeframe
from workbench.trading.limits import RiskLimits
from workbench.trading.naming import broker_and_feed
from workbench.trading.spec import LiveSettings

if TYPE_CHECKING:
    from workbench.engine import Strategy

FEED_FIELDS = tuple(
    name for name in FeedSpec.__struct_fields__ if name not in ("symbol", "timeframes", "history")
)
_LIVE = tuple(
    name
    for name in LiveSettings.__struct_fields__
    if name not in ("symbols", "feed", "broker", "exchange")
)
_ABOUT = ("name", "notes", "tags", "seed")
_FEED = ("speed", "start", "end", "path", "market")


def request_body(
    strategy: Any,
    symbols: Sequence[str] | str,
    timeframes: Sequence[str] | str,
    broker: Any,
    feed: Any,
    options: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the body of ``POST /api/live-trading/start``; see `workbench.live`.

    Raises
    ------
    InvalidRequest
        Or one of its kinds: something is wrong.
    """
    from workbench.client.api import kinds_of, pickled
    from workbench.engine.crew import checked_parameters
    from workbench.engine.parameters import refuse_ambiguous
    from workbench.engine.settings import Settings, plain, settings_of

    rest = {name: plain(value) for name, value in options.items()}
    live = {name: rest.pop(name) for name in _LIVE if name in rest}
    venue, source = broker_and_feed(broker, feed_of(feed), rest.pop("exchange", None))
    source |= {name: rest.pop(name) for name in _FEED if name in rest}
    settings = {name: rest.pop(name) for name in Settings.__struct_fields__ if name in rest}
    settings_of(settings).check()
    about: dict[str, Any] = {
        name: rest.pop(name) for name in ("name", "notes", "tags", "seed") if name in rest
    }
    named = kinds_of(strategy)
    params = {**rest.pop("strategy_params", {}), **rest}
    refuse_ambiguous(named, [*live, *source, *settings, *about], params)
    body: dict[str, Any] = {
        "name": " + ".join(named),
        "strategy_ids": list(named),
        "strategy_params": checked_parameters(named, params),
        "symbols": symbols_of(symbols),
        "timeframes": timeframes_of(timeframes),
        "feed": source,
        **venue,
    }
    others: dict[str, Any] = {}
    for part in (settings, about, live):
        others.update(part)
    body |= {name: msgspec.to_builtins(one) for name, one in others.items()}
    for name in ("limits", "account_limits"):
        if name in body:
            body[name] = msgspec.to_builtins(limits_of(name, body[name]))
    if not isinstance(strategy, str):
        kinds: list[type[Strategy]] = list(named.values())
        body["strategy"] = {
            "name": " + ".join(named),
            "pickle": base64.b64encode(pickled(kinds)).decode(),
            "python": sys.executable,
            "paths": [path or os.getcwd() for path in sys.path],
        }
    return body


def feed_of(feed: Any) -> dict[str, Any]:
    """Return where prices come from, as fields of `FeedSpec`.

    Raises
    ------
    InvalidRequest
        It is neither the name of a kind of feed nor fields of one.
    """
    if feed is None:
        return {}
    if isinstance(feed, str) and feed in get_args(FeedKind):
        return {"feed": feed}
    if isinstance(feed, Mapping):
        for name in feed:
            if name not in FEED_FIELDS:
                allowed = list(FEED_FIELDS)
                msg = f"feed has no field {name!r}: use {', '.join(allowed)}"
                raise InvalidRequest(msg, field=f"feed.{name}", value=str(name), allowed=allowed)
        return dict(feed)
    allowed_text = "'synthetic', 'replay', 'exchange', or a dict such as {'feed': 'replay'}"
    msg = f"feed is {feed!r:.100}, expected {allowed_text}"
    raise InvalidRequest(msg, field="feed", value=f"{feed!r:.100}", allowed=allowed_text)


def limits_of(name: str, given: Any) -> RiskLimits:
    """Return limits given as such, or by name in a dict.

    Raises
    ------
    InvalidRequest
        There is no such limit, or it is no number.
    """
    if isinstance(given, RiskLimits):
        return given
    known = list(RiskLimits.__struct_fields__)
    if not isinstance(given, Mapping):
        msg = f"{name} is {given!r:.100}, expected a dict such as {{'max_daily_loss': 500}}"
        raise InvalidRequest(msg, field=name, value=f"{given!r:.100}", allowed=known)
    for one, value in given.items():
        if isinstance(value, float) and not math.isfinite(value):
            msg = f"{name}.{one} is {value}, expected a number; leave it out for no limit"
            raise InvalidRequest(msg, field=f"{name}.{one}", value=str(value), allowed="a number")
        if one not in known:
            msg = f"{name} has no limit {one!r}: use {', '.join(known)}"
            raise InvalidRequest(msg, field=f"{name}.{one}", value=str(one), allowed=known)
    try:
        return msgspec.convert(dict(given), RiskLimits)
    except msgspec.ValidationError as error:
        raise misfit(error, given, RiskLimits, name) from None


def symbols_of(symbols: Sequence[str] | str) -> list[str]:
    """Return the symbols of a session.

    Raises
    ------
    InvalidRequest
        There is none, one is no text, or one stands there twice.
    """
    names = [symbols] if isinstance(symbols, str) else list(symbols)
    good = all(isinstance(one, str) and one.strip() for one in names)
    if not names or not good or len(set(names)) < len(names):
        allowed = "one or more different symbols, such as ['BTC-USD', 'ETH-USD']"
        msg = f"symbols is {names!r:.100}, expected {allowed}"
        raise InvalidRequest(msg, field="symbols", value=f"{names!r:.100}", allowed=allowed)
    return names


def timeframes_of(timeframes: Sequence[str] | str) -> list[str]:
    """Return the names of timeframes as they are written everywhere.

    Raises
    ------
    UnknownTimeframe
        One is none.
    """
    names = [timeframes] if isinstance(timeframes, str) else list(timeframes)
    return [Timeframe.parse(name).canonical.name for name in names]
