"""Who fills and whose prices they are, as people name them: one rule for Python and for REST."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from typing import Any

from workbench.errors import InvalidRequest

_OURS = ("paper", "exchange")
_NAME = re.compile(r"[a-z0-9_]{1,40}")
ALLOWED = "'paper', 'exchange', or the name of an exchange such as 'binance'"


def broker_and_feed(
    broker: Any, source: Mapping[str, Any], exchange: Any
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the broker's and the feed's part of a request.

    A broker that is none of ours is an exchange's name: ``binance`` is broker ``exchange``,
    exchange ``binance``. `exchange` is that of whichever of the two needs one. Who trades at an
    exchange gets its prices, unless they are to come from elsewhere.

    Raises
    ------
    InvalidRequest
        The broker is no name, or contradicts `exchange`.
    """
    if not isinstance(broker, str) or not (broker in _OURS or _NAME.fullmatch(broker)):
        raise _unknown(broker)
    named = None if broker in _OURS else broker
    if named is not None and exchange not in (None, named):
        msg = f"broker is {broker!r} but exchange is {exchange!r}: give one of them"
        raise InvalidRequest(msg, field="broker", value=broker, allowed=exchange)
    if named is not None and difflib.get_close_matches(named, _OURS, 1, 0.8):
        raise _unknown(broker)
    exchange = named or exchange
    feed = dict(source)
    if broker == "paper":
        venue: dict[str, Any] = {"broker": "paper"}
    else:
        venue = {"broker": "exchange"} | ({} if exchange is None else {"exchange": exchange})
        feed = feed or {"feed": "exchange"}
    if feed.get("feed") == "exchange" and exchange is not None:
        feed = {"exchange": exchange, **feed}
    return venue, feed


def _unknown(broker: Any) -> InvalidRequest:
    msg = f"broker is {broker!r:.100}, expected {ALLOWED}"
    return InvalidRequest(msg, field="broker", value=f"{broker!r:.100}", allowed=ALLOWED)
