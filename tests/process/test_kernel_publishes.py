"""A script that publishes its own run: it dies, the server dies, nobody is there at the end."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import textwrap
import threading

import pytest

import workbench as wb
from workbench.errors import Conflict, WorkerLost
from workbench.messages import TradeChecksum
from workbench.runs import spool

from .conftest import ServerProcess, wait_for

START = 1_704_067_200_000
HOUR = 3_600_000


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server that nothing happens to."""
    process = ServerProcess(tmp_path_factory.mktemp("publishing"))
    yield process.start()
    process.stop()


def publishing(server, **options):
    return wb.publish("mine", symbol="X", timeframes="1H", server=server, **options)


def status(server, run_id):
    return server.rest.get(f"api/backtesting/{run_id}")["status"]


def equities(server, run_id):
    return server.rest.get(f"api/backtesting/{run_id}/equity")["equity"]


def test_it_is_followed_and_ends_as_told(server):
    with publishing(server, tags=["t"]) as stream:
        for hour in range(48):
            stream.equity(START + hour * HOUR, 10_000 + hour)
            if hour % 10 == 5:
                trade = stream.trade_entry("long", 100, START + hour * HOUR, 1)
            if hour % 10 == 9:
                stream.trade_exit(trade, 101, START + hour * HOUR, "signal")
    run = stream.run.wait(30)
    assert run.status == "complete"
    assert len(run.equity) == 48
    assert len(run.trades) == 4
    messages = list(run.follow())
    last = messages[-1]
    sums = TradeChecksum()
    for message in messages:
        if message.type == "trade":
            sums.add(message)
    assert (last.extra.trades, last.extra.crc32) == (9, sums.value)
    assert sums.count == 9
    assert last.data.metrics.total_trades == 4
    assert last.data.metrics.total_return == pytest.approx(0.47)
    assert stream.id in wb.list_runs(server=server).index
    with pytest.raises(Conflict, match="completed"):
        stream.equity(START, 1)


def test_an_exception_ends_the_run_and_goes_on_to_the_caller(server):
    with pytest.raises(ZeroDivisionError), publishing(server) as stream:
        stream.equity(START, 1 / 0)
    result = server.rest.get(f"api/backtesting/{stream.id}")["result"]
    assert result["extra"]["code"] == "strategy_error"
    assert result["data"]["error"] == "ZeroDivisionError: division by zero"
    with pytest.raises(KeyboardInterrupt), publishing(server) as stream:
        raise KeyboardInterrupt
    assert status(server, stream.id) == "stopped"


def test_viewers_pause_step_and_stop_it(server):
    seen = []
    with publishing(server, on_control=lambda command: seen.append(command.action)) as stream:
        wait_for(lambda: status(server, stream.id) == "running", "the run")
        stream.run.pause()
        wait_for(lambda: stream.paused, "the pause")
        stream.run.step(2)
        wait_for(lambda: "step" in seen, "the steps")
        assert stream.wait_if_paused()
        assert stream.wait_if_paused()
        standing = threading.Thread(target=stream.wait_if_paused)
        standing.start()
        wait_for(lambda: status(server, stream.id) == "paused", "the status")
        stream.run.resume()
        standing.join(30)
        assert not standing.is_alive()
        wait_for(lambda: status(server, stream.id) == "running", "the status")
        stream.run.stop()
        wait_for(lambda: stream.stopped, "the stop")
        assert not stream.wait_if_paused()
    assert seen == ["pause", "step", "resume", "stop"]
    assert status(server, stream.id) == "stopped"


def test_a_killed_server_loses_and_doubles_nothing(new_server):
    process = new_server()
    server = process.start()
    with publishing(server) as stream:
        for point in range(2000):
            stream.equity(START + point * HOUR, float(point + 1))
        wait_for(lambda: equities(server, stream.id), "some points")
        process.kill()
        # On another port: the publisher finds it by the state folder.
        server = process.start()
        for point in range(2000, 4000):
            stream.equity(START + point * HOUR, float(point + 1))
    assert equities(server, stream.id) == list(range(1, 4001))
    assert status(server, stream.id) == "complete"


def test_what_no_server_took_is_left_for_the_next(new_server):
    process = new_server()
    server = process.start()
    with publishing(server, patience=0.1) as stream:
        stream.equity(START, 1.0)
        wait_for(lambda: equities(server, stream.id) == [1.0], "the first point")
        process.kill()
        for point in range(1, 3001):
            stream.equity(START + point * HOUR, float(point + 1))
    server = process.start()
    wait_for(lambda: status(server, stream.id) == "complete", "the end")
    assert equities(server, stream.id) == list(range(1, 3002))
    assert not list((process.home / "spool").iterdir())


def test_a_script_that_is_killed_is_told_with_all_it_has_said(server):
    script = textwrap.dedent(
        f"""
        import time, workbench as wb
        with wb.publish("doomed", url={server.url!r}, token={server.token!r}) as stream:
            for point in range(2000):
                stream.equity({START} + point * {HOUR}, float(point + 1))
            stream.progress(50, {START})
            print(stream.id, flush=True)
            time.sleep(600)
        """
    )
    child = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    try:
        run_id = child.stdout.readline().strip()
        wait_for(lambda: len(equities(server, run_id)) == 2000, "the points")
    finally:
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        child.stdout.close()
    run = wb.attach(run_id, server=server)
    with pytest.raises(WorkerLost, match="that published the run ended"):
        run.wait(30)
    assert equities(server, run_id) == list(range(1, 2001))


def test_a_script_killed_while_no_server_is_there_is_told_with_all_it_has_said(new_server):
    process = new_server()
    server = process.start()
    script = textwrap.dedent(
        f"""
        import sys, workbench as wb
        with wb.publish("doomed", url={server.url!r}, token={server.token!r}) as stream:
            stream.equity({START}, 1.0)
            print(stream.id, flush=True)
            for first in (1, 1500):
                sys.stdin.readline()
                for point in range(first, 1500 * (1 + first // 1500)):
                    stream.equity({START} + point * {HOUR}, float(point))
                print("said", flush=True)
            sys.stdin.readline()
        """
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        try:
            run_id = child.stdout.readline().strip()
            wait_for(lambda: equities(server, run_id) == [1.0], "the first point")
            process.kill()
            print(file=child.stdin, flush=True)
            assert child.stdout.readline() == "said\n"
            # From when it misses the server on, nothing is lost that it says.
            wait_for(lambda: spool.left(process.home, run_id, ended=True), "what it keeps")
            print(file=child.stdin, flush=True)
            assert child.stdout.readline() == "said\n"
        finally:
            child.kill()
    server = process.start()
    with pytest.raises(WorkerLost, match="what it said last may be missing"):
        wb.attach(run_id, server=server).wait(30)
    assert equities(server, run_id) == [1, *range(1, 3000)]
    assert not list((process.home / "spool").iterdir())


def test_a_run_that_is_deleted_ends_the_block(server):

    def publish_until_refused():
        with publishing(server) as stream:
            stream.run.delete()
            for hour in itertools.takewhile(lambda _: stream.wait_if_paused(), itertools.count()):
                stream.equity(START + hour * HOUR, 1.0)

    with pytest.raises(Conflict, match="takes no more messages"):
        publish_until_refused()
