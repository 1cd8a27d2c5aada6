"""SIGKILL of the server: the run goes on, and its log is that of an undisturbed run."""

from __future__ import annotations

import shutil
import threading

import psutil
import pytest

from workbench.client.stream import Stream
from workbench.runs import spool

from .conftest import LONG_BODY, essence, follow, start_run, wait_for

YEAR_BODY = {**LONG_BODY, "end_date": "2021-12-31"}
PACE = 6_000
"""Candles a second: slow enough to be killed twice on the way."""
FASTER = 8_000
"""Slow enough to be killed once."""
SHORT_BODY = {**LONG_BODY, "end_date": "2021-01-31"}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """The log of a run over a year when nothing happens to it."""
    from .conftest import ServerProcess

    process = ServerProcess(tmp_path_factory.mktemp("undisturbed"))
    server = process.start()
    run_id = start_run(server, YEAR_BODY)
    follow(server, run_id)
    log = essence(server, run_id)
    process.stop()
    assert log[0]["extra" if "extra" in log[0] else "data"]
    assert log[0]["data"]["bars"] > 30_000
    return log


def progress(server, run_id):
    return server.rest.get(f"api/backtesting/{run_id}")["progress"]


def past(server, run_id, percent):
    """Return how far a run is, once it is further than that."""
    reached = progress(server, run_id)
    return reached if reached > percent else None


@pytest.mark.parametrize("same_port", [True, False])
def test_a_killed_server_loses_and_doubles_nothing(new_server, undisturbed, same_port):
    process = new_server()
    server = process.start()
    run_id = start_run(server, {**YEAR_BODY, "speed": PACE})
    seen = []
    stream = Stream(server, run_id)

    def read():
        seen.extend(stream)

    reader = threading.Thread(target=read)
    if same_port:
        reader.start()
    stood_at = []
    for percent in (5, 35):
        stood_at.append(wait_for(lambda: past(server, run_id, percent), f"{percent} %"))  # noqa: B023
        process.kill()
        server = process.start(process.port if same_port else None)
        assert progress(server, run_id) > 0
    # A slow machine may have come to the end before the second time.
    assert stood_at[0] < 100
    wait_for(
        lambda: server.rest.get(f"api/backtesting/{run_id}")["status"] == "complete",
        "the run's end",
    )
    assert essence(server, run_id) == undisturbed
    if same_port:
        reader.join(60)
        events = [message.eseq for message in seen if isinstance(message.eseq, int)]
        assert events == [entry["eseq"] for entry in undisturbed if "eseq" in entry]


def test_a_run_that_ends_while_no_server_is_there_is_taken_in_by_the_next(new_server, undisturbed):
    process = new_server("--worker-patience=0.5")
    server = process.start()
    run_id = start_run(server, {**YEAR_BODY, "speed": FASTER})
    wait_for(lambda: progress(server, run_id) > 20, "20 %")
    process.kill()
    wait_for(lambda: spool.left(process.home, run_id, ended=False), "the file the run leaves")
    server = process.start()
    wait_for(
        lambda: server.rest.get(f"api/backtesting/{run_id}")["status"] == "complete",
        "the run's end",
    )
    assert essence(server, run_id) == undisturbed
    assert list((process.home / "spool").iterdir()) == []


def test_pending_runs_start_under_the_next_server(new_server):
    process = new_server("--max-workers=1")
    server = process.start()
    first = start_run(server, {**LONG_BODY, "speed": 10})
    second = start_run(server, SHORT_BODY)
    assert server.rest.get(f"api/backtesting/{second}")["status"] == "pending"
    process.kill()
    server = process.start()
    server.rest.post(f"api/backtesting/{first}/control", {"action": "stop"})
    for run_id in (first, second):
        assert follow(server, run_id)[-1].type == "complete"


def test_a_gentle_stop_leaves_the_run_going(new_server, undisturbed):
    process = new_server()
    server = process.start()
    run_id = start_run(server, {**YEAR_BODY, "speed": FASTER})
    wait_for(lambda: progress(server, run_id) > 10, "10 %")
    process.process.terminate()
    process.process.wait(60)
    server = process.start()
    assert follow(server, run_id)[-1].type == "complete"
    assert essence(server, run_id) == undisturbed


def test_a_paused_run_does_not_outlive_its_state_folder(new_server):
    process = new_server()
    server = process.start()
    run_id = start_run(server, {**LONG_BODY, "speed": PACE})
    wait_for(lambda: progress(server, run_id) > 1, "1 %")
    server.rest.post(f"api/backtesting/{run_id}/control", {"action": "pause"})
    (worker,) = [
        child
        for child in psutil.Process(process.process.pid).children()
        if "workbench.runs.worker" in child.cmdline()
    ]
    process.kill()
    assert worker.is_running()
    shutil.rmtree(process.home)
    worker.wait(60)
