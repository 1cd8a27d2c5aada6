"""One order that cannot be looked at, or a clock that is off, holds up nothing else."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiohttp import web
from broker_at_work import Heard, agrees, place, run
from fake_broker import Entry, FakeBroker

from workbench.messages import FINAL_ORDER_STATUSES


class Unfair(FakeBroker):
    """Refuses requests for their time until it was asked for it, and trades of one order."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.off = self.never = False
        self.refused = 0
        self.withheld: str | None = None

    async def _rest(self, request: web.Request) -> web.StreamResponse:
        name = f"{request.method} {request.match_info['name']}"
        if name == "GET time":
            self.off = self.never
        elif self.off and name != "GET exchangeInfo":
            self.refused += 1
            text = "Timestamp for this request is outside of the recvWindow."
            return web.json_response({"code": -1021, "msg": text}, status=400)
        return await super()._rest(request)

    def _answer(self, name: str, query: dict[str, str]) -> web.Response:
        order: Entry | None = self.of(self.withheld or "")
        if name == "GET myTrades" and order and query.get("orderId") == str(order.id):
            return web.json_response({"code": -1000, "msg": "An unknown error"}, status=500)
        return super()._answer(name, query)


def test_an_order_refused_for_its_time_is_sent_again_by_the_exchanges_clock() -> None:
    async def work(heard: Heard) -> None:
        fake.off = True
        heard.broker.send(place(1))
        await heard.final("live_1-1")
        await heard.until(lambda: bool(heard.words))

    with Unfair(streams=False) as fake:
        heard, _ = run(fake, work)
    agrees(heard, fake)
    assert heard.status("live_1-1") == "filled"
    assert fake.refused >= 1
    assert len(heard.words) == 1
    assert "clock" in heard.words[0]


def test_an_order_that_stays_refused_for_its_time_is_rejected_and_not_looked_for() -> None:
    async def work(heard: Heard) -> None:
        fake.off = fake.never = True
        heard.broker.send(place(1))
        await heard.final("live_1-1")

    with Unfair(streams=False) as fake:
        heard, _ = run(fake, work)
    assert [(one.status, one.code) for one in heard.told["live_1-1"]] == [
        ("rejected", "clock_drift")
    ]
    assert fake.orders == {}


@pytest.mark.parametrize("streams", [True, False])
def test_an_order_whose_trades_are_withheld_holds_up_no_other_and_has_its_own_word(
    streams: bool,
) -> None:
    async def work(heard: Heard) -> None:
        fake.withheld = "live_1-1"
        heard.broker.send(place(1, "buy", "limit", 1.0, 99.0))
        heard.broker.send(place(2, "buy", "limit", 1.0, 98.0))
        await heard.until(lambda: {"live_1-1", "live_1-2"} <= heard.told.keys())
        await asyncio.to_thread(fake.move, 97.0)
        # Of a third nothing was known when the first was being asked for.
        heard.broker.send(place(3))
        await heard.final("live_1-1", "live_1-2", "live_1-3")

    with Unfair(streams=streams) as fake:
        heard, _ = run(fake, work)
    agrees(heard, fake)
    assert all(told[-1].status in FINAL_ORDER_STATUSES for told in heard.told.values())
    assert heard.told["live_1-1"][-1].average_price == pytest.approx(
        fake.of("live_1-1").spent  # type: ignore[union-attr]
    )
