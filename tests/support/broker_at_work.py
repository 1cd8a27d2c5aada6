"""A broker of an exchange at work against the stand-in, and all that it reports."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest
from fake_broker import FINAL as OVER
from fake_broker import FakeBroker

from workbench.messages import FINAL_ORDER_STATUSES
from workbench.sessions.exchange.broker import ExchangeBroker
from workbench.sessions.exchange.keys import Keys
from workbench.sessions.exchange.opening import open_account
from workbench.trading.brokering import Agreement, Open, Place, Report
from workbench.trading.inputs import Reconciled

KEY, SECRET = "kEy-0123456789abcdef", "sEcReT-fedcba9876543210"
STATUS = {"FILLED": "filled", "CANCELED": "cancelled"}


async def brief(seconds: float) -> None:
    await asyncio.sleep(min(seconds, 4.0) * 0.002)


def made(fake: FakeBroker) -> ExchangeBroker:
    keys = Keys({"key": KEY, "secret": SECRET})
    options = {"redirect": fake.host, "enableRateLimit": False, "timeout": 5000}
    exchange = open_account("binance", True, keys, options)
    return ExchangeBroker(
        exchange, keys, "live_1", "BTC/USDT", sleep=brief, settled=0, poll=5.0
    )  # fmt: skip


class Heard:
    """A broker at work, and all that it has reported."""

    def __init__(self, broker: ExchangeBroker) -> None:
        self.broker = broker
        self.told: dict[str, list[Report]] = {}
        self.words: list[str] = []
        self.changed = asyncio.Event()
        self.listening = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        async for told in self.broker.reports():
            for word in (one for one in told if isinstance(one, Reconciled)):
                self.words += word.differences
            self.take([one for one in told if isinstance(one, Report)])

    def take(self, reports: Any) -> None:
        for one in reports:
            self.told.setdefault(one.client_order_id, []).append(one)
        self.changed.set()

    def status(self, name: str) -> str | None:
        return self.told[name][-1].status if name in self.told else None

    async def until(self, what: Callable[[], bool]) -> None:
        async with asyncio.timeout(30):
            while not what():
                self.changed.clear()
                await self.changed.wait()

    async def final(self, *names: str) -> None:
        await self.until(lambda: all(self.status(one) in FINAL_ORDER_STATUSES for one in names))


def run(
    fake: FakeBroker, work: Callable[[Heard], Awaitable[None]], orders: tuple[Open, ...] = ()
) -> tuple[Heard, Agreement]:
    async def main() -> tuple[Heard, Agreement]:
        broker = made(fake)
        try:
            await broker.start(["BTC-USDT"])
            agreement = await broker.reconcile(orders, {"BTC-USDT": 0.0})
            heard = Heard(broker)
            heard.take(agreement.reports)
            await work(heard)
            heard.listening.cancel()
            with suppress(asyncio.CancelledError):
                await heard.listening
            return heard, agreement
        finally:
            await broker.close()

    return asyncio.run(asyncio.wait_for(main(), 60))


def place(number: int, side: str = "buy", kind: str = "market", quantity: float = 1.0,
          price: float | None = None, decided: int | None = None) -> Place:  # fmt: skip
    at = time.time_ns() // 1_000_000 if decided is None else decided
    return Place(f"live_1-{number}", "BTC-USDT", side, kind, quantity, price, False, at)  # type: ignore[arg-type]


def agrees(heard: Heard, fake: FakeBroker) -> None:
    """Hold what was told against the ledger."""
    for name, told in heard.told.items():
        finals = [one.status in FINAL_ORDER_STATUSES for one in told]
        assert finals.count(True) <= 1
        assert finals.index(True) == len(finals) - 1 if True in finals else True
        fills = [one.filled for one in told]
        assert fills == sorted(fills)
        assert fake.placed[name] <= 1
        order, last = fake.of(name), told[-1]
        if order is None:
            assert (last.status, last.filled) == ("rejected", 0.0)
            continue
        if order.status in OVER:
            assert last.status == STATUS[order.status]
        assert last.filled == pytest.approx(order.filled)
        if order.filled:
            assert last.average_price == pytest.approx(order.spent / order.filled)
            fees = sum(float(one["commission"]) for one in order.trades)
            assert last.fees == pytest.approx(fees)
    assert {one.client for one in fake.orders.values()} <= heard.told.keys()
