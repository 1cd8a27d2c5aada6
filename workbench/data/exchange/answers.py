"""Whether an exchange's answer is one: a proxy's page, half a body or nulls are not "nothing"."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

LENGTH = 80


class BadAnswer(ValueError):
    """The exchange answered, and not what was asked for: it may do better when asked again."""


async def load_markets(exchange: Any) -> None:
    """Load the markets of an exchange, once.

    Raises
    ------
    BadAnswer
        It names none: ccxt takes any body of status 200 for a list without entries.
    """
    if not exchange.markets:
        # Otherwise ccxt gives the empty list of the first time again.
        await exchange.load_markets(reload=True)
    if not exchange.markets:
        raise BadAnswer(f"no markets at all{_body(exchange)}")


def listed(exchange: Any, answer: Any) -> Sequence[Any]:
    """Return the entries of the last answer, as ccxt has them.

    Raises
    ------
    BadAnswer
        It is no list; or there are no entries because ccxt has read nonsense as a list without.
    """
    if not isinstance(answer, (list, tuple)):
        raise BadAnswer(f"not a list but {str(answer)[:LENGTH]!r}")
    if not answer and not _may_be_empty(getattr(exchange, "last_http_response", None)):
        raise BadAnswer(f"not a list{_body(exchange)}")
    return answer


def _may_be_empty(body: Any) -> bool:
    """Tell whether a body may say that there is nothing: an empty list, or one in an envelope."""
    if not isinstance(body, str):
        return True
    try:
        said = json.loads(body)
    except ValueError:
        return False
    if isinstance(said, list):
        return all(isinstance(one, (list, dict)) and _says_something(one) for one in said)
    return isinstance(said, dict) and bool(said)


def _says_something(entry: list[Any] | dict[str, Any]) -> bool:
    values = entry.values() if isinstance(entry, dict) else entry
    return any(value is not None for value in values)


def _body(exchange: Any) -> str:
    body = getattr(exchange, "last_http_response", None)
    return f" but {' '.join(body.split())[:LENGTH]!r}" if isinstance(body, str) else ""
