"""A feed's process against a server that takes what it publishes."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

from workbench.feeds.checkpoint import path_of
from workbench.feeds.job import FeedJob
from workbench.feeds.spec import FeedSpec
from workbench.messages import Candle, Error, Feed, LogMessage, iso_time
from workbench.runs.publishing import Ack, Command, Hello, Refused, batch_decoder, encode_reply


class Door:
    """Takes batches as a server's publish door does; `rule` may answer otherwise."""

    def __init__(self) -> None:
        self.messages: list[LogMessage] = []
        self.rule: Callable[[Door, ServerConnection], None] = lambda door, connection: None
        self._server = serve(self._handle, "127.0.0.1", 0, compression=None)
        self.url = f"http://127.0.0.1:{self._server.socket.getsockname()[1]}/"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def _handle(self, connection: ServerConnection) -> None:
        with contextlib.suppress(ConnectionClosed):
            connection.send(encode_reply(Hello(len(self.messages))).decode())
            for frame in connection:
                batch = batch_decoder.decode(frame)
                self.messages += batch.messages[len(self.messages) + 1 - batch.first :]
                connection.send(encode_reply(Ack(len(self.messages))).decode())
                self.rule(self, connection)

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()


@pytest.fixture
def door() -> Iterator[Door]:
    door = Door()
    yield door
    door.close()


def run(door: Door, home: Path, **fields: Any) -> int:
    """Run a feed's process to its end; return its exit code."""
    home.mkdir()
    closed = fields.pop("closed", {})
    spec = FeedSpec(**{"symbol": "BTC-USD", "timeframes": ["15M", "1H"]} | fields)
    job = FeedJob(
        stream="BTC-USD", spec=spec, urls=[door.url], token="token", home=str(home), closed=closed
    )
    command = [sys.executable, "-m", "workbench.feeds.worker"]
    done = subprocess.run(
        command, input=msgspec.json.encode(job), capture_output=True, check=False, timeout=100
    )
    print(done.stderr.decode())
    return done.returncode


def closed(door: Door, timeframe: str) -> list[str]:
    return [
        message.data.time for message in door.messages
        if isinstance(message, Candle)
        and message.data.closed
        and message.data.timeframe == timeframe
    ]  # fmt: skip


def test_a_feed_that_cannot_be_ends_its_stream_with_an_error(door: Door, tmp_path: Path) -> None:
    assert run(door, tmp_path / "home", symbol="NOTHING-LIKE-IT", feed="replay") == 1
    [error] = door.messages
    assert isinstance(error, Error)
    assert error.extra.code == "unknown_symbol"


def test_a_feed_is_told_to_stop(door: Door, tmp_path: Path) -> None:

    def stop(door: Door, connection: ServerConnection) -> None:
        if any(isinstance(m, Candle) and not m.data.closed for m in door.messages):
            connection.send(encode_reply(Command("stop", seq=1)).decode())

    door.rule = stop
    # A closed candle every half second.
    assert run(door, tmp_path / "home", timeframes=["1M", "5M"], speed="120x", history=20) == 0
    feeds = [message.data for message in door.messages if isinstance(message, Feed)]
    assert [data.state for data in feeds] == ["starting", "live", "stopped"]
    assert all(data.synthetic for data in feeds)
    # What its detectors know is there for the next process.
    assert path_of(tmp_path / "home", "BTC-USD").is_file()
    times = closed(door, "1M")
    assert len(times) >= 20
    assert times == sorted(set(times))


def test_a_feed_that_is_started_again_tells_what_was_missing(door: Door, tmp_path: Path) -> None:
    span = {"feed": "replay", "start": "2024-01-10", "end": "2024-01-10", "history": 10}
    start = 1_704_844_800_000
    told = {"15M": start + 39 * 900_000, "1H": start + 8 * 3_600_000}
    assert run(door, tmp_path / "home", **span, closed=told) == 0
    quarters = [iso_time(start + number * 900_000) for number in range(40, 96)]
    assert closed(door, "15M") == quarters
    assert closed(door, "1H") == [iso_time(start + number * 3_600_000) for number in range(9, 24)]
    assert isinstance(door.messages[-1], Feed)
    assert door.messages[-1].data.state == "ended"


def test_a_feed_that_is_refused_ends(door: Door, tmp_path: Path) -> None:

    def refuse(door: Door, connection: ServerConnection) -> None:
        connection.send(encode_reply(Refused("another process feeds this stream")).decode())

    door.rule = refuse
    assert run(door, tmp_path / "home", timeframes=["1M"], history=5) == 0
