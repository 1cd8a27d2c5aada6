"""A session that comes back asks an exchange for all its orders at once."""

from __future__ import annotations

import asyncio
from typing import Any

from hand_clock import HandClock

from workbench.sessions.exchange.comparing import compare
from workbench.sessions.exchange.keys import Keys
from workbench.sessions.exchange.sending import LOOKS, Line
from workbench.sessions.exchange.tracking import Tracked
from workbench.trading.brokering import Place

MARKET = {"symbol": "BTC/USDT"}
AHEAD = 10_000_000
"""A decision by market time, which runs ahead of the clock."""


class OrderNotFound(Exception):
    """As ccxt has it."""


class Empty:
    """An exchange that no order has come to."""

    id = "binance"

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def fetch_order(self, number: str, market: str, params: dict[str, str]) -> Any:
        self.asked.append(params["clientOrderId"])
        raise OrderNotFound

    async def fetch_open_orders(self, market: str) -> list[Any]:
        return []


def test_orders_that_never_arrived_do_not_wait_for_each_other() -> None:
    exchange, clock = Empty(), HandClock()
    places = [
        Place(f"s-{number}", "BTC-USDT", "buy", "market", 1.0, None, False, AHEAD)
        for number in range(5)
    ]
    orders = [Tracked(one, one.client_order_id, MARKET) for one in places]
    line = Line(
        exchange, Keys({}), lambda: round(clock.now * 1000), clock.sleep, lambda one: None,
        settled=10_000,
    )  # fmt: skip
    assert asyncio.run(compare(line, orders, "s", {"BTC-USDT": MARKET})) == []
    assert [one.code for one in orders] == ["not_sent"] * 5
    names = {one.their_id for one in orders}
    for look in range(LOOKS):
        assert set(exchange.asked[5 * look : 5 * look + 5]) == names, (
            "one is asked for before others"
        )
