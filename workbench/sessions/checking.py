"""What is asked of a live session, checked: no clock, no process, no network."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from workbench.data.exchange.connecting import check_name
from workbench.engine.settings import Settings
from workbench.errors import InvalidRequest, NotAllowed
from workbench.feeds.checking import MOST_HISTORY
from workbench.feeds.checking import timeframes as checked_timeframes
from workbench.feeds.directory import Directory
from workbench.feeds.possible import check_place, check_possible, generated
from workbench.feeds.service import source_of
from workbench.feeds.spec import FeedSpec
from workbench.runs.misfit import misfit
from workbench.runs.request import check_ids, check_seed, check_texts, parse_body
from workbench.runs.spec import RunSpec
from workbench.sessions.brokers import Allowed
from workbench.sessions.leave import ACCOUNT, SANDBOX
from workbench.sessions.request import LiveRequest
from workbench.trading.limits import LIMIT_NAMES, RiskLimits
from workbench.trading.naming import broker_and_feed
from workbench.trading.spec import LiveSettings

MOST_SYMBOLS = 50
LONGEST_LATENCY_S = 3600.0
_LENGTHS = {"name": 200, "notes": 10_000}
_OURS = ("symbol", "timeframes", "history", "patterns", "detectors", "weights")
"""Fields of a feed that are the session's own, or mean nothing to it."""
_FRACTIONS = ("max_drawdown", "price_band")
_ELSEWHERE = {
    "start_date": "feed.start",
    "end_date": "feed.end",
    **{name: f"feed.{name}" for name in FeedSpec.__struct_fields__ if name not in _OURS},
    **{name: f"limits.{name}" for name in LIMIT_NAMES},
}
"""What a session is asked elsewhere than one may think."""


class Possible(NamedTuple):
    """What is asked for, as it will be, and where its prices come from."""

    spec: RunSpec
    source: str
    synthetic: bool


def read(body: bytes) -> LiveRequest:
    """Parse a request and check what can be checked without candles, feeds and strategies.

    Raises
    ------
    InvalidRequest
        It is wrong; `details` names `field`, `value` and `allowed`.
    """
    request = _named(parse_body(body, LiveRequest, _ELSEWHERE))
    request.check()
    check_texts(request, _LENGTHS)
    check_seed(request.seed)
    check_ids(request.strategy_ids)
    _number("latency", request.latency, 0, LONGEST_LATENCY_S, "seconds")
    _number("history", request.history, 0, MOST_HISTORY, "a whole number of candles")
    if request.participation is not None and not 0 < request.participation <= 1:
        _refuse("participation", request.participation, "a fraction above 0, up to 1")
    for name in ("limits", "account_limits"):
        _check_limits(name, getattr(request, name))
    if request.intrabar is not None:
        allowed = "none: a session fills by the prices its feed gives, trade by trade or closed"
        _refuse("intrabar", request.intrabar, allowed)
    return request


def _named(request: LiveRequest) -> LiveRequest:
    """Return a request whose broker is one of ours."""
    if request.broker == "paper":
        return request
    venue, feed = broker_and_feed(request.broker, request.feed, request.exchange)
    return msgspec.structs.replace(request, feed=feed, **venue)


def possible(request: LiveRequest, directory: Directory, home: Path, now: str) -> Possible:
    """Return what a request comes to; it reads files, so it is meant for a thread of its own.

    Parameters
    ----------
    request
        A checked one.
    directory
        The feeds there are.
    home
        The state folder.
    now
        When the session is started, ISO 8601.

    Raises
    ------
    InvalidRequest
        Or one of its kinds; `details` names `field`, `value` and `allowed`.
    """
    names = checked_timeframes(request.timeframes)
    symbols = _symbols(request.symbols, directory)
    feeds = {symbol: _feed(request, symbol, names, directory, home) for symbol in symbols}
    first, *others = feeds.values()
    plain = _plain(first)
    for other in others:
        if _plain(other) != plain:
            msg = f"{first.symbol} and {other.symbol} have different feeds here: name one for all"
            raise InvalidRequest(msg, field="feed", value=request.feed, allowed="a feed for all")
    live = msgspec.structs.replace(
        request.live,
        symbols=symbols,
        feed=plain,
        allocation=_allocation(request.allocation, symbols, directory),
    )
    _check_fills(live, first)
    spec = RunSpec(
        **{name: getattr(request, name) for name in Settings.__struct_fields__},
        symbol=symbols[0],
        timeframes=names,
        start_date=now,
        end_date="",
        strategy_ids=request.strategy_ids,
        strategy_params=_parameters(request),
        name=request.name,
        seed=request.seed,
        notes=request.notes,
        tags=request.tags,
        live=live,
    )
    made_up = any(generated(feed, home) for feed in feeds.values())
    return Possible(spec, source_of(first), made_up)


def check_broker(request: LiveRequest, allowed: Sequence[Allowed]) -> None:
    """Check that orders may go where they are to go.

    Parameters
    ----------
    allowed
        Where orders may be sent.

    Raises
    ------
    InvalidRequest
        Exchange and broker do not fit each other, or the account's name is none.
    NotAllowed
        The server's configuration does not allow it.
    """
    account, exchange = request.account, request.exchange
    if not re.fullmatch(ACCOUNT, account):
        _refuse("account", account[:80], f"a name, {ACCOUNT}; never a key")
    if request.broker == "paper":
        if not request.sandbox:
            msg = "sandbox is False, but broker is paper: no order leaves this machine"
            raise InvalidRequest(msg, field="sandbox", value=False, allowed="broker exchange")
        if exchange is not None:
            msg = f"exchange is {exchange!r}, but broker is paper: prices have theirs in `feed`"
            raise InvalidRequest(msg, field="exchange", value=exchange, allowed="broker exchange")
        return
    for name in ("latency", "participation"):
        if getattr(request, name):
            _refuse(name, getattr(request, name), "broker paper: an exchange fills as it does")
    if not exchange:
        _refuse("exchange", exchange, "a name of ccxt, such as binance or coinbase")
    if any(
        (one.exchange, one.account) == (exchange, account) and (one.real or request.sandbox)
        for one in allowed
    ):
        return
    check_name(exchange)
    system = "the test system of " if request.sandbox else ""
    entry = f"{SANDBOX}{account}" if request.sandbox else account
    msg = (
        f"This server sends no orders to {system}{exchange} for the account {account!r}: its "
        f"administrator allows it with c.WorkbenchApp.live_orders = {{{exchange!r}: [{entry!r}]}}"
    )
    known = [f"{one.exchange} {'' if one.real else SANDBOX}{one.account}" for one in allowed]
    raise NotAllowed(msg, field="account", value=account, allowed=known)


def check_file(request: LiveRequest, home: Path, anywhere: bool) -> None:
    """Check that a file that is to be replayed lies where those who ask may read.

    Parameters
    ----------
    anywhere
        See `workbench.feeds.possible.check_place`.

    Raises
    ------
    InvalidRequest
        It is not.
    """
    path = request.feed.get("path")
    if isinstance(path, str):
        try:
            check_place(path, home, anywhere)
        except InvalidRequest as error:
            raise _of_feed(error) from error


def _symbols(asked: list[str], directory: Directory) -> list[str]:
    if not 0 < len(asked) <= MOST_SYMBOLS:
        _refuse("symbols", asked[:20], f"1 to {MOST_SYMBOLS} symbols")
    found = [_canonical(directory, symbol, "symbols") for symbol in asked]
    if len(set(found)) < len(found):
        _refuse("symbols", asked, "each symbol once")
    return found


def _canonical(directory: Directory, symbol: str, field: str) -> str:
    try:
        return directory.canonical(symbol)
    except InvalidRequest as error:
        details = {**error.details, "field": field, "value": symbol[:80]}
        raise type(error)(error.message, **details) from error


def _feed(
    request: LiveRequest, symbol: str, names: list[str], directory: Directory, home: Path
) -> FeedSpec:
    """Return the feed of a symbol."""
    for name in request.feed:
        if name in _OURS:
            _refuse(f"feed.{name}", request.feed[name], f"no {name}: it is the session's own")
    fields = {**request.feed, "symbol": symbol, "timeframes": names}
    try:
        asked = msgspec.convert(fields, FeedSpec)
    except msgspec.ValidationError as error:
        raise _of_feed(misfit(error, fields, FeedSpec)) from error
    python = None if request.strategy is None else request.strategy.python
    try:
        spec = directory.complete(asked, fields)
        spec = msgspec.structs.replace(spec, patterns=None, detectors=[], weights=None)
        check_possible(spec, home, elsewhere=python is not None and spec.feed == "exchange")
    except InvalidRequest as error:
        raise _of_feed(error) from error
    return spec


def _of_feed(error: InvalidRequest) -> InvalidRequest:
    """Return what is wrong with a feed, its fields named as they are in a request."""
    field = str(error.details.get("field"))
    ours = {"symbol": "symbols", "timeframes": "timeframes"}.get(field, f"feed.{field}")
    return type(error)(error.message, **{**error.details, "field": ours})


def _plain(spec: FeedSpec) -> dict[str, Any]:
    """Return the fields of a feed that hold for all symbols."""
    fields: dict[str, Any] = msgspec.to_builtins(spec)
    kept = {name: value for name, value in fields.items() if name not in _OURS}
    return {"feed": spec.feed, **kept}


def _allocation(
    asked: dict[str, float] | None, symbols: list[str], directory: Directory
) -> dict[str, float] | None:
    if asked is None:
        return None
    parts = {_canonical(directory, each, "allocation"): part for each, part in asked.items()}
    if set(parts) != set(symbols):
        _refuse("allocation", asked, f"a part for each of {', '.join(symbols)}, and no other")
    if not all(0 < part <= 1 for part in parts.values()) or math.fsum(parts.values()) > 1 + 1e-9:
        _refuse("allocation", asked, "fractions above 0 that add up to at most 1")
    return parts


def _check_fills(live: LiveSettings, feed: FeedSpec) -> None:
    """Check that the feed has what fills are to be made of."""
    for name in ("latency", "participation"):
        value = getattr(live, name)
        if value and feed.feed == "replay" and feed.path is None:
            _refuse(
                name,
                value,
                "a feed of trades (synthetic, exchange, or a replay of recorded frames by `path`); "
                "stored candles have none, their fills follow the candle rules",
            )
    if live.broker == "exchange" and not live.sandbox and feed.feed != "exchange":
        _refuse("feed", live.feed, "feed exchange, where real orders are sent")


def _parameters(request: LiveRequest) -> dict[str, Any]:
    if request.strategy is not None:
        return request.strategy_params
    from workbench.engine.crew import checked_parameters
    from workbench.engine.strategies.registry import get

    kinds = {name: get(name) for name in request.strategy_ids}
    return checked_parameters(kinds, request.strategy_params)


def _check_limits(field: str, limits: RiskLimits) -> None:
    for name, value in msgspec.structs.asdict(limits).items():
        if name == "action" or value is None:
            continue
        highest = 1.0 if name in _FRACTIONS else math.inf
        if not (0 < value <= highest and math.isfinite(value)):
            words = "a fraction above 0, up to 1" if name in _FRACTIONS else "a number above 0"
            _refuse(f"{field}.{name}", value, words)


def _number(field: str, value: float, lowest: float, highest: float, unit: str) -> None:
    if not lowest <= value <= highest:
        _refuse(field, value, f"{unit}, {lowest:g} to {highest:g}")


def _refuse(field: str, value: object, allowed: str) -> None:
    msg = f"{field} is {value!r}, expected {allowed}"
    raise InvalidRequest(msg, field=field, value=value, allowed=allowed)
