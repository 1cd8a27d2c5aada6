"""Processes of sessions that trade at the fake exchange, and die there on a given step."""

from __future__ import annotations

import asyncio
import json
import socket
from pathlib import Path
from typing import Any

import msgspec
from nursery import Nursery, lay_fuse, serve


class Birth(msgspec.Struct, omit_defaults=True):
    """A session's process.

    Attributes
    ----------
    prices
        The port that takes the prices it sees.
    fuse
        The step on which it is killed: each writing to the journal, message, and request that
        places or cancels an order has one before and one after it.
    seconds
        After which it is killed, whatever it does.
    closing
        It is the kill switch instead.
    """

    job: Any
    prices: int
    fuse: int | None = None
    seconds: float | None = None
    closing: bool = False


KEY, SECRET = "kEy-0123456789abcdef", "sEcReT-fedcba9876543210"


class ExchangeNursery(Nursery):
    """Starts processes of sessions, one after the other."""

    def __init__(self, output: Path) -> None:
        self._output = output.open("ab")
        keys = {"WORKBENCH_BINANCE_MAIN_KEY": KEY, "WORKBENCH_BINANCE_MAIN_SECRET": SECRET}
        super().__init__(__file__, self._output, keys)

    def run(self, job: Any, prices: int, **options: Any) -> int:
        """Run a process to its end; return its exit code, or the signal below 0."""
        return self.bear(Birth(job, prices, **options))

    def close(self) -> None:
        super().close()
        self._output.close()


def hurry(broker: Any) -> Any:
    """Have a broker wait less: what takes it seconds takes it milliseconds."""

    async def brief(seconds: float) -> None:
        await asyncio.sleep(min(seconds, 4.0) * 0.01)

    broker._sleep = broker._line.sleep = brief
    broker._line.settled = 100
    broker._poll = 20.0
    return broker


def tell_prices(port: int) -> None:
    """Have the fake exchange trade at the prices the session is about to take."""
    from workbench.sessions.running import Running
    from workbench.trading.inputs import Bars, Ticks

    door = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    taken = Running.take

    def take(running: Running, given: Any) -> None:
        for one in given:
            prices: list[float] = []
            if isinstance(one, Ticks):
                prices = [price for _, price, *_ in one.trades]
            elif isinstance(one, Bars):
                prices = [price for bar in one.bars for price in bar[1:5]]
            for price in prices:
                told = json.dumps([one.symbol.replace("-", ""), round(price, 2)])
                door.sendto(told.encode(), ("127.0.0.1", port))
        taken(running, given)

    Running.take = take  # type: ignore[method-assign]


def _live(birth: Birth) -> int:
    from churner import Churner

    from workbench.sessions import closing, feeding, running, worker
    from workbench.sessions.exchange import sending
    from workbench.sessions.exchange.broker import ExchangeBroker
    from workbench.sessions.job import LiveJob
    from workbench.sessions.journal import Journal
    from workbench.sessions.running import Running
    from workbench.trading.session import Session

    job = msgspec.convert(birth.job, LiveJob)
    running.EVERY_PIECES = 50
    lay_fuse(birth.fuse, (
        (Journal, "append"), (Journal, "keep"), (Journal, "settle"), (Running, "_tell"),
        (ExchangeBroker, "send"), (sending, "create"), (sending, "cancel"),
    ))  # fmt: skip
    tell_prices(birth.prices)

    def broker() -> Any:
        return hurry(feeding.broker_of(job))

    if birth.closing:
        return closing.wind_up(job, broker, patience=5.0)

    def make(begun: Any, emit: Any, route: Any) -> Any:
        return Session(
            job.spec, job.run_id, [Churner], begun.histories, sources=begun.sources,
            real_time=begun.real_time, rules=begun.rules, emit=emit, route=route,
        )  # fmt: skip

    return worker.carry_on(job, make, broker)


IMPORTS = (
    "ccxt.pro", "churner", "talib", "workbench.feeds.synthetic", "workbench.sessions.worker",
    "workbench.sessions.exchange.broker", "workbench.sessions.exchange.opening",
    "workbench.trading.session",
)  # fmt: skip

if __name__ == "__main__":
    serve(Birth, _live, IMPORTS)
