"""What a session believes of its orders and holdings, against what the exchange says."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from workbench.data.exchange.trouble import pause
from workbench.sessions.exchange.asking import find, positions
from workbench.sessions.exchange.habits import their_id
from workbench.sessions.exchange.markets import lot
from workbench.sessions.exchange.sending import LOOKS, Line, take_back
from workbench.sessions.exchange.tracking import CRUMB, Tracked
from workbench.trading.brokering import Place, Report

AT_ONCE = 8
"""So many orders are looked for at once."""


async def compare(
    line: Line, orders: Sequence[Tracked], session: str, markets: Mapping[str, dict[str, Any]]
) -> list[str]:
    """Look for each order until the exchange has said what it is; cancel those nobody knows.

    Returns what differs, in words.
    """
    words: list[str] = []
    room, began = asyncio.Semaphore(AT_ONCE), line.now()
    # None waits for another: of many that never arrived, each takes seconds to be certain of.
    await asyncio.gather(*(_find(line, tracked, room, began) for tracked in orders))
    mine = {their_id(line.exchange.id, one.place.client_order_id) for one in orders}
    for symbol, market in markets.items():
        for order in await _open_orders(line, market):
            name = str(order.get("clientOrderId") or "")
            if name.startswith(f"{session}-") and name not in mine:
                nothing = Place(name, symbol, "buy", "market", 0.0, None, False, 0)
                stray = Tracked(nothing, name, market, exchange_id=order.get("id"))
                await take_back(line, stray)
                words.append(f"{symbol}: {name} was open, unknown to the session: cancelled")
    return words


def told(tracked: Tracked, before: float, reports: Sequence[Report]) -> list[str]:
    """Say in words what reports are news to the session."""
    place = tracked.place
    what = f"{place.symbol}: {place.client_order_id}"
    if not reports:
        return []
    last = reports[-1]
    words = []
    if last.filled - before > CRUMB * place.quantity:
        words.append(f"{what} was filled to {last.filled:g} meanwhile, {before:g} was known")
    if last.status in ("cancelled", "rejected", "expired"):
        words.append(f"{what} is {last.status}: {last.message or 'it was open before'}")
    return words


async def holdings(
    line: Line, markets: Mapping[str, dict[str, Any]], held: Mapping[str, float]
) -> list[str]:
    """Say in words where an account holds less than the session, or of a swap something else."""
    words = []
    for symbol, market in markets.items():
        units = held.get(symbol, 0.0)
        try:
            there = await positions(line.exchange, market)
        except Exception as error:
            words.append(f"{symbol}: holdings are not known: {line.outcome(error).message}")
            continue
        # Less than a lot is what fees taken in units leave over.
        least = max(lot(line.exchange, market) * (1 - CRUMB), CRUMB * abs(units))
        lacks = units - there if market.get("spot") else abs(there - units)
        if lacks >= least > 0.0 or lacks > least:
            words.append(f"{symbol}: the account holds {there:g}, the session {units:g}")
    return words


async def _find(line: Line, tracked: Tracked, room: asyncio.Semaphore, began: int) -> None:
    """Look for an order until the exchange has said what it is, or it is certain that it is none.

    Parameters
    ----------
    room
        How many requests may be on their way.
    began
        When looking began, epoch ms: whoever may have sent the order was gone by then.
    """
    looks = 0
    # By market time a decision may lie ahead of the clock.
    sent = min(tracked.place.decided, began)
    for tries in range(1_000_000):
        wait = None
        try:
            async with room:
                found = await find(line.exchange, tracked)
        except Exception as error:
            wait = line.outcome(error).wait
        else:
            if found is not None:
                tracked.saw(found)
                return
            looks += 1
            if looks >= LOOKS and line.now() - sent >= line.settled:
                if tracked.accepted:
                    tracked.lose(line.now())
                else:
                    tracked.refuse("not_sent", "The exchange knows nothing of it", line.now())
                return
        await line.sleep(pause(tries, wait))


async def _open_orders(line: Line, market: dict[str, Any]) -> list[dict[str, Any]]:
    for tries in range(1_000_000):
        try:
            return list(await line.exchange.fetch_open_orders(market["symbol"]))
        except Exception as error:
            wait = line.outcome(error).wait
        await line.sleep(pause(tries, wait))
    return []
