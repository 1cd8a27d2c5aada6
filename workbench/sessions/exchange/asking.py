"""Asking an exchange for orders and trades, in the way it answers."""

from __future__ import annotations

from typing import Any

from workbench.sessions.exchange.habits import habit_of
from workbench.sessions.exchange.markets import amount, contract
from workbench.sessions.exchange.tracking import Tracked

EARLIER = 60_000
"""Milliseconds: clocks differ, so orders and trades are looked for from so much before."""

LISTS = {
    "fetchOrders": "fetch_orders",
    "fetchClosedOrders": "fetch_closed_orders",
    "fetchCanceledOrders": "fetch_canceled_orders",
}


async def create(exchange: Any, tracked: Tracked) -> dict[str, Any]:
    """Send an order, once."""
    place, market = tracked.place, tracked.market
    count = amount(exchange, market, place.quantity)
    params: dict[str, Any] = {"clientOrderId": tracked.their_id}
    kind, price = place.kind, None
    if place.price is not None:
        price = float(exchange.price_to_precision(market["symbol"], place.price))
    if kind == "stop":
        kind, params["triggerPrice"], price = "market", price, None
    if place.reduce and not market.get("spot"):
        params["reduceOnly"] = True
    order: dict[str, Any] = await exchange.create_order(
        market["symbol"], kind, place.side, count, price, params
    )
    return order


async def cancel(exchange: Any, tracked: Tracked) -> None:
    """Ask for an order to be cancelled; that it was asked says nothing yet."""
    params = {} if tracked.exchange_id else {"clientOrderId": tracked.their_id}
    await exchange.cancel_order(tracked.exchange_id or "", tracked.market["symbol"], params)


async def find(exchange: Any, tracked: Tracked) -> dict[str, Any] | None:
    """Return what the exchange says of an order now; None if it knows of none."""
    market = tracked.market["symbol"]
    try:
        if tracked.exchange_id:
            return dict(await exchange.fetch_order(tracked.exchange_id, market))
        if habit_of(exchange.id).direct:
            params = {"clientOrderId": tracked.their_id}
            return dict(await exchange.fetch_order("", market, params))
    except Exception as error:
        if any(kind.__name__ == "OrderNotFound" for kind in type(error).__mro__):
            return None
        raise
    for order in await exchange.fetch_open_orders(market):
        if order.get("clientOrderId") == tracked.their_id:
            return dict(order)
    since = max(0, tracked.place.decided - EARLIER)
    for name, method in LISTS.items():
        if exchange.has.get(name) is True:
            for order in await getattr(exchange, method)(market, since):
                if order.get("clientOrderId") == tracked.their_id:
                    return dict(order)
    return None


async def trades(exchange: Any, tracked: Tracked) -> list[dict[str, Any]]:
    """Return the account's trades of an order."""
    market, since = tracked.market["symbol"], max(0, tracked.place.decided - EARLIER)
    params = {"orderId": tracked.exchange_id} if exchange.id.startswith("binance") else {}
    # Binance takes the id or a time.
    start = None if params else since
    listed = await exchange.fetch_my_trades(market, start, None, params)
    return [dict(one) for one in listed if str(one.get("order")) == str(tracked.exchange_id)]


async def positions(exchange: Any, market: dict[str, Any]) -> float:
    """Return signed units of the account: of spot what it owns, of a swap its net position."""
    if market.get("spot"):
        balance = await exchange.fetch_balance()
        return float((balance.get("total") or {}).get(market["base"]) or 0.0)
    total = 0.0
    for one in await exchange.fetch_positions([market["symbol"]]):
        units = float(one.get("contracts") or 0.0) * contract(market)
        total += -units if one.get("side") == "short" else units
    return total
