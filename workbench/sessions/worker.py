"""The process of a live session: ``python -m workbench.sessions.worker``, a `LiveJob` on stdin."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import sys
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import cast

import msgspec

from workbench.errors import Conflict, StorageFull, WorkbenchError
from workbench.messages import Message
from workbench.runs.capped import OUTPUT_LIMIT, CappedText
from workbench.runs.failing import failure_of
from workbench.runs.packing import parcel_of
from workbench.runs.publisher import Publisher
from workbench.runs.publishing import Command as Control
from workbench.sessions import closing, ending, feeding
from workbench.sessions.accounts import Accounts
from workbench.sessions.beginning import Begun, begun_of
from workbench.sessions.driving import Driver
from workbench.sessions.forgetting import forget
from workbench.sessions.job import LiveJob, journal_of
from workbench.sessions.journal import Journal
from workbench.sessions.merging import Merging
from workbench.sessions.room import RETRY_S
from workbench.sessions.running import BEGUN, Acting, Make, Running
from workbench.sessions.sourcing import Sourcing
from workbench.sessions.telling import Telling, logged, publish
from workbench.streams.storage import passing
from workbench.trading.brokering import Broker, Command, Rules
from workbench.trading.limits import NO_LIMITS

log = logging.getLogger("workbench.session")

JOIN_S = 2.0
"""Commands given while the process was away are obeyed first, if a server is there."""


def main() -> int:
    """Run one session; return the process's exit code: 0 once it has ended and that is known."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    # Ctrl-C in the server's terminal reaches the whole group; the session is to survive it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.stdout = CappedText(sys.stdout, OUTPUT_LIMIT)
    job = msgspec.json.decode(sys.stdin.buffer.read(), type=LiveJob)
    try:
        return carry_on(job, lambda begun, emit, route: session_of(job, begun, emit, route))
    finally:
        # What the strategy has forked is not to act for a session that is over.
        ending.end_others()


def carry_on(
    job: LiveJob,
    make: Make,
    broker: Callable[[], Broker | None] | None = None,
    now: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
) -> int:
    """Begin a session, or go on with it, until it ends; return as `main`.

    Parameters
    ----------
    job
        Which.
    make
        Makes it of what it began with.
    broker
        Makes its broker, if not the usual one.
    now
        Epoch ms.
    """
    home = Path(job.home)
    try:
        written = _opened(home, journal_of(home, job.run_id))
    except (Conflict, StorageFull) as error:
        log.warning("%s", error.message)
        return 1
    known = logged(home, job.run_id)
    telling = Telling(home, known)
    running = Running(job, written, make, telling.send, telling.published, time.monotonic)
    failure: WorkbenchError | None = None
    ended = False
    try:
        found = feeding.broker_of(job) if broker is None else broker()
        ended = asyncio.run(_Process(job, running, telling, found, now).run())
    except WorkbenchError as error:
        log.warning("the session cannot go on: %s", error.message)
        failure = error
    except Exception as error:
        if passing(error):
            log.warning("the session goes on in another process, once it can write: %s", error)
        else:
            log.exception("the session failed")
            failure = failure_of(error, run=job.run_id)
    if not home.is_dir():
        # Nobody will ever ask for this session; nothing is to bring the folder back.
        return 1
    begun = known > 0 or written.fact(BEGUN) is not None
    if failure is not None and not begun:
        telling.fail(failure)
    publisher = telling.publisher or publish(job, telling)
    told = publisher.close(job.patience)
    written.close()
    if publisher.refused is not None:
        return 0
    if told and failure is not None and begun:
        # It cannot look after what it holds any more.
        return closing.wind_up(job, broker, now, failure=failure)
    if told and (ended or failure is not None):
        forget(home, job.run_id)
        return 0
    # Another process goes on, or tells it again, when there is a server to start it.
    return 1


def _opened(home: Path, path: Path) -> Journal:
    """Open a journal, once there is room for that."""
    while True:
        try:
            return Journal(path)
        except StorageFull as error:
            if not home.is_dir():
                raise
            log.warning("waiting to be able to write: %s", error.message)
            time.sleep(RETRY_S[1])


def session_of(
    job: LiveJob, begun: Begun, emit: Callable[[Message], None], route: Callable[[Command], None]
) -> Acting:
    """Make the session of a job.

    Raises
    ------
    StrategyError, UnknownStrategy
        Its strategy cannot be had.
    """
    from workbench.trading.session import Session

    spec = job.spec
    if spec.seed is None:
        # Another process is to draw the same random numbers.
        spec = msgspec.structs.replace(spec, seed=zlib.crc32(job.run_id.encode()))
    session = Session(
        spec,
        job.run_id,
        parcel_of(job).strategies,
        begun.histories,
        sources=begun.sources,
        real_time=begun.real_time,
        rules=begun.rules,
        emit=emit,
        route=route,
    )
    return cast("Acting", session)


class _Process:
    """Puts the parts of a session's process together."""

    def __init__(
        self,
        job: LiveJob,
        running: Running,
        telling: Telling,
        broker: Broker | None,
        now: Callable[[], int],
    ) -> None:
        self._job, self._running, self._telling = job, running, telling
        self._broker, self._now = broker, now
        self._home = Path(job.home)
        self._settings = feeding.settings_of(job.spec)

    async def run(self) -> bool:
        """Begin or go on, and drive the session until it ends; return whether it has."""
        job, running = self._job, self._running
        feeds = [feeding.feed_of(job.spec, symbol) for symbol in self._settings.symbols]
        resumed = running.resume(logged(self._home, job.run_id))
        sources = [
            Sourcing(
                feed,
                lambda after, feed=feed: feeding.source_of(feed, self._home, after),  # type: ignore[misc]
                lambda: running.standing,
                now=self._now,
            )
            for feed in feeds
        ]
        real_time = all(map(feeding.by_the_clock, feeds))
        if not resumed:
            running.begin(await self._begun(sources, real_time))
        book = Accounts(self._home, job.run_id, self._settings)
        changed = asyncio.Event()
        driver = Driver(
            running,
            Merging(sources, not real_time, changed),
            changed,
            self._broker,
            book,
            watched=self._settings.account_limits != NO_LIMITS,
            real_time=real_time,
            home=self._home,
            now=self._now,
            clock=time.monotonic,
        )
        publisher = self._publish(driver)
        try:
            if not running.session.ended:
                await asyncio.to_thread(publisher.joined.wait, JOIN_S)
                if resumed:
                    await driver.back()
                await driver.agree(self._settings.symbols, resumed=resumed)
                await driver.run()
            if running.session.ended:
                book.leave()
        finally:
            book.close()
            for source in sources:
                await source.close()
            if self._broker is not None:
                await self._broker.close()
        return running.session.ended

    async def _begun(self, sources: list[Sourcing], real_time: bool) -> Begun:
        rules: dict[str, Rules] = {}
        if self._broker is not None:
            rules = dict(await self._broker.start(self._settings.symbols))
        opened = [await source.open() for source in sources]
        symbols = [source.symbol for source in sources]
        return begun_of(
            self._now(),
            {symbol: facts for symbol, (_, facts) in zip(symbols, opened, strict=True)},
            real_time,
            rules,
            {symbol: history for symbol, (history, _) in zip(symbols, opened, strict=True)},
        )

    def _publish(self, driver: Driver) -> Publisher:
        """Begin to publish; commands and refusals come from another thread."""
        loop = asyncio.get_running_loop()

        def later(what: Callable[[], None]) -> None:
            # The loop is closed once the session has ended.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(what)

        def obey(command: Control) -> None:
            later(lambda: driver.ask(command))

        return publish(self._job, self._telling, obey, lambda: later(driver.leave))


if __name__ == "__main__":
    sys.exit(main())
