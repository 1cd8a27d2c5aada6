"""Opening an exchange, and finding a market there."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from workbench.errors import InvalidRequest, UnknownSymbol

INSTALL = 'pip install "jupyter-backtest-workbench[exchange]"'
KEYS = frozenset(
    {
        "accountid", "apikey", "login", "password", "privatekey", "secret", "token", "twofa", "uid",
        "walletaddress",
    }
)  # fmt: skip
"""What ccxt takes to act for somebody, in lower case; nothing here needs it."""

TRADES_LIMIT = 100_000
"""Trades that ccxt keeps until they are taken; more at once push out the oldest, in silence."""


def library(live: bool) -> Any:
    """Return ``ccxt.pro`` (live) or ``ccxt.async_support``.

    Raises
    ------
    InvalidRequest
        ccxt is not installed.
    """
    try:
        return import_module("ccxt.pro" if live else "ccxt.async_support")
    except ImportError as error:
        if (error.name or "").partition(".")[0] != "ccxt":
            raise
        msg = f"Exchanges need ccxt, which is not installed: {INSTALL}"
        raise InvalidRequest(msg, field="exchange", value=None, allowed=INSTALL) from error


def open_exchange(name: str | None, live: bool = False, options: Mapping[str, Any] = {}) -> Any:
    """Return a ccxt exchange that nothing has been asked of yet; the caller closes it.

    Parameters
    ----------
    name
        As ccxt calls it, such as ``coinbase``.
    live
        With its WebSocket.
    options
        Settings for ccxt's constructor (``timeout``, ``options``, ``httpsProxy``, ...), and
        ``sandbox`` (true for the exchange's test network) and ``redirect`` (``host:port`` of a
        stand-in that gets what would go to the exchange, unencrypted).

    Raises
    ------
    InvalidRequest
        ccxt is not installed or knows no such exchange, or the options hold keys or nonsense.
    """
    ccxt = library(live)
    name = check_name(name, live)
    settings = dict(options)
    _refuse_keys(settings)
    sandbox, redirect = settings.pop("sandbox", False), settings.pop("redirect", None)
    inner = {"tradesLimit": TRADES_LIMIT, **settings.pop("options", {})}
    if name == "binance":
        inner = {"fetchMarkets": {"types": ["spot"]}, "fetchCurrencies": False, **inner}
    trust = {"aiohttp_trust_env": redirect is None}
    try:
        exchange = getattr(ccxt, name)({"enableRateLimit": True, **trust, **settings})
        exchange.options = exchange.deep_extend(exchange.options, inner)
        if sandbox:
            # First, as it puts other addresses in place.
            exchange.set_sandbox_mode(True)
    except Exception as error:
        msg = f"{name} cannot be opened with these options: {error}"
        raise InvalidRequest(msg, field="options", value=sorted(options)) from error
    if redirect is not None:
        exchange.urls["api"] = _redirected(exchange.urls["api"], str(redirect))
    return exchange


def check_name(name: str | None, live: bool = False) -> str:
    """Return the name of an exchange, if there is one.

    Raises
    ------
    InvalidRequest
        ccxt is not installed or knows none of this name.
    """
    names: list[str] = library(live).exchanges
    if name is None or name not in names:
        near = difflib.get_close_matches(str(name).lower(), names, n=3)
        hint = f"did you mean {' or '.join(near)}? " if near else ""
        kind = "exchange with a WebSocket" if live else "exchange"
        msg = f"Unknown {kind} {name!r}: {hint}There are {', '.join(names)}"
        raise InvalidRequest(msg, field="exchange", value=name, allowed=names)
    return name


def find_market(exchange: Any, symbol: str, market: str | None = None) -> str:
    """Return what ccxt calls this symbol; the markets must be loaded.

    Parameters
    ----------
    symbol
        Such as ``BTC-USD``.
    market
        The symbol on this exchange, where it is another one (``BTC/USDT``).

    Raises
    ------
    UnknownSymbol
        The exchange has none, or trades it no longer.
    """
    known: dict[str, Any] = exchange.markets
    asked = market or symbol
    for name in (asked, asked.replace("-", "/"), asked.upper().replace("-", "/")):
        if name in known:
            if known[name].get("active") is False:
                break
            return name
    else:
        name = asked.upper().replace("-", "/")
    near = _near(name, known)
    closed = "no longer trades" if name in known else "has no"
    hint = f"; it has {', '.join(near)}: name one as the market" if near else ""
    msg = f"{exchange.id} {closed} {name}{hint}"
    raise UnknownSymbol(msg, field="symbol", value=symbol, allowed=near)


def _near(name: str, known: Iterable[str]) -> list[str]:
    base = name.partition("/")[0]
    spot = [one for one in known if ":" not in one]
    dollars = [one for one in spot if one.startswith(f"{base}/USD")]
    others = difflib.get_close_matches(name, spot, n=5)
    return list(dict.fromkeys([*sorted(dollars), *others]))[:6]


def _refuse_keys(settings: Mapping[str, Any]) -> None:
    found = sorted(name for name in settings if name.replace("_", "").lower() in KEYS)
    if found:
        msg = f"Market data needs no keys: leave {', '.join(found)} out of the options"
        raise InvalidRequest(msg, field="options", value=found, allowed="settings without keys")


def _redirected(urls: Any, host: str) -> Any:
    if isinstance(urls, dict):
        return {name: _redirected(url, host) for name, url in urls.items()}
    if not isinstance(urls, str):
        return urls
    parts = urlsplit(urls)
    return f"{'ws' if parts.scheme.startswith('ws') else 'http'}://{host}{parts.path}"
