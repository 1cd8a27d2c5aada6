"""How long a pause takes: from the request until the run stands, and until a subscriber knows."""

from __future__ import annotations

import base64
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import cloudpickle
import msgspec
from websockets.sync.client import connect

from tests.benchmarks.measuring import Row
from tests.benchmarks.servers import TOKEN, Running, workbench_server
from workbench.client.server import Server
from workbench.engine import Strategy
from workbench.messages import parse_time

TITLE = "Control"
ASKED_MS = 100.0
BAR_S = 0.05
PACE = 20_000
RUN = {
    "symbol": "BTC-USD",
    "timeframes": ["15M"],
    "start_date": "2021-01-01",
    "end_date": "2023-12-31",
    "strategy_ids": ["sma_cross"],
}


class Slow(Strategy):
    """Thinks for `BAR_S` over each candle."""

    def next(self) -> None:
        time.sleep(BAR_S)


class Busy(Strategy):
    """The same with the processor, and the interpreter's lock, in use."""

    def next(self) -> None:
        until = time.perf_counter() + BAR_S
        while time.perf_counter() < until:
            pass


def measure(quick: bool) -> list[Row]:
    """Return the rows of this benchmark."""
    times = 10 if quick else 100
    fast = {**RUN, "speed": PACE}
    bodies = {
        f"fast strategy, {PACE:,} candles/s": (fast, 0.0),
        f"{1000 * BAR_S:.0f} ms a candle, asleep": (pickled(Slow), 1000 * BAR_S),
        f"{1000 * BAR_S:.0f} ms a candle, computing": (pickled(Busy), 1000 * BAR_S),
    }
    rows = []
    with tempfile.TemporaryDirectory() as folder, workbench_server(Path(folder)) as server:
        rest = Server(f"http://127.0.0.1:{server.port}/", TOKEN).rest
        floor = [timed(lambda: rest.get("api/workbench")) for _ in range(times)]
        for name, (body, bar_ms) in bodies.items():
            taken = pauses(server, body, times)
            note = f"{times} pauses; a bare request {statistics.median(floor):.1f} ms"
            for what, column in (("stands", 0), ("a subscriber knows", 1)):
                of = sorted(pause[column] for pause in taken)
                p99 = statistics.quantiles(of, n=100, method="inclusive")[98]
                for label, value in (("p50", statistics.median(of)), ("p99", p99)):
                    title = f"{name}: {what}, {label}"
                    asked = ASKED_MS + bar_ms
                    rows.append(Row(title, value, asked, "ms wall", "asked: at most", note))
    return rows


def pickled(kind: type[Strategy]) -> dict[str, Any]:
    """Return the body of a run of a class that only this process has."""
    cloudpickle.register_pickle_by_value(__import__(kind.__module__, fromlist=["x"]))
    pickle = base64.b64encode(cloudpickle.dumps(kind)).decode()
    strategy = {"name": kind.__name__, "pickle": pickle}
    return {**RUN, "strategy_ids": [kind.__name__], "strategy": strategy}


def timed(call: Callable[[], object]) -> float:
    """Return the milliseconds a call takes."""
    start = time.perf_counter()
    call()
    return 1000 * (time.perf_counter() - start)


def pauses(server: Running, body: dict[str, Any], times: int) -> list[tuple[float, float]]:
    """Pause a run at moments it does not expect.

    Returns
    -------
    list
        Of each pause, the milliseconds from the request until the run stood, by the time it
        tells itself, and until a subscriber knew.
    """
    rest = Server(f"http://127.0.0.1:{server.port}/", TOKEN).rest
    draw = Random(7)
    taken: list[tuple[float, float]] = []
    while len(taken) < times:
        run_id = str(rest.post("api/backtesting/start", body)["backtest_id"])
        path = f"api/backtesting/{run_id}/control"
        with connect(
            f"ws://127.0.0.1:{server.port}/api/ws/stream/backtest/{run_id}?types=status,complete",
            additional_headers={"Authorization": f"token {TOKEN}"}, compression=None, proxy=None,
        ) as stream:  # fmt: skip
            _until(stream, "running")
            # A quarter of what the fast run has time for: no pause meets its end on a busy machine.
            for _ in range(min(8, times - len(taken))):
                time.sleep(draw.uniform(0.0, 0.06))
                asked = 1000 * time.time()
                rest.post(path, {"action": "pause"})
                stood = _until(stream, "paused")
                taken.append((stood - asked, 1000 * time.time() - asked))
                rest.post(path, {"action": "resume"})
                _until(stream, "running")
            rest.post(path, {"action": "stop"})
        rest.delete(f"api/backtesting/{run_id}")
    return taken


def _until(stream: Any, status: str) -> int:
    """Wait until a subscriber is told of a state; return when the run entered it, epoch ms."""
    while True:
        message = msgspec.json.decode(stream.recv(timeout=60))
        if message["type"] == "status" and message["data"]["status"] == status:
            return parse_time(message["timestamp"])
