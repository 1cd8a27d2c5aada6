"""Sessions at the fake exchange whose processes are killed again and again."""

from __future__ import annotations

import random
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from broker_process import BrokerProcess
from exchange_books import check, of, told
from exchange_nursery import ExchangeNursery
from live_jobs import live_job
from msgspec import structs
from publish_log import PublishLog

from workbench.sessions.brokers import Allowed

KILLED = -signal.SIGKILL
STEPS = ((1, 80), (100, 500))
"""A process is killed on a step in one of these ranges in turn: while it comes back, and later."""
SECONDS = 1.5
"""Or, each third time, within so long, whatever it does."""


def job_at(
    door: PublishLog, fake: BrokerProcess, symbols: list[str], seed: int, **live: Any
) -> Any:
    """Return a session's job: prices 600 times as fast as the clock."""
    settings = {
        "symbols": symbols, "feed": {"feed": "synthetic", "seed": seed, "speed": "600x"},
        "broker": "exchange", "exchange": "binance", "account": "main", **live,
    }  # fmt: skip
    options = {"redirect": fake.host, "enableRateLimit": False, "timeout": 5000}
    job = live_job(
        door.home, door.stream, live=settings, patience=20.0,
        spec={"timeframes": ["1M", "5M"], "strategy_ids": ["Churner"], "seed": seed},
        allowed=[Allowed("binance", "main", False, options)],
    )  # fmt: skip
    return structs.replace(job, urls=[door.url])


class Victim:
    """A session, and the processes it has had.

    Attributes
    ----------
    killed
        How many of them were.
    """

    def __init__(
        self, folder: Path, fake: BrokerProcess, number: int, symbols: list[str], **live: Any
    ) -> None:
        self.killed = 0
        self.session = f"live_{number}"
        self._fake, self._draw = fake, random.Random(number)
        self.door = PublishLog(folder / self.session, self.session)
        self.nursery = ExchangeNursery(folder / f"{self.session}.out")
        self._job = job_at(self.door, fake, symbols, number, **live)

    def live(self, kills: int, fills: int = 0) -> None:
        """Let it be killed so often; then it is to stop, and comes to its end.

        More often where it takes so long that the ledger has filled `fills` of its orders.
        """
        while self.killed < kills or (fills and self.killed < 4 * kills and self._filled() < fills):
            how: dict[str, Any] = {"seconds": self._draw.uniform(0.0, SECONDS)}
            if self.killed % 3:
                how = {"fuse": self._draw.randint(*STEPS[self.killed % 3 - 1])}
            code = self.nursery.run(self._job, self._fake.prices, **how)
            assert code == KILLED, code
            self.killed += 1
        self.door.ask("stop")
        assert self.nursery.run(self._job, self._fake.prices) == 0

    def die(self, fuse: int) -> int:
        """Let a process of it run until a step; return how it ended."""
        return self.nursery.run(self._job, self._fake.prices, fuse=fuse)

    def wind_up(self, fuse: int | None = None) -> int:
        """Have the kill switch close it; return how that ended."""
        job = structs.replace(self._job, reason="it died", strategy=None)
        return self.nursery.run(job, self._fake.prices, closing=True, fuse=fuse)

    def _filled(self) -> int:
        return sum(order["filled"] > 0 for order in of(self._fake.ledger(), self.session))

    def check(self, ledger: dict[str, Any]) -> int:
        """Hold what it told against the ledger; return how many orders it had there."""
        messages = self.door.messages()
        check(messages, ledger, self.session)
        return len(told(messages, "order"))

    def close(self) -> None:
        self.nursery.close()
        self.door.close()


def together(work: list[Callable[[], None]]) -> None:
    """Do all at once; raise what the first of them raised."""
    failed: list[BaseException] = []

    def guarded(one: Callable[[], None]) -> None:
        try:
            one()
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=guarded, args=(one,)) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
