"""What a message of a market costs the server, with many subscribers to one symbol.

As `fan_out` does it: the next message is published when every subscriber has had the last.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import psutil
from websockets.sync.client import connect

from tests.benchmarks.fan_out import (
    ASKED,
    BATCH,
    FLOOR,
    OURS,
    Door,
    Publishing,
    one_server,
    subscribed,
)
from tests.benchmarks.measuring import Row
from tests.benchmarks.servers import TOKEN, workbench_server
from workbench.feeds.service import FeedService
from workbench.messages import Candle, CandleData, encode, iso_time, utc_now
from workbench.runs.publishing import batch_frame
from workbench.runs.service import RunService

TITLE = "Market stream"
SYMBOL = "BTC-USD"


def measure(quick: bool) -> list[Row]:
    """Return the rows of this benchmark."""
    count, times = (100, 1) if quick else (1000, 3)
    found = [_market(count, quick) for _ in range(times)]
    peers = {
        name: [one_server(name, count, quick).cpu for _ in range(times)] for name in (FLOOR, OURS)
    }
    rows = []
    for size in (1, BATCH):
        what = f"{count} subscribers to one symbol, " + (
            "a candle at a time" if size == 1 else f"{size} at once"
        )
        cpu = statistics.median(each[size] for each in found)
        unit = "us CPU a message"
        for name, label in ((OURS, "a run's stream"), (FLOOR, FLOOR)):
            beside = statistics.median(each[size] for each in peers[name])
            rows.append(Row(what, cpu, beside, unit, label))
        rows.append(Row(what, cpu, ASKED[size], unit, "asked: at most"))
    return rows


def _market(count: int, quick: bool) -> dict[int, float]:
    """Return the CPU microseconds of the server a delivered message, by batch size."""
    with tempfile.TemporaryDirectory() as folder, _open(Path(folder)) as door:
        time.sleep(1.0)  # The server is done starting.
        with (
            subscribed(door, count) as subscribers,
            connect(
                f"ws://127.0.0.1:{door.server.port}{door.publish}",
                additional_headers=door.publish_headers, compression=None, proxy=None,
            ) as producer,
        ):  # fmt: skip
            producer.recv()
            publish = Candles(door, partial(producer.send, text=True), producer.recv, subscribers)
            publish.rounds(1, 3)  # Once for nothing.
            rounds = {1: 10, BATCH: 3} if quick else {1: 50, BATCH: 8}
            return {size: publish.rounds(size, times).cpu for size, times in rounds.items()}


class Candles(Publishing):
    """A feed that waits for its subscribers."""

    def message(self, number: int) -> bytes:
        """Return a closed candle."""
        opened = iso_time(1_704_067_200_000 + 60_000 * number)
        price = 42_000 + number % 97
        row = (price, price + 12.5, price - 9.75, price + 3.25, 1.5 + number % 7)
        return encode(Candle(utc_now(), data=CandleData(SYMBOL, "1M", opened, *row, True)))


@contextmanager
def _open(home: Path) -> Iterator[Door]:
    """Serve a market whose feed is this process, as far as the server can tell."""
    runs = RunService(home, list, max_workers=0)
    feeds = FeedService(runs, list)
    name = feeds.find(SYMBOL).name
    # The server ends the process of a feed that nobody wants: it must not be this one.
    stand_in = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    with feeds.book.claim(name, TOKEN, 0):
        began = psutil.Process(stand_in.pid).create_time()
        feeds.book.set_process(name, stand_in.pid, began)
    runs.close()
    try:
        with workbench_server(home) as server:
            yield Door(
                server, f"/api/ws/publish/{name}", f"/api/ws/stream/market-data/{name}",
                batch_frame, {"Authorization": f"Bearer {TOKEN}"},
                [f"Authorization: token {TOKEN}"],
            )  # fmt: skip
    finally:
        stand_in.kill()
        stand_in.communicate()
