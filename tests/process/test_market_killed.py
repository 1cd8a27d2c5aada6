"""SIGKILL of a feed's process, and of the server: subscribers see the market go on."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import signal
import sys
from pathlib import Path

import psutil
import pytest
from websockets.sync.client import connect

from .conftest import TOKEN, wait_for

FEED = Path(__file__).parents[1] / "support" / "fake_feed.py"
PACE = 100


@pytest.fixture
def fake_python(tmp_path):
    """An interpreter that runs the fake feed, whatever it is asked to run."""
    script = tmp_path / "python"
    script.write_text(f"#!/bin/sh\nexec {sys.executable} {FEED}\n")
    script.chmod(0o700)
    pids = set()
    yield script, pids
    for pid in pids:
        if psutil.pid_exists(pid):
            os.kill(pid, signal.SIGKILL)


def start(server, script):
    pickled = {
        "pickle": base64.b64encode(b"none").decode(), "python": str(script), "paths": sys.path,
    }  # fmt: skip
    body = {"symbol": "BTC-USD", "timeframes": ["1M", "5M"], "speed": PACE, "pickled": pickled}
    return server.rest.post("api/market-data/start", body)


def follow(server, since, epoch, enough, *, lost=False):
    """Read on from a position until `enough` closed candles have come.

    With `lost`, those count that come after the word that the feed's process was lost.
    """
    address = server.url.replace("http", "ws", 1) + "api/ws/stream/market-data/BTC-USD"
    query = f"?token={TOKEN}" + (f"&since={since}&epoch={epoch}" if epoch else "")
    messages, counted = [], 0
    # A full queue stops the client's reading, and its close waits 10 s for an answer it never sees.
    with connect(address + query, proxy=None, max_queue=None) as socket:
        while counted < enough:
            message = json.loads(socket.recv(timeout=60))
            messages.append(message)
            if message["type"] == "feed" and message["data"]["state"] == "reconnecting":
                lost = False
            counted += not lost and is_closed(message)
    return messages


def is_closed(message):
    data = message["data"]
    return message["type"] == "candle" and data["closed"] and data["timeframe"] == "1M"


def test_killed_processes_and_servers_lose_and_double_no_closed_candle(new_server, fake_python):
    script, pids = fake_python
    process = new_server()
    server = process.start()
    start(server, script)

    def pid():
        """Return the feed's process, as the state file knows it."""
        import sqlite3

        with sqlite3.connect(process.home / "workbench.db") as tx:
            found = tx.execute("SELECT pid FROM feeds").fetchone()[0]
        tx.close()
        pids.add(found or 0)
        return found

    told = follow(server, 0, None, 5)
    epoch = told[0]["data"]["epoch"]

    def on(count, **options):
        last = max(message.get("seq", 0) for message in told)
        more = follow(server, last, epoch, count, **options)
        assert more[0]["data"]["epoch"] == epoch
        assert not any(message["type"] == "gap" for message in more)
        told.extend(more)

    first = wait_for(pid, "the feed's process")
    os.kill(first, signal.SIGKILL)
    on(5, lost=True)
    second = wait_for(pid, "another process")
    assert second != first
    process.kill()
    server = process.start(process.port)
    on(5)
    assert pid() == second
    # Both at once: nobody is left to notice.
    os.kill(second, signal.SIGKILL)
    process.kill()
    server = process.start(process.port)
    on(5, lost=True)
    assert wait_for(pid, "a third process") not in (first, second)
    minutes = [message["data"]["time"][11:16] for message in told if is_closed(message)]
    assert minutes == [f"{n // 60 % 24:02d}:{n % 60:02d}" for n in range(len(minutes))]
    assert len(minutes) >= 20
    eseqs = [message["eseq"] for message in told if "eseq" in message]
    assert eseqs == list(range(1, len(eseqs) + 1))
    states = [message["data"]["state"] for message in told if message["type"] == "feed"]
    assert states.count("reconnecting") == 2


@pytest.fixture
def stack():
    with contextlib.ExitStack() as stack:
        yield stack


def test_two_servers_of_a_folder_have_one_process_for_a_feed(new_server, fake_python, stack):
    script, pids = fake_python
    one = new_server("--WorkbenchApp.feed_grace=1.0")
    two = new_server("--WorkbenchApp.feed_grace=1.0")
    first, second = one.start(), two.start()
    start(first, script)
    ends = []
    for server in (first, second):
        address = server.url.replace("http", "ws", 1) + "api/ws/stream/market-data/BTC-USD"
        opened = connect(f"{address}?token={TOKEN}&types=candle", proxy=None, max_queue=None)
        ends.append(stack.enter_context(opened))

    def closed(socket, count):
        found = []
        while len(found) < count:
            message = json.loads(socket.recv(timeout=60))
            if is_closed(message):
                found.append(message["data"]["time"])
        return found

    assert closed(ends[0], 10) == closed(ends[1], 10)
    (feed,) = second.rest.get("api/market-data")["feeds"]
    assert (feed["running"], feed["subscribers"]) == (True, 1)
    running = [
        child
        for server in (one, two)
        for child in psutil.Process(server.process.pid).children()
        if str(FEED) in child.cmdline()
    ]
    pids.update(child.pid for child in running)
    assert len(running) == 1
    # The one that started it has no subscriber any more; the other has.
    ends[0].close()
    wait_for(
        lambda: not first.rest.get("api/ws/stream/status")["active_connections"]["total"],
        "the first reader's end",
    )
    assert len(closed(ends[1], 250)) == 250
    assert running[0].is_running()
    ends[1].close()
    wait_for(lambda: not first.rest.get("api/market-data")["feeds"][0]["running"], "the feed's end")
    wait_for(lambda: not running[0].is_running() or running[0].status() == "zombie", "its end")
