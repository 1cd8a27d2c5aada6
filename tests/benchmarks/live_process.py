"""A live session as it is used: its process, its journal, a server, and who reads its stream."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import psutil
from websockets.sync.client import ClientConnection, connect

from tests.benchmarks.control import pickled
from tests.benchmarks.measuring import cpu_of_process
from tests.benchmarks.servers import TOKEN, Running, program, workbench_server
from workbench.client.server import Server
from workbench.data.candles import Candles
from workbench.data.store import CandleStore
from workbench.engine import Strategy
from workbench.messages import parse_time
from workbench.paths import candles_dir

HEADERS = {"Authorization": f"token {TOKEN}"}
PACE = "60x"
"""Of the session whose orders are waited for: a candle a second, made of trades."""
PATIENCE_S = 1800.0
EARLY_S = 5.0


class Flips(Strategy):
    """Enters on one candle and leaves on the next: an order at each close."""

    def next(self) -> None:
        if self.position:
            self.position.close()
        else:
            self.enter_long()


class Spent(NamedTuple):
    """What a session took.

    Attributes
    ----------
    worker, server
        Processor seconds.
    wall
        Seconds from the request until its process had ended.
    early, peak
        Memory of the process, MiB: the most in its first `EARLY_S` seconds of processor, and ever.
    """

    worker: float
    server: float
    wall: float
    early: float
    peak: float


def month(candles: Candles, name: str) -> Spent:
    """Replay stored candles at full speed through a process and a server, to the end."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        CandleStore(candles_dir(home)).save(candles)
        with workbench_server(home) as server:
            began, before = time.perf_counter(), cpu_of_process(server.pid)
            body = {
                "symbols": [candles.symbol], "timeframes": [str(candles.timeframe)],
                "strategy_ids": [name], "feed": {"feed": "replay"},
            }  # fmt: skip
            with _session(server, body) as session:
                worker = _worker(server.pid)
                taken, early, peak = _watch(worker)
            state = _rest(server).get(f"api/live-trading/{session}")["status"]
            if state != "complete":
                raise RuntimeError(f"the session is {state}, not complete")
            wall = time.perf_counter() - began
            return Spent(taken, cpu_of_process(server.pid) - before, wall, early, peak)


def to_orders(count: int) -> list[float]:
    """Return the ms from the tick that closes a candle until a reader has the order it leads to.

    An order's timestamp is that of the input that brought it about: the millisecond in which the
    process was given the tick. Half of one is taken off for what that leaves out.
    """
    found: list[float] = []
    body = {**pickled(Flips), "symbols": ["BTC-USD"], "timeframes": ["1M"]}
    kept = {key: body[key] for key in ("symbols", "timeframes", "strategy_ids", "strategy")}
    feed = {"feed": "synthetic", "speed": PACE}
    with tempfile.TemporaryDirectory() as folder, workbench_server(Path(folder)) as server:
        address = f"ws://127.0.0.1:{server.port}/api/ws/stream/live-trading?types=order"
        with (
            connect(address, additional_headers=HEADERS, compression=None, proxy=None) as stream,
            _session(server, {**kept, "feed": feed}),
        ):
            while len(found) < count:
                told = json.loads(stream.recv(timeout=60))
                now = time.time_ns() / 1e6
                if told["type"] == "order" and told["data"]["status"] == "new":
                    found.append(now - 0.5 - parse_time(told["timestamp"]))
    return found


def echoes(count: int) -> list[float]:
    """Return the ms a message takes to a server on loopback and back."""
    found = []
    with tempfile.TemporaryDirectory() as folder, program("peer_echo", Path(folder)) as server:
        address = f"ws://127.0.0.1:{server.port}/"
        with connect(address, compression=None, proxy=None) as socket:
            for _ in range(count):
                found.append(_once(socket))
                time.sleep(0.02)  # As far apart as orders are, so that both are asleep.
    return found


def _once(socket: ClientConnection) -> float:
    began = time.perf_counter()
    socket.send("x" * 600)
    socket.recv()
    return 1000 * (time.perf_counter() - began)


@contextmanager
def _session(server: Running, body: dict[str, Any]) -> Iterator[str]:
    rest = _rest(server)
    session = str(rest.post("api/live-trading/start", body)["session_id"])
    yield session
    if rest.get(f"api/live-trading/{session}")["status"] in ("pending", "running", "paused"):
        rest.post(f"api/live-trading/{session}/stop", {})


def _rest(server: Running) -> Any:
    return Server(f"http://127.0.0.1:{server.port}/", TOKEN).rest


def _worker(server: int) -> psutil.Process:
    """Wait for the process of a session."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for one in psutil.Process(server).children():
            if "workbench.sessions.worker" in one.cmdline():
                return one
        time.sleep(0.01)
    raise TimeoutError("the session has no process")


def _watch(process: psutil.Process) -> tuple[float, float, float]:
    """Follow a process to its end; return CPU seconds, and memory (MiB) early on and at most."""
    taken, early, peak = 0.0, 0.0, 0.0
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        try:
            taken = max(taken, cpu_of_process(process.pid))
            peak = max(peak, process.memory_info().rss / 2**20)
        except (psutil.Error, OSError):
            return taken, early, peak
        if taken < EARLY_S:
            early = peak
        if process.status() == psutil.STATUS_ZOMBIE:
            return taken, early, peak
        time.sleep(0.02)
    raise TimeoutError(f"the session has not ended in {PATIENCE_S:.0f} s")
