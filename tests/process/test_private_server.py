"""A script where no Jupyter server is: one of its own, and the run outlives the script."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest
from server_process import end_workers

from workbench.client.server import Server
from workbench.runs import servers

from .conftest import wait_for

SCRIPT = """
import workbench as wb

class Mine(wb.Strategy):
    every = 200

    def next(self):
        if len(self.close) % self.every == 0:
            self.position.close() if self.position else self.enter_long(quantity=100)

run = wb.start(Mine, symbol="EUR-USD", timeframes="1h", start="2017-01-01", end="2017-12-29",
               every=100, speed=2000)
print("ID", run.id, flush=True)
print(run, flush=True)
input()
"""
ATTACH = """
import sys
import workbench as wb

run = wb.attach(sys.argv[1]).wait(60)
print(run.status, len(run.trades), run.metrics["total_trades"], len(run.equity))
print(wb.list_runs().loc[run.id, "status"])
same = wb.backtest("sma_cross", symbol="EUR-USD", timeframes=["1H"], start="2017-01-01",
                   end="2017-12-29", fast=20)
print("SmaCross(fast=20" in repr(same))
"""


@pytest.fixture
def environment(tmp_path):
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "PYTHONPATH") if name in os.environ}
    home = tmp_path / "home"
    yield {
        **kept,
        "WORKBENCH_HOME": str(home),
        "JUPYTER_RUNTIME_DIR": str(tmp_path / "runtime"),
        "JUPYTER_CONFIG_DIR": str(tmp_path / "config"),
    }
    for server in servers.running(home):
        os.kill(server.pid, signal.SIGTERM)
        wait_for(lambda s=server: not servers.alive(s.pid, s.started), "the server's end")
    end_workers(home)


def test_a_run_outlives_the_script_that_started_it(environment, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    process = subprocess.Popen(
        [sys.executable, str(script)],
        env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    said = [process.stdout.readline() for _ in range(3)]
    assert said[0].startswith("No Jupyter server here: started a private one at http://127.0.0.1:")
    run_id = said[1].split()[1]
    assert run_id in said[2]
    process.kill()
    process.wait()
    process.stdin.close()
    process.stdout.close()
    again = tmp_path / "again.py"
    again.write_text(ATTACH)
    done = subprocess.run(
        [sys.executable, str(again), run_id],
        env=environment, capture_output=True, text=True, timeout=100,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    first, listed, named = done.stdout.splitlines()
    status, trades, total, points = first.split()
    assert (status, listed, named) == ("complete", "complete", "True")
    assert int(trades) == int(total) == 31
    assert int(points) > 1000


def test_the_token_is_nowhere_but_in_the_servers_own_file(environment, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT.replace("input()", "print(run.server.token, vars(run), repr(run))"))
    done = subprocess.run(
        [sys.executable, str(script)], env=environment, capture_output=True, text=True, timeout=100
    )
    assert done.returncode == 0, done.stderr
    token = done.stdout.splitlines()[-1].split()[0]
    assert len(token) > 20
    assert done.stdout.count(token) == 1
    written = [p for p in (tmp_path / "home").rglob("*") if p.is_file()]
    assert len(written) > 3
    assert [p for p in written if token.encode() in p.read_bytes()] == []


def test_a_server_that_is_named_but_not_there_is_told(environment):
    code = "import workbench as wb; wb.list_runs(url='http://127.0.0.1:9/')"
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60
    )
    assert "ServerUnreachable: No server answers at http://127.0.0.1:9/" in done.stderr
    assert repr(Server("http://x/", "secret")).count("secret") == 0
