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
from random import Random
from typing import NamedTuple

import psutil
from websockets.sync.client import connect

from tests.benchmarks.measuring import Row, cpu_of_process
from tests.benchmarks.servers import TOKEN, Running, new_run, program, workbench_server
from workbench.messages import Equity, EquityData, encode, iso_time, utc_now
from workbench.runs.publishing import batch_frame

TITLE = "Fan-out"
BATCH = 64
OURS, FASTAPI, BROADCAST = "ours", "FastAPI loop", "websockets.broadcast"
COMPRESSED, FLOOR = "ours, compressed", "bare write loop"
ASKED = {1: 12.0, BATCH: 1.0}
ASKED_COMPRESSED = 14.0
ASKED_BYTES = 60.0
ASKED_KB = 30.0
MODULES = {
    FASTAPI: "peer_fastapi",
    BROADCAST: "peer_websockets",
    FLOOR: "peer_floor",
}
# What a browser behind a proxy sends: compression is off on the machine itself.
DEFLATE = [
    "X-Forwarded-For: 203.0.113.9",
    "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits",
]
PAUSE_S = 0.05


class Door(NamedTuple):
    """Where to publish and subscribe, and how a batch is written."""

    server: Running
    publish: str
    stream: str
    frame: Callable[[int, list[bytes]], bytes]
    publish_headers: dict[str, str]
    stream_headers: list[str]


class Figures(NamedTuple):
    """CPU us and bytes a delivered message by batch size, and kB an idle subscriber."""

    cpu: dict[int, float]
    bytes: dict[int, float]
    kilobytes: float


def measure(quick: bool) -> list[Row]:
    """Return the rows of this benchmark."""
    rows = []
    peers = [FLOOR, BROADCAST] + [FASTAPI] * bool(find_spec("fastapi") and find_spec("uvicorn"))
    for count in (20, 100) if quick else (100, 1000):
        names = [OURS, COMPRESSED, *peers]
        found: dict[str, list[Figures]] = {name: [] for name in names}
        for _ in range(1 if quick else 3):
            for name in names:
                found[name].append(one_server(name, count, quick))
        rows += _rows(count, found)
    many = 500 if quick else 5000
    rows += _rows(many, {name: [one_server(name, many, True)] for name in (OURS, COMPRESSED)})
    return rows


def _rows(count: int, found: dict[str, list[Figures]]) -> list[Row]:
    rows = []
    for size in (1, BATCH):
        what = f"{count} subscribers, " + ("one at a time" if size == 1 else f"{size} at once")
        cpu = {name: statistics.median(f.cpu[size] for f in runs) for name, runs in found.items()}
        rows += _compared(what, cpu, "us CPU a message", ASKED[size])
        what += ", compressed"
        packed = statistics.median(f.bytes[size] for f in found[COMPRESSED])
        plain = statistics.median(f.bytes[size] for f in found[OURS])
        unit = "us CPU a message"
        limit = ASKED_COMPRESSED if size == 1 else ASKED[size]
        rows.append(Row(what, cpu[COMPRESSED], limit, unit, "asked: at most"))
        rows.append(Row(what, packed, ASKED_BYTES, "bytes a message", "asked: at most"))
        rows.append(Row(what, packed, plain, "bytes a message", "ours, plain"))
    if count >= 100:
        memory = {n: statistics.median(f.kilobytes for f in runs) for n, runs in found.items()}
        what = f"{count} idle subscribers"
        rows += _compared(what, memory, "kB each", ASKED_KB)
        rows.append(
            Row(f"{what}, compressed", memory[COMPRESSED], ASKED_KB, "kB each", "asked: at most")
        )
    return rows


def _compared(what: str, values: dict[str, float], unit: str, asked: float) -> list[Row]:
    rows = [
        Row(what, values[OURS], values[name], unit, name)
        for name in (FASTAPI, BROADCAST, FLOOR)
        if name in values
    ]
    if BROADCAST in values and FASTAPI not in values:
        rows.append(
            Row(what, values[OURS], None, unit, FASTAPI, "fastapi or uvicorn not installed")
        )
    return [*rows, Row(what, values[OURS], asked, unit, "asked: at most")]


def one_server(name: str, count: int, quick: bool) -> Figures:
    """Return what one server takes for so many subscribers."""
    with tempfile.TemporaryDirectory() as folder, _open(name, Path(folder)) as door:
        time.sleep(1.0)  # The server is done starting.
        before = psutil.Process(door.server.pid).memory_info().rss
        with subscribed(door, count) as subscribers:
            time.sleep(1.0)
            kilobytes = (psutil.Process(door.server.pid).memory_info().rss - before) / 1000 / count
            with connect(
                f"ws://127.0.0.1:{door.server.port}{door.publish}",
                additional_headers=door.publish_headers, compression=None, proxy=None,
            ) as producer:  # fmt: skip
                if name in (OURS, COMPRESSED):
                    producer.recv()
                send = partial(producer.send, text=True)
                publish = Publishing(door, send, producer.recv, subscribers)
                publish.rounds(1, 3)  # Once for nothing.
                rounds = {1: 10, BATCH: 3} if quick else {1: 50, BATCH: 8}
                costs = {size: publish.rounds(size, rounds[size]) for size in rounds}
    cpu = {size: cost.cpu for size, cost in costs.items()}
    return Figures(cpu, {size: cost.bytes for size, cost in costs.items()}, kilobytes)


class Cost(NamedTuple):
    """CPU microseconds of the server, and bytes, a delivered message."""

    cpu: float
    bytes: float


class Publishing:
    """A producer that waits for its subscribers."""

    def __init__(
        self,
        door: Door,
        send: Callable[[bytes], None],
        receive: Callable[[], object],
        subscribers: Callable[[int], tuple[int, int]],
    ) -> None:
        self._door, self._send, self._receive = door, send, receive
        self._subscribers = subscribers
        self._sent = 0
        self._run_id = door.publish.rpartition("/")[2]
        self._greetings = 1 if door.stream_headers else 0
        subscribers(self._greetings)

    def message(self, number: int) -> bytes:
        """Return the message of this number."""
        return _message(self._run_id, number)

    def rounds(self, size: int, rounds: int) -> Cost:
        """Publish batches of `size`; return what each delivered message came to."""
        messages_before, bytes_before = self._subscribers(0)
        cpu = cpu_of_process(self._door.server.pid)
        for _ in range(rounds):
            time.sleep(PAUSE_S)
            messages = [self.message(self._sent + number) for number in range(size)]
            self._send(self._door.frame(self._sent + 1, messages))
            self._sent += size
            self._receive()
            self._subscribers(self._sent + self._greetings)
        taken = cpu_of_process(self._door.server.pid) - cpu
        received, size_received = self._subscribers(0)
        received -= messages_before
        return Cost(1e6 * taken / received, (size_received - bytes_before) / received)


def _message(run_id: str, number: int) -> bytes:
    """Return an equity point unlike the one before, so that compression has work to do."""
    noise = Random(number).random()
    data = EquityData(
        run_id, iso_time(1_705_306_500_000 + 900_000 * number),
        10_000 + 500 * noise, 9_900 + 700 * noise * noise, -noise / 7,
    )  # fmt: skip
    return encode(Equity(utc_now(), data=data))


@contextmanager
def subscribed(door: Door, count: int) -> Iterator[Callable[[int], tuple[int, int]]]:
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

    def wait(messages: int) -> tuple[int, int]:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(f"{messages}\n")
        received, size = process.stdout.readline().split()
        return int(received), int(size)

    try:
        yield wait
    finally:
        process.stdin.close()
        process.wait(30)
        process.stdout.close()


def _open(name: str, home: Path) -> AbstractContextManager[Door]:
    if name in (OURS, COMPRESSED):
        return open_ours(home, DEFLATE if name == COMPRESSED else [])
    return _open_peer(name, home)


@contextmanager
def open_ours(home: Path, headers: list[str]) -> Iterator[Door]:
    """Serve a fresh run."""
    service, run_id = new_run(home)
    service.close()
    with workbench_server(home) as server:
        yield Door(
            server, f"/api/ws/publish/{run_id}", f"/api/ws/stream/backtest/{run_id}", batch_frame,
            {"Authorization": f"Bearer {TOKEN}"}, [f"Authorization: token {TOKEN}", *headers],
        )  # fmt: skip


@contextmanager
def _open_peer(name: str, home: Path) -> Iterator[Door]:
    with program(MODULES[name], home) as server:
        yield Door(
            server, "/publish", "/stream", lambda _, found: b"[%s]" % b",".join(found),
            {}, [],
        )  # fmt: skip
