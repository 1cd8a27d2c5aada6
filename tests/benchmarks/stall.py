"""Five of fifty subscribers stop reading: what the producer, the others and the server feel."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import psutil
from websockets.sync.client import connect

from tests.benchmarks import beside
from tests.benchmarks.fan_out import Door, open_ours
from tests.benchmarks.measuring import Row
from workbench.messages import Message, Metrics, MetricsData, Status, StatusData, encode, utc_now

TITLE = "Stall"
BATCH = 20
PERIOD_S = 0.02
STALLED = 50
"""So many that what each costs shows beside what a process's memory does by itself."""
ASKED_MB = 1.0
TEXT = "why this was done " * 60


class Figures(NamedTuple):
    """Messages a second, latency of those who read, stories told, growth in MB."""

    speed: float
    p50: float
    p99: float
    stories: int
    growth: float


def measure(quick: bool) -> list[Row]:
    """Return the rows of this benchmark."""
    batches = 200 if quick else 1000
    alone = _run(0, 0, batches)
    healthy = _run(50, 0, batches)
    stalled = _run(45, 5, batches)
    # Shorter, or the server would close those who take nothing for half a minute.
    few, many = (_run(45, count, batches * 3 // 5, recover=False) for count in (0, STALLED))
    each = (many.growth - few.growth) / STALLED
    what = "5 of 50 stalled"
    note = f"{batches * BATCH:,} messages, {batches * BATCH * len(TEXT) / 1e6:.0f} MB a reader"
    return [
        Row(f"{what}: producer", stalled.speed, alone.speed, "messages/s", "no subscribers", note),
        Row(f"{what}: others, p50", stalled.p50, healthy.p50, "ms", "50 healthy"),
        Row(f"{what}: others, p99", stalled.p99, healthy.p99, "ms", "50 healthy"),
        Row(f"{what}: others, p99", stalled.p99, 100.0, "ms", "asked: at most"),
        Row(f"{what}: server's growth", stalled.growth, healthy.growth, "MB", "50 healthy"),
        Row(f"each of {STALLED} stalled: server's growth", each, ASKED_MB, "MB", "asked: at most"),
        Row(f"{what}: stories of events told", stalled.stories, 1.0, "", "asked: exactly"),
        *beside.measure(quick),
    ]


def _run(reading: int, stalled: int, batches: int, *, recover: bool = True) -> Figures:
    with tempfile.TemporaryDirectory() as folder, open_ours(Path(folder), []) as door:
        time.sleep(1.0)
        if not reading:
            return Figures(_publish(door, batches), 0.0, 0.0, 0, 0.0)
        readers = subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.stalled", str(door.server.port), door.stream,
             str(reading), str(stalled), *door.stream_headers],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
        )  # fmt: skip
        assert readers.stdin is not None
        assert readers.stdout is not None
        with readers:
            readers.stdout.readline()
            server = psutil.Process(door.server.pid)
            before = server.memory_info().rss
            speed = _publish(door, batches)
            readers.stdin.write(f"{batches * BATCH}\n")
            p50, p99 = json.loads(readers.stdout.readline())
            growth = (server.memory_info().rss - before) / 1e6
            stories = 0
            if recover:
                readers.stdin.write("go on\n")  # Only now do the others begin to read.
                stories = int(readers.stdout.readline())
            readers.stdin.close()
    return Figures(speed, p50, p99, stories, growth)


def _publish(door: Door, batches: int) -> float:
    """Publish at an even pace, every batch acknowledged; return the messages a second."""
    with connect(
        f"ws://127.0.0.1:{door.server.port}{door.publish}",
        additional_headers=door.publish_headers, compression=None, proxy=None,
    ) as producer:  # fmt: skip
        producer.recv()
        run_id = door.publish.rpartition("/")[2]
        start = time.perf_counter()
        for number in range(batches):
            time.sleep(max(0.0, start + number * PERIOD_S - time.perf_counter()))
            first = number * BATCH + 1
            wires = [encode(_message(run_id, first + n)) for n in range(BATCH)]
            producer.send(door.frame(first, wires), text=True)
            producer.recv()
        return batches * BATCH / (time.perf_counter() - start)


def _message(run_id: str, number: int) -> Message:
    if number % 10 == 9:
        data = MetricsData(run_id, number, 0, 0.5, 1.0, 0.0, 0.0)
        return Metrics(utc_now(), data=data)
    return Status(utc_now(), data=StatusData(run_id, "running", reason=f"{number}: {TEXT}"))
