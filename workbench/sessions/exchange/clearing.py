"""All orders of a session, by the exchange's own books: what is open is taken back, the rest added.

For a session whose process is gone or hangs: what it sent last may be in no log.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import Any

from workbench.data.exchange.trouble import pause
from workbench.errors import BrokerError
from workbench.sessions.exchange.asking import EARLIER, LISTS
from workbench.sessions.exchange.habits import habit_of, their_id
from workbench.sessions.exchange.sending import Line, take_back
from workbench.sessions.exchange.tracking import Tracked
from workbench.trading.brokering import Place

BEYOND = 1000
"""Numbers after the highest that is known, which orders may have that nobody told of."""

_List = Callable[[int], Awaitable[list[dict[str, Any]]]]


async def clear(
    line: Line, symbol: str, market: dict[str, Any], session: str, since: int, highest: int
) -> list[Tracked]:
    """Take back what of a session's orders is open; return all of them, each with its trades.

    Parameters
    ----------
    since
        When the session began, epoch ms.
    highest
        The highest number of an order that is known, see `Routing`.

    Raises
    ------
    BrokerError
        The exchange does not list what is needed.
    """
    exchange, name = line.exchange, market["symbol"]
    ours = _names(exchange.id, session, highest)
    listed = await _orders(line, name, max(0, since - EARLIER))
    found = []
    for order in listed:
        client = ours(str(order.get("clientOrderId") or ""))
        if client is not None:
            tracked = _tracked(client, symbol, market, order)
            tracked.saw(order)
            if tracked.ended is None:
                await take_back(line, tracked)
            found.append(tracked)
    # After the orders: what was filled while they were taken back is among them.
    by_id = {str(one.exchange_id): one for one in found}
    trades = await _all(
        line, lambda start: exchange.fetch_my_trades(name, start), max(0, since - EARLIER)
    )
    for trade in trades:
        if str(trade.get("order")) in by_id:
            by_id[str(trade["order"])].saw_trade(trade)
    for one in found:
        if one.lacks():
            one.believe()
    return found


def units(orders: Iterable[Tracked]) -> float:
    """Return the signed units of orders, less what was taken of them as a fee."""
    total = 0.0
    for one in orders:
        sign = 1.0 if one.place.side == "buy" else -1.0
        total += sum(sign * fill.quantity - fill.lost for fill in one.fills.values())
    return total


def _names(exchange: str, session: str, highest: int) -> Callable[[str], str | None]:
    """Return what says which of the session's orders a client order id stands for there."""
    if habit_of(exchange).plain:
        form = re.compile(re.escape(session) + r"-K?\d+")
        return lambda name: name if form.fullmatch(name) else None
    numbers = range(1, highest + BEYOND)
    ours = [f"{session}-{kind}{number}" for kind in ("", "K") for number in numbers]
    return {their_id(exchange, one): one for one in ours}.get


def _tracked(client: str, symbol: str, market: dict[str, Any], order: dict[str, Any]) -> Tracked:
    side = "buy" if order.get("side") == "buy" else "sell"
    quantity = float(order.get("amount") or 0.0)
    place = Place(client, symbol, side, "market", quantity, None, False, 0)  # type: ignore[arg-type]
    return Tracked(place, str(order.get("clientOrderId")), market, exchange_id=order.get("id"))


async def _orders(line: Line, market: str, since: int) -> list[dict[str, Any]]:
    exchange = line.exchange
    methods = [method for name, method in LISTS.items() if exchange.has.get(name) is True]
    if not methods:
        msg = f"{exchange.id} lists no orders that are over"
        raise BrokerError(msg, trouble="not_supported")
    found = await _all(line, lambda start: exchange.fetch_open_orders(market), since)
    # All that are over and open come from one list, where there is one.
    for method in methods[:1] if methods[0] == "fetch_orders" else methods:
        found += await _all(line, partial(getattr(exchange, method), market), since)
    latest = {str(order.get("id")): order for order in found}
    return list(latest.values())


async def _all(line: Line, ask: _List, since: int) -> list[dict[str, Any]]:
    """Return all of a list that comes in pages, each from a time on."""
    found: dict[str, dict[str, Any]] = {}
    start = since
    while True:
        page = await _asked(line, ask, start)
        fresh = [one for one in page if str(one.get("id")) not in found]
        if not fresh:
            return list(found.values())
        found |= {str(one.get("id")): one for one in fresh}
        start = max(start, *(int(one.get("timestamp") or 0) for one in fresh))


async def _asked(line: Line, ask: _List, start: int) -> list[dict[str, Any]]:
    for tries in range(1_000_000):
        try:
            return list(await ask(start))
        except Exception as error:
            outcome = line.outcome(error)
        if outcome.known == "refused":
            # Outside of the handler: what ccxt raised carries signed addresses.
            raise BrokerError(outcome.message, trouble=outcome.code)
        await line.sleep(pause(tries, outcome.wait))
    raise AssertionError("unreachable")
