"""What exchanges want otherwise than others."""

from __future__ import annotations

import uuid
from typing import Any, NamedTuple

SPACE = uuid.UUID("6f0c7c1e-3d4b-5b8e-9a57-1f6f3d8c2b10")


class Habit(NamedTuple):
    """What is known of an exchange, beyond what ccxt says of it.

    Attributes
    ----------
    plain
        Client order ids may be 32 characters of ``[A-Za-z0-9_-]``. Else they are hexadecimal: made
        of ours, so always the same.
    direct
        `fetch_order` finds an order by its client order id. Else lists of orders are gone through.
    stops
        Types of markets whose stop orders are orders as others: same id once they are triggered,
        found and cancelled in the same way. Elsewhere stops rest with the session.
    """

    plain: bool = True
    direct: bool = False
    stops: frozenset[str] = frozenset()


HABITS = {
    "binance": Habit(direct=True, stops=frozenset({"spot"})),
    "binanceus": Habit(direct=True, stops=frozenset({"spot"})),
    "binanceusdm": Habit(direct=True),
    "coinbase": Habit(plain=False),
    "kraken": Habit(plain=False),
    "krakenfutures": Habit(plain=False),
    "okx": Habit(plain=False, direct=True),
}
NEEDED = ("createOrder", "cancelOrder", "fetchOrder", "fetchOpenOrders", "fetchMyTrades")


def habit_of(exchange: str) -> Habit:
    """Return the habits of an exchange by its ccxt name."""
    return HABITS.get(exchange, Habit(plain=False))


def their_id(exchange: str, client_order_id: str) -> str:
    """Return how an exchange is told of a client order id."""
    if habit_of(exchange).plain:
        return client_order_id
    return uuid.uuid5(SPACE, client_order_id).hex


def keeps_stops(exchange: Any, market: dict[str, Any]) -> bool:
    """Tell whether stops of a market can rest at the exchange."""
    kind = "spot" if market.get("spot") else "swap"
    if kind not in habit_of(exchange.id).stops:
        return False
    sub = kind if kind == "spot" else "linear"
    offered = exchange.feature_value(market["symbol"], "createOrder", "triggerPrice")
    if offered is None:
        offered = (exchange.features.get(kind) or {}).get(sub)
    types = (market.get("info") or {}).get("orderTypes")
    return bool(offered) and (types is None or "STOP_LOSS" in types)


def open_options(name: str, markets: list[str]) -> dict[str, Any]:
    """Return further options for ccxt: which markets to load, to mind its clock."""
    options: dict[str, Any] = {"adjustForTimeDifference": True}
    if name == "binance" and any(":" in market for market in markets):
        options["fetchMarkets"] = {"types": ["linear"]}
        options["defaultType"] = "swap"
    return options
