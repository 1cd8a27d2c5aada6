"""What a session may risk."""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import Struct


class RiskLimits(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Limits of a session, or of an account; None is no limit.

    All are looked at before each order that opens or adds to a position; orders that close are
    never held back, but for `max_orders_per_minute`, which lets them wait. Those marked * are
    looked at all the time, and are breached by what the market does, too.

    Attributes
    ----------
    max_position
        Notional of a symbol, money.
    max_exposure
        Sum of the absolute notionals of all symbols, money.
    max_leverage
        Exposure over equity.
    max_daily_loss *
        Equity lost since 00:00 UTC (or the start), money, above 0.
    max_drawdown *
        From the highest equity of the session, a fraction above 0.
    max_orders_per_minute
        Orders in any 60 seconds.
    max_open_orders
        Entries that wait.
    stale_after *
        Seconds without a price, of the order's symbol; only where the feed goes by the clock.
    price_band
        How far a limit or stop price, or the price now, may be from the last close, as a fraction
        of it.
    action
        What a breach of a limit marked * does: entries are rejected from then on (until it is over;
        after `max_daily_loss` until the next day, after `max_drawdown` until `resume_entries`), or
        everything is flattened at once as well. What an order would breach is always rejected.
    """

    max_position: float | None = None
    max_exposure: float | None = None
    max_leverage: float | None = None
    max_daily_loss: float | None = None
    max_drawdown: float | None = None
    max_orders_per_minute: int | None = None
    max_open_orders: int | None = None
    stale_after: float | None = None
    price_band: float | None = None
    action: Literal["reject", "flatten"] = "reject"


NO_LIMITS = RiskLimits()
LIMIT_NAMES = tuple(name for name in msgspec.structs.asdict(NO_LIMITS) if name != "action")
