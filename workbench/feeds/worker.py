"""The process of a feed: ``python -m workbench.feeds.worker``, its `FeedJob` on standard input."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from workbench.analysis.detecting import Analysis
from workbench.errors import StrategyError, WorkbenchError
from workbench.feeds.absence import Absence
from workbench.feeds.checkpoint import Checkpoints, Failed, path_of
from workbench.feeds.feeding import Feeding
from workbench.feeds.job import FeedJob
from workbench.feeds.sources import source_for
from workbench.runs import servers
from workbench.runs.capped import OUTPUT_LIMIT, CappedText
from workbench.runs.publisher import Publisher
from workbench.runs.publishing import Command

log = logging.getLogger("workbench.feed")

CLOSING_S = 10.0


class Stopping:
    """Cancels what runs, from any thread, even before it does."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self._end: Callable[[], None] = lambda: None

    def ends(self, end: Callable[[], None]) -> None:
        """Say what is called, from any thread, when it is to stop."""
        self._end = end
        if self.asked.is_set():
            end()

    def stop(self) -> None:
        """Have it stop."""
        self.asked.set()
        self._end()

    def obey(self, command: Command) -> None:
        """Obey a command: a feed knows no other than to stop."""
        if command.action == "stop":
            self.stop()


def main() -> int:
    """Run one feed; return the process's exit code."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    # Ctrl-C in the server's terminal reaches the whole group; the server ends its feeds itself.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.stdout = CappedText(sys.stdout, OUTPUT_LIMIT)
    job = msgspec.json.decode(sys.stdin.buffer.read(), type=FeedJob)
    home, stopping = Path(job.home), Stopping()
    absence = Absence(job.patience, time.monotonic)
    publisher = Publisher(
        job.stream,
        job.token,
        lambda: _urls(job, home, absence),
        stopping.obey,
        on_refused=stopping.stop,
        folder=home,
    )
    checkpoints: list[Checkpoints] = []

    def keep(failed: Failed) -> Checkpoints:
        found = Checkpoints(path_of(home, job.stream), job, publisher.position, failed)
        checkpoints.append(found)
        return found

    well = asyncio.run(fed(job, home, publisher, stopping, keep))
    publisher.close(CLOSING_S)
    for one in checkpoints:
        one.write()
    return 0 if well or publisher.refused is not None else 1


async def fed(
    job: FeedJob,
    home: Path,
    publisher: Publisher,
    stopping: Stopping,
    keep: Callable[[Failed], Checkpoints] | None = None,
) -> bool:
    """Feed until the source ends or it is to stop; return whether that is as it should be."""
    feeding = Feeding(
        job.spec,
        job.closed,
        publisher.send_together,
        lambda closed: source_for(job.spec, home, closed),
        lambda failed: analysis_of(job, failed),
        make_checkpoints=keep,
    )
    task = asyncio.create_task(feeding.run())
    loop = asyncio.get_running_loop()

    def end() -> None:
        # The loop is closed once the feed has ended by itself.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(task.cancel)

    stopping.ends(end)
    try:
        return await task
    except asyncio.CancelledError:
        if publisher.refused is None:
            feeding.say("stopped", "stopped on request")
        return True
    finally:
        feeding.rest()


def analysis_of(job: FeedJob, failed: Callable[[WorkbenchError], None]) -> Analysis:
    """Make what looks at the candles of a feed.

    Raises
    ------
    InvalidRequest
        A pattern, weight or detector makes no sense.
    StrategyError
        The user's detectors cannot be loaded here.
    """
    from workbench.analysis.market import MarketAnalysis

    spec = job.spec
    return MarketAnalysis(
        spec.symbol,
        spec.timeframes,
        patterns=spec.patterns,
        weights=spec.weights,
        detectors=[*spec.detectors, *_own_detectors(job)],
        on_failure=failed,
    )


def _own_detectors(job: FeedJob) -> list[Any]:
    if job.detectors is None:
        return []
    import cloudpickle

    try:
        return list(cloudpickle.loads(job.detectors))
    except Exception as error:
        msg = (
            f"The detectors could not be loaded in the feed's process: {type(error).__name__}: "
            f"{error}. Modules they import must be importable there"
        )
        raise StrategyError(msg, python=sys.executable) from error


def _urls(job: FeedJob, home: Path, absence: Absence) -> list[str]:
    if not home.is_dir() or absence.looked():
        # Nobody will ask for this feed; who does so later has another one started.
        log.warning("no server, or no state folder any more: the feed ends")
        os._exit(1)
    return servers.addresses(home, job.urls)


if __name__ == "__main__":
    sys.exit(main())
