"""Keys of an exchange's account: where they come from, and that nobody gets to see them."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from workbench.errors import InvalidRequest

SERVICE = "backtest-workbench"
"""The service under which the operating system's keyring has them."""

PARTS = ("key", "secret", "password")
SANDBOX = "_sandbox"
"""After the account's name: the keys of its test system."""

HIDDEN = "***"
_QUERY = re.compile(r"(https?|wss?)(://[^\s?'\"]+)\?[^\s'\"]*")
_SIGNED = re.compile(
    r"(?i)(signature|api-?key|secret|passphrase|listenKey)([\"']?\s*[=:]\s*)[^\s&,}]+"
)


class Keys:
    """What acts for somebody at an exchange; it does not print, and does not pickle."""

    __slots__ = ("_parts",)

    def __init__(self, parts: Mapping[str, str]) -> None:
        self._parts = dict(parts)

    def __repr__(self) -> str:
        return f"Keys({HIDDEN})"

    def __reduce__(self) -> Any:
        raise TypeError("Keys are not written anywhere")

    def give(self, exchange: Any) -> None:
        """Let a ccxt exchange have them."""
        exchange.apiKey = self._parts["key"]
        exchange.secret = self._parts["secret"]
        if "password" in self._parts:
            exchange.password = self._parts["password"]

    def scrub(self, text: str) -> str:
        """Return a text without them, and without the queries of addresses, which are signed."""
        for part in sorted(self._parts.values(), key=len, reverse=True):
            text = text.replace(part, HIDDEN)
        return _SIGNED.sub(rf"\1\2{HIDDEN}", _QUERY.sub(r"\1\2", text))


def variable(exchange: str, account: str, part: str) -> str:
    """Return the environment variable of a part, such as ``WORKBENCH_BINANCE_DEFAULT_SECRET``."""
    words = f"workbench_{exchange}_{account}_{part}"
    return re.sub(r"[^A-Z0-9]", "_", words.upper())


def variables(exchange: str, account: str, sandbox: bool) -> list[str]:
    """Return all environment variables that an account's keys may be in."""
    systems = (SANDBOX, "") if sandbox else ("",)
    return [variable(exchange, account + one, part) for one in systems for part in PARTS]


def keys_of(
    exchange: str, account: str, environ: Mapping[str, str] = os.environ, sandbox: bool = False
) -> Keys:
    """Return the keys of an account: of the environment, else of the operating system's keyring.

    The keyring is asked for the user ``EXCHANGE/ACCOUNT/key`` (``secret``, ``password``) of the
    service ``backtest-workbench``, where the package `keyring` is installed.

    Parameters
    ----------
    sandbox
        For the test system: its own keys (``..._SANDBOX_KEY``, ``EXCHANGE/ACCOUNT/sandbox/key``)
        where there are any, never mixed with the others.

    Raises
    ------
    InvalidRequest
        There are none.
    """
    found, system = _parts(exchange, account, SANDBOX, environ) if sandbox else {}, SANDBOX
    if not found:
        found, system = _parts(exchange, account, "", environ), ""
    missing = [variable(exchange, account + system, one) for one in PARTS[:2] if one not in found]
    if missing:
        user = _user(exchange, account, system)
        msg = (
            f"There are no keys for the account {account!r} at {exchange}: set "
            f"{' and '.join(missing)} in the environment of the server, or keep "
            f"{user}/key and /secret in its keyring under {SERVICE}"
        )
        raise InvalidRequest(msg, field="account", value=account, allowed=missing)
    return Keys(found)


def _parts(exchange: str, account: str, system: str, environ: Mapping[str, str]) -> dict[str, str]:
    found = {}
    for part in PARTS:
        value = environ.get(variable(exchange, account + system, part))
        value = value or _in_keyring(f"{_user(exchange, account, system)}/{part}")
        if value:
            found[part] = value
    return found


def _user(exchange: str, account: str, system: str) -> str:
    return f"{exchange}/{account}{system.replace('_', '/')}"


def _in_keyring(user: str) -> str | None:
    try:
        keyring = import_module("keyring")
    except ImportError:
        return None
    try:
        value: str | None = keyring.get_password(SERVICE, user)
    except Exception:
        # A computer without a keyring has none to offer; each system says so with its own error.
        return None
    return value
