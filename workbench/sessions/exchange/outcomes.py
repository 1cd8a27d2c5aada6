"""What an exchange's refusal of a command means: whether it may have been carried out."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from workbench.data.exchange.trouble import trouble_of
from workbench.sessions.exchange.keys import Keys

REFUSED = (
    "InvalidOrder", "InsufficientFunds", "BadRequest", "AuthenticationError", "NotSupported",
    "OperationRejected", "BadSymbol", "ArgumentsRequired", "InvalidNonce",
)  # fmt: skip
"""Of ccxt's classes, those by which an exchange says that it did not do it."""

BUSY = ("RateLimitExceeded", "DDoSProtection", "OnMaintenance")
"""Those by which it did not, and may when asked later."""

_CODES = {
    "InsufficientFunds": "insufficient_funds", "AuthenticationError": "not_allowed",
    "OrderImmediatelyFillable": "would_fill", "DuplicateOrderId": "duplicate_id",
    "InvalidOrder": "invalid_order", "MarketClosed": "market_closed",
    "InvalidNonce": "clock_drift",
}  # fmt: skip


class Outcome(NamedTuple):
    """What came of a command that was not answered with success.

    Attributes
    ----------
    known
        ``refused``: not done, for good; ``busy``: not done, to be asked again after `wait`
        seconds; ``missing``: there is no such order; ``unknown``: it may have been done.
    """

    known: Literal["refused", "busy", "missing", "unknown"]
    code: str
    message: str
    wait: float | None


def outcome_of(exchange: Any, error: Exception, keys: Keys) -> Outcome:
    """Say what an error of ccxt, or of anything beneath it, means for what was asked."""
    names = [kind.__name__ for kind in type(error).__mro__]
    trouble = trouble_of(exchange, error)
    message = keys.scrub(trouble.message)
    code = next((_CODES[name] for name in names if name in _CODES), trouble.code)
    known: Literal["refused", "busy", "missing", "unknown"] = "unknown"
    if "OrderNotFound" in names:
        known = "missing"
    elif any(name in BUSY for name in names):
        known = "busy"
    elif any(name in REFUSED for name in names):
        known = "refused"
    return Outcome(known, code, message, trouble.wait)
