"""Where live orders may be sent, as the server's configuration has it: pure."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping, Sequence
from typing import Any

from workbench.errors import InvalidRequest
from workbench.sessions.brokers import Allowed
from workbench.sessions.exchange.keys import variables

ACCOUNT = "[A-Za-z0-9_.-]{1,64}"
SANDBOX = "sandbox:"
CONNECTION = (
    "timeout", "rateLimit", "enableRateLimit", "hostname", "httpProxy", "httpsProxy", "socksProxy",
    "wsProxy", "wssProxy", "wsSocksProxy", "options", "redirect",
)  # fmt: skip
"""What a configuration may say of the connection: settings of ccxt, and ``redirect``."""

_FORM = (
    "for each exchange a list of accounts, such as {'binance': ['sandbox:main']}, or the settings "
    "of each one's connection: {'binance': {'sandbox:main': {'timeout': 5000}}}"
)


def allowed(configured: Mapping[str, Any]) -> tuple[Allowed, ...]:
    """Return where orders may be sent.

    Parameters
    ----------
    configured
        By exchange a list of accounts, or by account a dict of settings of the connection (see
        `CONNECTION`); ``sandbox:NAME`` is an account whose test system alone may be used.

    Raises
    ------
    InvalidRequest
        It is not written like that, a stand-in is not on this computer, or two accounts would have
        their keys in the same environment variables.
    """
    found = []
    for exchange, accounts in configured.items():
        if isinstance(accounts, Mapping):
            listed = dict(accounts)
        elif isinstance(accounts, Sequence) and not isinstance(accounts, str):
            listed = dict.fromkeys(accounts)
        else:
            _refuse("live_orders", configured, _FORM)
        for account, options in listed.items():
            name = str(account).removeprefix(SANDBOX)
            if not re.fullmatch(ACCOUNT, name):
                _refuse("live_orders", account, _FORM)
            settings = _connection(exchange, account, options)
            found.append(Allowed(exchange, name, name == account, settings))
    _distinct(found)
    return tuple(found)


def _distinct(accounts: Sequence[Allowed]) -> None:
    """Refuse accounts that are told apart by what names of variables cannot have."""
    owners: dict[str, tuple[str, str]] = {}
    for one in accounts:
        owner = (one.exchange, one.account)
        for name in variables(*owner, sandbox=True):
            other = owners.setdefault(name, owner)
            if other != owner:
                where = f"live_orders.{one.exchange}"
                wanted = f"another name: {'/'.join(other)} has its keys in {name}, too"
                _refuse(where, one.account, wanted)


def _connection(exchange: str, account: str, options: Any) -> dict[str, Any]:
    where = f"live_orders.{exchange}.{account}"
    if options is None:
        return {}
    if not isinstance(options, Mapping):
        _refuse(where, type(options).__name__, f"settings of the connection: {CONNECTION}")
    for name in options:
        if name not in CONNECTION:
            _refuse(f"{where}.{name}", "...", f"one of {', '.join(CONNECTION)}; never a key")
    host = options.get("redirect")
    if host is not None and not _here(str(host)):
        # Requests that act for an account would go out unencrypted.
        _refuse(f"{where}.redirect", host, "a stand-in on this computer, such as 127.0.0.1:9000")
    return dict(options)


def _here(host: str) -> bool:
    name, _, port = host.rpartition(":")
    if not port.isdecimal():
        return False
    try:
        return ipaddress.ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return name == "localhost"


def _refuse(field: str, value: object, wanted: str) -> Any:
    msg = f"{field} is {value!r}, expected {wanted}"
    raise InvalidRequest(msg, field=field, value=value, allowed=wanted)
