"""How long a late subscriber waits for the whole story of a finished run."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import msgspec
from msgspec import structs
from websockets.exceptions import ConnectionClosedOK
from websockets.sync.client import connect

from tests.benchmarks.engine import COMMISSION, Cross, random_walk
from tests.benchmarks.measuring import Row, cpu_of_process
from tests.benchmarks.raw_socket import Reader
from tests.benchmarks.servers import TOKEN, Running, new_run, workbench_server
from workbench.client.server import Server
from workbench.client.stream import Stream
from workbench.engine import BacktestEngine, StreamingBacktestEngine
from workbench.messages import Complete, LogMessage, Trade, TradeChecksum

TITLE = "Late join"
ASKED_S = 0.3
BATCH = 500


class Taken(NamedTuple):
    """What one reading of the story came to."""

    wall: float
    server: float
    events: int


def measure(quick: bool) -> list[Row]:
    """Return the rows of this benchmark."""
    events = 10_000 if quick else 100_000
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        run_id = finished_run(home, events)
        path = f"/api/ws/stream/backtest/{run_id}"
        with workbench_server(home) as server:
            size = raw(server, path)[1]
            readers: dict[str, Callable[[], int]] = {
                "raw socket, frames counted": lambda: raw(server, path)[0],
                "websockets, batch=1, parsed": lambda: parsed(server, path + "?batch=1"),
                "websockets, messages received": lambda: plain(server, path),
                "workbench client, validated": lambda: validated(server, run_id),
            }
            taken: dict[str, list[Taken]] = {name: [] for name in readers}
            for _ in range(3 if quick else 5):
                for name, reader in readers.items():
                    taken[name].append(timed(reader, server.pid))
    rows = []
    for name, runs in taken.items():
        wall = statistics.median(run.wall for run in runs)
        note = f"{runs[0].events:,} events, {runs[0].events / wall:,.0f} events/s, {size:,} bytes"
        rows.append(Row(name, wall, ASKED_S, "s wall", "asked: at most", note))
    cpu = statistics.median(run.server for runs in taken.values() for run in runs)
    rows.append(Row("server's share", cpu, None, "s CPU"))
    return rows


def finished_run(home: Path, events: int) -> str:
    """Put a run into the log of `home`: an equity point a candle, trades, progress, complete."""
    service, run_id = new_run(home)
    messages: list[LogMessage] = []
    engine = BacktestEngine(Cross, {"15M": random_walk(events)}, commission=COMMISSION)
    StreamingBacktestEngine(engine, run_id, messages.append, equity_every=1).run()  # type: ignore[arg-type]
    kept = messages[: events - 1]
    messages = [*kept, proved(kept, messages[-1])]
    for first in range(0, len(messages), BATCH):
        service.append(run_id, "worker", first + 1, messages[first : first + BATCH])
    service.close()
    return run_id


def proved(kept: list[LogMessage], final: LogMessage) -> LogMessage:
    """Return the last message as it would be had the run told only these."""
    assert isinstance(final, Complete)
    checksum = TradeChecksum()
    for message in kept:
        if isinstance(message, Trade):
            checksum.add(message)
    extra = structs.replace(final.extra, trades=checksum.count, crc32=checksum.value)
    return structs.replace(final, extra=extra)


def timed(reader: Callable[[], int], pid: int) -> Taken:
    """Read the story once."""
    cpu, start = cpu_of_process(pid), time.perf_counter()
    events = reader()
    return Taken(time.perf_counter() - start, cpu_of_process(pid) - cpu, events)


def raw(server: Running, path: str) -> tuple[int, int]:
    """Return the messages and bytes a bare socket receives."""
    reader = Reader(server.port, path, [f"Authorization: token {TOKEN}"])
    while not reader.closed:
        reader.read()
    reader.socket.close()
    return reader.messages, reader.bytes


def parsed(server: Running, path: str) -> int:
    """Return the number of messages in arrays, parsed as JSON."""
    count = 0
    with connect(
        f"ws://127.0.0.1:{server.port}{path}", max_size=None,
        additional_headers={"Authorization": f"token {TOKEN}"}, compression=None, proxy=None,
    ) as connection:  # fmt: skip
        try:
            while True:
                found = msgspec.json.decode(connection.recv(decode=False))
                count += len(found) if isinstance(found, list) else 1
        except ConnectionClosedOK:
            return count


def plain(server: Running, path: str) -> int:
    """Return the number of messages the contract's kind of client receives."""
    count = 0
    with connect(
        f"ws://127.0.0.1:{server.port}{path}",
        additional_headers={"Authorization": f"token {TOKEN}"}, compression=None, proxy=None,
    ) as connection:  # fmt: skip
        try:
            while True:
                connection.recv()
                count += 1
        except ConnectionClosedOK:
            return count


def validated(server: Running, run_id: str) -> int:
    """Return the number of messages of this project's client, each parsed and checked."""
    stream = Stream(Server(f"http://127.0.0.1:{server.port}/", TOKEN), run_id)
    return sum(len(batch) for batch in stream.batches())
