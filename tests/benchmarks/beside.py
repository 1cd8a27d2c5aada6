"""How fast a run goes, and what it takes, beside subscribers of whom some have stopped reading.

``python -m tests.benchmarks.beside PORT PATH READING STALLED`` is the subscribers' process: it
says when all are connected, and reads for those who do until their stream has ended.
"""

from __future__ import annotations

import selectors
import socket
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import psutil

from tests.benchmarks.measuring import Row, cpu_of_process
from tests.benchmarks.raw_socket import Reader
from tests.benchmarks.servers import TOKEN, workbench_server
from workbench.client.server import Server

BODY = {
    "symbol": "BTC-USD",
    "timeframes": ["15M"],
    "start_date": "2021-01-01",
    "end_date": "2023-12-31",
    "strategy_ids": ["sma_cross"],
    "strategy_params": {"fast": 2, "slow": 3},
    "equity_every": 10,
    "speed": 1,
}
"""A trade every third candle, so that there is much to tell."""


class Speed(NamedTuple):
    """Candles a second, elapsed and by the run's own processor time."""

    wall: float
    cpu: float


def measure(quick: bool) -> list[Row]:
    """Return the rows."""
    body = {**BODY, "end_date": "2021-06-30"} if quick else BODY
    cases = {"alone": (0, 0), "healthy": (50, 0), "stalled": (45, 5)}
    found: dict[str, list[Speed]] = {name: [] for name in cases}
    for _ in range(1 if quick else 3):
        for name, (reading, stalled) in cases.items():
            found[name].append(_run(body, reading, stalled))
    best = {
        name: Speed(max(s.wall for s in runs), max(s.cpu for s in runs))
        for name, runs in found.items()
    }
    alone, healthy, stalled_ = best["alone"], best["healthy"], best["stalled"]
    what = "engine at full speed, 45 read, 5 stalled"
    return [
        Row(what, stalled_.cpu, alone.cpu, "bars/s CPU", "no subscribers", "best of 3"),
        Row(what, stalled_.cpu, healthy.cpu, "bars/s CPU", "50 healthy"),
        Row(what, stalled_.cpu, 0.95 * alone.cpu, "bars/s CPU", "asked: at least"),
        Row(what, stalled_.wall, alone.wall, "bars/s wall", "no subscribers"),
        Row(what, stalled_.wall, healthy.wall, "bars/s wall", "50 healthy"),
    ]


def _run(body: dict[str, object], reading: int, stalled: int) -> Speed:
    with tempfile.TemporaryDirectory() as folder, workbench_server(Path(folder)) as running:
        rest = Server(f"http://127.0.0.1:{running.port}/", TOKEN).rest
        run_id = rest.post("api/backtesting/start", body)["backtest_id"]
        while rest.get(f"api/backtesting/{run_id}")["status"] != "running":
            time.sleep(0.05)
        (worker,) = (
            child
            for child in psutil.Process(running.pid).children()
            if "workbench.runs.worker" in child.cmdline()
        )
        path = f"/api/ws/stream/backtest/{run_id}"
        readers = subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.beside", str(running.port), path,
             str(reading), str(stalled)],
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        with readers:
            assert readers.stdout is not None
            readers.stdout.readline()
            before = cpu_of_process(worker.pid)
            rest.post(f"api/backtesting/{run_id}/control", {"action": "speed", "value": 0})
            spent = before
            try:
                while True:
                    spent = cpu_of_process(worker.pid)
                    time.sleep(0.005)
            except (ProcessLookupError, OSError):
                pass
            readers.wait(120)
        events = f"api/backtesting/{run_id}/events"
        last = rest.get(f"api/backtesting/{run_id}")["seq"]
        told = rest.get(events, {"limit": 500})["events"]
        told += rest.get(events, {"since": last - 1})["events"]
        times = {m["type"]: datetime.fromisoformat(m["timestamp"]) for m in told}
        bars = told[0]["data"]["bars"]
    seconds = (times["complete"] - times["control"]).total_seconds()
    return Speed(bars / seconds, bars / (spent - before))


def main(port: int, path: str, reading: int, stalled: int) -> None:
    """Connect, and read for those who read."""
    headers = [f"Authorization: token {TOKEN}"]
    readers = [Reader(port, path, headers) for _ in range(reading + stalled)]
    for reader in readers[reading:]:
        reader.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    print("connected", flush=True)
    selector = selectors.DefaultSelector()
    for reader in readers[:reading]:
        selector.register(reader.socket, selectors.EVENT_READ, reader)
    while selector.get_map():
        for key, _ in selector.select():
            key.data.read()
            if key.data.closed:
                selector.unregister(key.fileobj)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
