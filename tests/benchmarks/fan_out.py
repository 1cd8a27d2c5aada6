"""What a delivered message costs the server, and what a silent subscriber holds.

The producer publishes through the server's own door and goes on only when every subscriber has
had everything and a pause is over, so each message (or batch) is delivered alone, by a process
that had gone to sleep. All of the server's processor time
counts: receiving, checking, storing, sending.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import psutil
from websockets.sync.client import connect

from tests.benchmarks.measuring import Row, cpu_of_process
from tests.benchmarks.servers import TOKEN, Running, new_run, program, workbench_server
from workbench.messages import Equity, EquityData, encode, utc_now
from workbench.runs.publishing import batch_frame

TITLE = "Fan-out"
BATCH = 64
OURS, FASTAPI, BROADCAST = "ours", "FastAPI loop", "websockets.broadcast"
ASKED = {1: 12.0, BATCH: 1.0}
ASKED_KB = 30.0
PAUSE_S = 0.05


class Door(NamedTuple):
    """Where to publish and subscribe, and how a batch is written."""

    server: Running
    publish: str
    stream: str
    frame: Callable[[int, list[bytes]], bytes]
    publish_headers: dict[str, str]
    stream_headers: list[str]


def measure(quick: bool) -> list[Row]:
    """Return the rows of this benchmark."""
    rows = []
    names = [OURS, BROADCAST] + [FASTAPI] * bool(find_spec("fastapi") and find_spec("uvicorn"))
    for count in (20, 100) if quick else (100, 1000):
        found: dict[str, list[dict[int, float]]] = {name: [] for name in names}
        idle: dict[str, list[float]] = {name: [] for name in names}
        for _ in range(1 if quick else 3):
            for name in names:
                costs, kilobytes = one_server(name, count, quick)
                found[name].append(costs)
                idle[name].append(kilobytes)
        for size in (1, BATCH):
            cost = {name: statistics.median(c[size] for c in found[name]) for name in names}
            what = f"{count} subscribers, " + ("one at a time" if size == 1 else f"{size} at once")
            rows += _compared(what, cost, "us CPU a message")
            rows.append(Row(what, cost[OURS], ASKED[size], "us CPU a message", "asked: at most"))
        if count >= 100:
            memory = {name: statistics.median(idle[name]) for name in names}
            rows += _compared(f"{count} idle subscribers", memory, "kB each")
            rows.append(
                Row(
                    f"{count} idle subscribers", memory[OURS], ASKED_KB, "kB each", "asked: at most"
                )
            )
    return rows


def _compared(what: str, values: dict[str, float], unit: str) -> list[Row]:
    rows = [
        Row(what, values[OURS], values[name], unit, name)
        for name in (FASTAPI, BROADCAST)
        if name in values
    ]
    if FASTAPI not in values:
        rows.append(
            Row(what, values[OURS], None, unit, FASTAPI, "fastapi or uvicorn not installed")
        )
    return rows


def one_server(name: str, count: int, quick: bool) -> tuple[dict[int, float], float]:
    """Return CPU microseconds a delivered message by batch size, and kB an idle subscriber."""
    with tempfile.TemporaryDirectory() as folder, _open(name, Path(folder)) as door:
        time.sleep(1.0)  # The server is done starting.
        before = psutil.Process(door.server.pid).memory_info().rss
        with _subscribers(door, count) as subscribers:
            time.sleep(1.0)
            kilobytes = (psutil.Process(door.server.pid).memory_info().rss - before) / 1000 / count
            with connect(
                f"ws://127.0.0.1:{door.server.port}{door.publish}",
                additional_headers=door.publish_headers, compression=None, proxy=None,
            ) as producer:  # fmt: skip
                if name == OURS:
                    producer.recv()
                send = partial(producer.send, text=True)
                publish = Publishing(door, send, producer.recv, subscribers)
                publish.rounds(1, 3)  # Once for nothing.
                rounds = {1: 10, BATCH: 3} if quick else {1: 50, BATCH: 8}
                costs = {size: publish.rounds(size, rounds[size]) for size in rounds}
    return costs, kilobytes


class Publishing:
    """A producer that waits for its subscribers."""

    def __init__(
        self,
        door: Door,
        send: Callable[[bytes], None],
        receive: Callable[[], object],
        subscribers: Callable[[int], int],
    ) -> None:
        self._door, self._send, self._receive = door, send, receive
        self._subscribers = subscribers
        self._sent = 0
        self._greetings = 1 if door.stream_headers else 0
        subscribers(self._greetings)

    def rounds(self, size: int, rounds: int) -> float:
        """Publish batches of `size`; return the server's CPU microseconds a delivered message."""
        received = self._subscribers(0)
        cpu = cpu_of_process(self._door.server.pid)
        for _ in range(rounds):
            time.sleep(PAUSE_S)
            messages = [_message(self._sent + number) for number in range(size)]
            self._send(self._door.frame(self._sent + 1, messages))
            self._sent += size
            self._receive()
            self._subscribers(self._sent + self._greetings)
        taken = cpu_of_process(self._door.server.pid) - cpu
        return 1e6 * taken / (self._subscribers(0) - received)


def _message(number: int) -> bytes:
    data = EquityData(
        "backtest_20240211_143022", "2024-01-15T08:15:00Z", 10_000.25 + number, 10_000.0, -0.0125
    )
    return encode(Equity(utc_now(), data=data))


@contextmanager
def _subscribers(door: Door, count: int) -> Iterator[Callable[[int], int]]:
    """Yield a function that waits until each has had so many, and returns what all have had."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.subscribers", str(door.server.port), door.stream,
         str(count), *door.stream_headers],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    if process.stdout.readline().strip() != "connected":
        raise RuntimeError("the subscribers could not connect")

    def wait(messages: int) -> int:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(f"{messages}\n")
        return int(process.stdout.readline())

    try:
        yield wait
    finally:
        process.stdin.close()
        process.wait(30)
        process.stdout.close()


def _open(name: str, home: Path) -> AbstractContextManager[Door]:
    return _open_ours(home) if name == OURS else _open_peer(name, home)


@contextmanager
def _open_ours(home: Path) -> Iterator[Door]:
    service, run_id = new_run(home)
    service.close()
    with workbench_server(home) as server:
        yield Door(
            server, f"/api/ws/publish/{run_id}", f"/api/ws/stream/backtest/{run_id}", batch_frame,
            {"Authorization": f"Bearer {TOKEN}"}, [f"Authorization: token {TOKEN}"],
        )  # fmt: skip


@contextmanager
def _open_peer(name: str, home: Path) -> Iterator[Door]:
    module = "peer_fastapi" if name == FASTAPI else "peer_websockets"
    with program(module, home) as server:
        yield Door(
            server, "/publish", "/stream", lambda _, found: b"[%s]" % b",".join(found),
            {}, [],
        )  # fmt: skip
