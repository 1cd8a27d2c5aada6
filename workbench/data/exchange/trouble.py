"""What can go wrong with an exchange, in words and stable codes."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple, TypeVar

from workbench.errors import RateLimited, ServerUnreachable, UnknownSymbol, WorkbenchError

T = TypeVar("T")

TRIES = 8
"""How often something is asked for that fails for want of a network or of permission."""

LONGEST_WAIT = 60.0
"""Seconds between two tries, unless the exchange names a longer time."""

LENGTH = 300
"""Of an exchange's own words, as far as they are repeated."""

_STATUS = re.compile(r"\S+ (?:[A-Z]+ \S+ )?(\d{3})\b")
"""Where ccxt writes the HTTP status: after the exchange, or after method and address."""

_WAITING = ("rate_limited", "banned", "maintenance")


class Trouble(NamedTuple):
    """An exchange's error.

    Attributes
    ----------
    code
        ``rate_limited``, ``banned``, ``maintenance``, ``unreachable``, ``timeout``,
        ``restricted``, ``not_allowed``, ``unknown_symbol``, ``bad_response`` or
        ``exchange_error``.
    message
        For people.
    wait
        Seconds the exchange asks to be left alone; None where it does not say.
    passing
        Whether trying again may help.
    """

    code: str
    message: str
    wait: float | None
    passing: bool


_WORDS = {
    "RestrictedLocation": ("restricted", "does not serve this place", False),
    "BadSymbol": ("unknown_symbol", "has no such symbol", False),
    "DDoSProtection": ("banned", "refuses requests from this address for now", True),
    "RateLimitExceeded": ("rate_limited", "wants fewer requests", True),
    "OnMaintenance": ("maintenance", "is under maintenance", True),
    "RequestTimeout": ("timeout", "does not answer in time", True),
    "ExchangeNotAvailable": ("unreachable", "cannot be reached", True),
    "NetworkError": ("unreachable", "cannot be reached", True),
    "AuthenticationError": ("not_allowed", "refuses without a login", False),
    "BadResponse": ("bad_response", "answered with nonsense", True),
    "OperationFailed": ("exchange_error", "could not do it", True),
    "NotSupported": ("exchange_error", "cannot do this", False),
    "BadRequest": ("exchange_error", "did not understand", False),
    "ExchangeError": ("exchange_error", "reports an error", True),
}
"""By ccxt's class, the nearest one in its order of inheritance."""


def trouble_of(exchange: Any, error: Exception) -> Trouble:
    """Say what an error of ccxt, or of anything beneath it, means."""
    names = [kind.__name__ for kind in type(error).__mro__]
    text = " ".join(str(error).split())
    found = next((name for name in names if name in _WORDS), None)
    code, words, passing = _WORDS[found] if found else ("bad_response", "sent nonsense", True)
    status = _status(text)
    if status == "429":
        # Binance's class says ban for both; 418 is the ban.
        code, words = "rate_limited", "wants fewer requests"
    elif status in ("451", "403") and code == "unreachable":
        code, words, passing = "restricted", "does not serve this place", status == "403"
    message = f"{exchange.id} {words}"
    if text:
        message += f": {text[:LENGTH]}"
    # Only of these is the last reply sure to be the one that refused.
    wait = _asked_to_wait(exchange) if code in _WAITING else None
    return Trouble(code, message, wait, passing)


def pause(tries: int, wait: float | None = None) -> float:
    """Return seconds until the next try: 1, 2, 4, ... up to a minute, or as long as asked."""
    return max(wait or 0.0, min(LONGEST_WAIT, 2.0 ** min(tries, 10)))


def error_of(trouble: Trouble, symbol: str | None = None) -> WorkbenchError:
    """Return the error for who cannot wait longer."""
    if trouble.code == "unknown_symbol":
        return UnknownSymbol(trouble.message, field="symbol", value=symbol)
    wait = "later" if trouble.wait is None else f"in {trouble.wait:.0f} s"
    kind: type[WorkbenchError] = WorkbenchError
    if trouble.code in ("rate_limited", "banned"):
        kind = RateLimited
    elif trouble.code in UNREACHABLE:
        kind = ServerUnreachable
    return kind(f"{trouble.message}. Try again {wait}", trouble=trouble.code)


def code_of(error: WorkbenchError) -> str:
    """Return the code of the trouble that an error of `error_of` came from."""
    return str(error.details.get("trouble", error.code))


UNREACHABLE = ("unreachable", "timeout", "maintenance", "restricted")


async def persist(
    exchange: Any,
    ask: Callable[[], Awaitable[T]],
    *,
    told: Callable[[Trouble, float], None],
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    tries: int = TRIES,
    patience: float | None = None,
) -> T:
    """Ask until there is an answer.

    Parameters
    ----------
    told
        Called with each trouble and the seconds until the next try.
    tries
        How often to ask.
    patience
        Give up where the exchange asks for a longer pause than this, in seconds.

    Raises
    ------
    UnknownSymbol, RateLimited, ServerUnreachable, WorkbenchError
        It is of no use to ask again, or it was asked often enough.
    """
    for count in range(tries):
        try:
            return await ask()
        except WorkbenchError:
            raise
        except Exception as error:
            trouble = trouble_of(exchange, error)
            wait = pause(count, trouble.wait)
            late = patience is not None and wait > patience
            if not trouble.passing or count == tries - 1 or late:
                raise error_of(trouble) from error
            told(trouble, wait)
            await sleep(wait)
    raise AssertionError("unreachable")


def _status(text: str) -> str | None:
    match = _STATUS.match(text)
    return match[1] if match else None


def _asked_to_wait(exchange: Any) -> float | None:
    headers = getattr(exchange, "last_response_headers", None) or {}
    for name, value in headers.items():
        if str(name).lower() == "retry-after":
            try:
                return max(0.0, float(value))
            except ValueError:
                return None
    return None
