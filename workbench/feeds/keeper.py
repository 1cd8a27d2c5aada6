"""Keeps a process for each feed that is wanted, and none for the others."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from workbench.errors import NotFound, TooManyConnections
from workbench.feeds.book import FeedBook, FeedRecord
from workbench.feeds.job import PATIENCE_S, FeedJob
from workbench.messages import Feed, FeedData, FeedState, LogMessage, utc_now
from workbench.runs import servers, spawning
from workbench.runs.children import Children
from workbench.runs.intake import Intake
from workbench.runs.producers import Producers
from workbench.runs.records import new_token

log = logging.getLogger(__name__)

WORKER = "workbench.feeds.worker"
GRACE_S = 60.0
MOST_FEEDS = 16
SEEN_EVERY_S = 5.0
CLOSING_PATIENCE_S = 5.0
KILL_AFTER_S = 5.0
STABLE_S = 60.0
"""A process that lived so long had no fault from the start."""
RETRY_S = (1.0, 60.0)
FAILED_AFTER = 5
OVER = ("stopped", "ended")
"""In these states a feed is not started again by itself."""

Say = Callable[[str, Sequence[LogMessage]], None]


class FeedKeeper:
    """Owns the processes of a state folder's feeds, together with other servers of the folder.

    `poll` is to be called a few times a second; it does all the work and never blocks.

    Parameters
    ----------
    home
        The state folder.
    book, intake
        The feeds, and the way into their logs.
    say
        Called with (stream, messages) to put the server's own messages into a log.
    producers
        Who is connected to publish.
    urls
        The servers a new process is to publish to.
    grace
        Seconds a feed goes on after its last subscriber has left.
    most
        Feeds that may have a process at once; 0 for any number.
    module
        What a process runs.
    clock
        Seconds since the epoch.
    """

    def __init__(
        self,
        home: Path,
        book: FeedBook,
        intake: Intake,
        say: Say,
        producers: Producers,
        urls: Callable[[], list[str]],
        *,
        grace: float = GRACE_S,
        most: int = MOST_FEEDS,
        module: str = WORKER,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._home = home
        self._book = book
        self._intake = intake
        self._say = say
        self._producers = producers
        self._urls = urls
        self._grace = grace
        self._most = most
        self._module = module
        self._clock = clock
        self._wanted: Counter[str] = Counter()
        self._seen: dict[str, float] = {}
        self._silent: dict[str, float] = {}
        self._dying: dict[int, tuple[float, float]] = {}
        self._children = Children()
        # Who served the folder before may have had subscribers who come back now.
        self._since = clock()

    def want(self, name: str, *, start: bool = True) -> None:
        """Note a subscriber; a feed that does not run is started, if `start`.

        Raises
        ------
        TooManyConnections
            As many feeds run as may; nothing is noted.
        NotFound
            There is no such feed.
        """
        record = self._book.get(name)
        if start and record.pid is None and record.status != "ended" and self._goes_on(name):
            self._spawn(record)
        self._wanted[name] += 1
        self._see(name)

    def leave(self, name: str) -> None:
        """Note that a subscriber has gone."""
        self._see(name)
        self._wanted[name] -= 1
        if self._wanted[name] <= 0:
            del self._wanted[name]

    def poll(self) -> None:
        """Note the processes that ended, start what is wanted, end what is not."""
        self._reap()
        now = self._clock()
        for name in list(self._wanted):
            if now - self._seen.get(name, 0.0) >= min(SEEN_EVERY_S, self._grace / 4):
                self._see(name)
        for record in self._book.running():
            if not _alive(record):
                self._gone(record)
            elif not self._wanted[record.name] and self.unwanted_for(record) > self._grace:
                self.end(record.name, "nobody listens")
        for name in list(self._wanted):
            found = self._book.find(name)
            if found is not None and self._is_due(found, now):
                with contextlib.suppress(TooManyConnections):
                    self._spawn(found)

    def unwanted_for(self, record: FeedRecord) -> float:
        """Return for how many seconds nobody has wanted a feed, at any server of the folder."""
        return self._clock() - max(record.seen, self._since)

    def end(self, name: str, why: str) -> None:
        """End a feed's process, if it has one; it is started again for a new subscriber."""
        with self._intake.database.transaction():
            record = self._book.get(name)
            if record.pid is None and record.status in OVER:
                return
            # From here on nothing the process says is taken.
            self._book.set_ended(name)
        self._silent.pop(name, None)
        self._tell(record, "stopped", f"stopped: {why}")
        if record.pid is not None and record.pid_start is not None and _alive(record):
            _signal(record.pid, signal.SIGTERM)
            self._dying[record.pid] = record.pid_start, time.monotonic() + KILL_AFTER_S

    def release(self) -> None:
        """Let go of the processes, which go on: the next server of the folder finds them."""
        self._children.release()

    def _see(self, name: str) -> None:
        self._seen[name] = self._clock()
        self._book.see(name, self._seen[name])

    def _is_due(self, record: FeedRecord, now: float) -> bool:
        if record.pid is not None or record.status in OVER or now < record.retry_at:
            return False
        return self._goes_on(record.name)

    def _goes_on(self, name: str) -> bool:
        info = self._intake.log.info(name)
        return info is not None and not info.closed

    def _gone(self, record: FeedRecord) -> None:
        """Take it that a process has ended, once nothing it said is on its way any more."""
        if record.pid is None or self._children.ends(record.pid):
            return
        since = self._silent.setdefault(record.name, time.monotonic())
        waited = time.monotonic() - since
        if self._producers.connected(record.name) and waited < CLOSING_PATIENCE_S:
            return
        self._silent.pop(record.name, None)
        code = self._children.code(record.pid)
        with self._intake.database.transaction():
            try:
                current = self._book.get(record.name)
            except NotFound:
                return
            if current.pid != record.pid:
                return
            self._book.set_ended(record.name, failures=current.failures)
        info = self._intake.log.info(record.name)
        if current.status not in OVER and info is not None and not info.closed:
            how = "" if code is None else f" with exit code {code}"
            self._failed(current, f"The feed's process {record.pid} ended{how}")

    def _failed(self, record: FeedRecord, what: str) -> None:
        """Have a feed started again later."""
        now = self._clock()
        lived = now - (record.pid_start or now)
        failures = 1 if lived > STABLE_S else record.failures + 1
        delay = min(RETRY_S[0] * 2 ** (failures - 1), RETRY_S[1])
        self._book.set_ended(record.name, failures=failures, retry_at=now + delay)
        state: FeedState = "failed" if failures >= FAILED_AFTER else "reconnecting"
        text = f"{what}; it is started again in {delay:g} s while somebody listens"
        tail = spawning.log_tail(self._home, record.name, 1)
        if tail:
            text += f". It wrote last: {tail[0][:300]}"
        log.warning("feed %s: %s", record.name, text)
        self._tell(record, state, text, "worker_lost")

    def _tell(self, record: FeedRecord, state: FeedState, text: str, code: str = "") -> None:
        info = self._intake.log.info(record.name)
        if info is None or info.closed:
            return
        data = FeedData(
            record.spec.symbol, record.spec.feed, state, text, record.source, record.synthetic,
            record.spec.timeframes, **({"code": code} if code else {}),
        )  # fmt: skip
        self._say(record.name, [Feed(utc_now(), data=data)])

    def _spawn(self, record: FeedRecord) -> None:
        """Start a feed's process, unless another server of the folder has."""
        token = new_token()
        try:
            pid = self._claimed(record, token)
        except spawning.SPAWN_ERRORS as error:
            self._failed(record, f"The feed's process could not be started: {error}")
            return
        if pid is not None:
            log.info("feed %s started in process %d", record.name, pid)

    def _claimed(self, record: FeedRecord, token: str) -> int | None:
        with self._book.claim(record.name, token, self._most) as claimed:
            if claimed is None:
                return None
            self._intake.log.retire(record.name, record.producer)
            job = FeedJob(
                stream=claimed.name,
                spec=claimed.spec,
                urls=self._urls(),
                token=token,
                home=str(self._home),
                closed=claimed.closed,
                detectors=claimed.detectors,
                patience=PATIENCE_S,
            )
            path = spawning.log_path(self._home, record.name)
            path.unlink(missing_ok=True)
            child, started = spawning.spawn(
                self._module, job, self._home, path, python=claimed.python, paths=claimed.paths
            )
            self._children.add(child)
            self._book.set_process(record.name, child.pid, started)
        return child.pid

    def _reap(self) -> None:
        """Note the processes that have ended, and end by force what does not when asked to."""
        self._children.reap()
        for pid, (started, deadline) in list(self._dying.items()):
            if not servers.alive(pid, started):
                del self._dying[pid]
            elif time.monotonic() > deadline:
                _signal(pid, signal.SIGKILL)


def _alive(record: FeedRecord) -> bool:
    return (
        record.pid is not None
        and record.pid_start is not None
        and servers.alive(record.pid, record.pid_start)
    )


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
