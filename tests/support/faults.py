"""A long run, and everything that can be cut cut while it goes on."""

from __future__ import annotations

import asyncio
import hashlib
import random
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import msgspec
import psutil
from chopper import Chopper
from flip import flip_body
from readers import Journal, head_of, read_to_the_end
from scissors import Scissors
from server_process import TOKEN, ServerProcess

from workbench.runs.servers import ServerFile
from workbench.streams import Database, SqliteLog

CLIENTS = 20
IMPATIENT = 3
"""Of the clients, those that know nothing of resuming: spared when they have been cut so often."""
IMPATIENT_CUTS = 5
PUBLISHED_BEFORE_CUT = 3_000_000
READ_BEFORE_LAST_CUT = 500_000_000
"""Bytes for all readers: the cuts fall on the whole run, yet are done before it ends."""


class Report(NamedTuple):
    """What happened.

    Attributes
    ----------
    events, points
        Event-class and equity messages in the journal.
    digest
        Of the event-class messages' bytes in the journal.
    cuts, publisher_cuts, kills
        Connections of readers and of the publisher cut, servers killed.
    readers
        What each client ended with.
    seconds
        How long it took.
    """

    events: int
    points: int
    digest: str
    cuts: int
    publisher_cuts: int
    kills: int
    readers: list[Journal]
    seconds: float


async def run_faults(
    process: ServerProcess, disconnects: int, seed: int = 1, speed: float = 4_000.0
) -> Report:
    """Run `Flip` over three years while readers, publisher and server are cut.

    Each client is cut at random byte offsets, a part of them within the upgrade, until
    `disconnects` are reached in all; the server is killed after a quarter and after a half of them.
    """
    started = time.monotonic()
    server = await asyncio.to_thread(process.start)
    kills = 0
    choice = random.Random(seed)
    mean = READ_BEFORE_LAST_CUT / disconnects

    def budget() -> int | None:
        if readers.cuts >= disconnects:
            return None
        if choice.random() < 0.2:
            return choice.randrange(1, 900)
        return 900 + int(choice.expovariate(1 / mean))

    def impatient_budget() -> int | None:
        return choice.randrange(1, 2_000_000) if impatient.cuts < IMPATIENT_CUTS else None

    def publisher_budget() -> int | None:
        return PUBLISHED_BEFORE_CUT if publisher.cuts == 0 else None

    readers = Scissors(budget, seed)
    impatient = Scissors(impatient_budget, seed)
    publisher = Chopper(process.port, publisher_budget, seed)
    await publisher.start()
    decoy = announce(process.home, publisher.port)
    try:
        body = flip_body(speed=speed, equity_every=10, progress_every=100)
        reply = await asyncio.to_thread(server.rest.post, "api/backtesting/start", body)
        run_id = reply["backtest_id"]
        path = f"/api/ws/stream/backtest/{run_id}"
        tasks = [
            asyncio.ensure_future(
                read_to_the_end(
                    process.port,
                    path,
                    TOKEN,
                    resume=number >= IMPATIENT,
                    connection=(impatient if number < IMPATIENT else readers).connection,
                )
            )
            for number in range(CLIENTS)
        ]
        for part in (0.25, 0.5):
            await until(lambda part=part: readers.cuts >= part * disconnects, tasks)  # type: ignore[misc]
            await asyncio.to_thread(process.kill)
            kills += 1
            await asyncio.to_thread(process.start, process.port)
        ended = await asyncio.gather(*tasks)
    finally:
        await publisher.stop()
        decoy.kill()
        decoy.wait()
    digest, events, points = journal(process.home, run_id)
    return Report(
        events, points, digest, readers.cuts + impatient.cuts, publisher.cuts, kills, ended,
        time.monotonic() - started,
    )  # fmt: skip


async def until(condition: object, tasks: list[asyncio.Task[Journal]]) -> None:
    """Wait for a condition; give up when a task has ended with an exception."""
    assert callable(condition)
    while not condition():
        for task in tasks:
            if task.done():
                task.result()
        if all(task.done() for task in tasks):
            raise AssertionError("all clients had the whole story before it was cut often enough")
        await asyncio.sleep(0.02)


def announce(home: Path, port: int) -> subprocess.Popen[bytes]:
    """Say in the state folder that a server listens on the proxy's port: a worker goes there first.

    Server files name a living process; the latest started comes first.
    """
    decoy = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)"])
    file = ServerFile(
        url=f"http://127.0.0.1:{port}/",
        pid=decoy.pid,
        started=psutil.Process(decoy.pid).create_time(),
    )
    (home / "servers" / f"{decoy.pid}.json").write_bytes(msgspec.json.encode(file))
    return decoy


def journal(home: Path, run_id: str) -> tuple[str, int, int]:
    """Return digest and number of the event-class messages in the state file, and of equity's."""
    database = Database(home / "workbench.db")
    try:
        log = SqliteLog(database)
        digest, events, points, since = hashlib.sha256(), 0, 0, 0
        while page := log.read(run_id, since, 10_000):
            since = page[-1].seq
            for entry in page:
                if head_of(entry.wire).eseq is not None:
                    digest.update(entry.wire)
                    events += 1
                elif entry.type == "equity":
                    points += 1
        return digest.hexdigest(), events, points
    finally:
        with suppress(Exception):
            database.close()
