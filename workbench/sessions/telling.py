"""What a session tells, on its way to the log."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

from workbench.errors import WorkbenchError
from workbench.messages import encode, error_message
from workbench.runs import servers
from workbench.runs.failing import sendable
from workbench.runs.outbox import Outbox
from workbench.runs.publisher import Publisher
from workbench.runs.publishing import Command
from workbench.runs.spill import Spill
from workbench.sessions.job import LiveJob
from workbench.sessions.saying import Numbered

PRODUCER = "worker"
"""The name under which a session's process publishes."""


class Telling:
    """Keeps what is told until there is a publisher, and hands it on from then on.

    Parameters
    ----------
    home
        The state folder, where what waits is put aside.
    logged
        How many messages of the session the log has: those are told again, and not sent.
    """

    def __init__(self, home: Path, logged: int) -> None:
        self._logged = self._last = logged
        self.outbox = Outbox(spill=Spill(home), first=logged + 1)
        self.publisher: Publisher | None = None

    def send(self, told: Numbered) -> None:
        """Take a message."""
        if told.number > self._last:
            self._last = told.number
            self._send(told.wire or encode(told.message))

    def fail(self, error: WorkbenchError) -> None:
        """End the stream with an error, after all that was told."""
        try:
            self._send(encode(error_message(error)))
        except Exception:
            # An exception of the user's may hold what no message can.
            self._send(encode(error_message(sendable(error))))

    def published(self) -> tuple[int, int]:
        """Return how many messages there have been, and how many of them the log has."""
        if self.publisher is None:
            return self._last, self._logged
        return self.publisher.position()

    def _send(self, wire: bytes) -> None:
        if self.publisher is None:
            self.outbox.add(wire)
        else:
            self.publisher.send_encoded(wire)


def logged(home: Path, session: str) -> int:
    """Return how many messages of a session's producer its log has."""
    address = f"{(home / 'workbench.db').resolve().as_uri()}?mode=ro"
    try:
        with contextlib.closing(sqlite3.connect(address, uri=True, timeout=30.0)) as tx:
            found = tx.execute(
                "SELECT last FROM producers WHERE stream = ? AND producer = ?", (session, PRODUCER)
            ).fetchone()
    except sqlite3.OperationalError:
        # There is no such file, or nothing in it yet.
        return 0
    return int(found[0]) if found else 0


def publish(
    job: LiveJob,
    telling: Telling,
    obey: Callable[[Command], None] = lambda command: None,
    refused: Callable[[], None] = lambda: None,
) -> Publisher:
    """Hand what is told to a server from now on."""
    home = Path(job.home)
    telling.publisher = Publisher(
        job.run_id,
        job.token,
        lambda: addresses(home, job.urls),
        obey,
        on_refused=refused,
        folder=home,
        outbox=telling.outbox,
    )
    return telling.publisher


def addresses(home: Path, urls: list[str]) -> list[str]:
    """Return where to publish; without a state folder the process ends."""
    if not home.is_dir():
        # Nobody will ever ask for this session.
        os._exit(1)
    return servers.addresses(home, urls)
