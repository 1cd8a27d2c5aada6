"""The demo as a newcomer runs it: a process of its own, a real server, a real worker."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from workbench.runs import servers

ROOT = Path(__file__).resolve().parents[2]


def workbench(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    paths = [str(ROOT), str(ROOT / "extension")]
    return subprocess.run(
        [sys.executable, "-m", "workbench.cli", *arguments],
        env={
            **kept,
            "WORKBENCH_HOME": str(home),
            "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
            "JUPYTER_CONFIG_DIR": str(home / "config"),
            "PYTHONPATH": os.pathsep.join(paths),
            "PYTHONIOENCODING": "utf-8",
        },
        cwd=home.parent,
        capture_output=True,
        encoding="utf-8",
        timeout=110,
        check=False,
    )


@pytest.mark.process
def test_demo_runs_reports_and_leaves_no_server(tmp_path: Path, home: Path) -> None:
    done = workbench(home, "demo", "--speed", "0", "--output", "page.html")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    entries = [line for line in lines if " entry  " in line]
    exits = [line for line in lines if " exit   " in line]
    assert len(entries) == len(exits)
    assert 60 <= len(entries) + len(exits) <= 150
    assert "SmaCross enters" in entries[0]
    assert any(line.startswith("100 %") for line in lines)
    assert any(line.strip().startswith("Sharpe ratio") for line in lines)
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "SYNTHETIC DATA" not in page
    assert page.count('<td class="why">') == len(exits)
    assert not list((home / "servers").glob("*.json"))
    assert home.stat().st_mode & 0o077 == 0
    listed = workbench(home, "runs")
    assert "complete" in listed.stdout
    assert "token" not in done.stdout.lower()


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A state folder; the private server that a command leaves for the next is ended."""
    folder = tmp_path / "home"
    yield folder
    for server in servers.running(folder):
        process = psutil.Process(server.pid)
        process.terminate()
        process.wait(20)


@pytest.mark.process
def test_a_run_that_fails_exits_with_1_and_one_line(home: Path) -> None:
    (home.parent / "boom.py").write_text(
        "import workbench as wb\n"
        "class Boom(wb.Strategy):\n"
        "    def next(self):\n"
        "        raise ValueError('no luck')\n"
    )
    span = ["--symbol", "EUR-USD", "--timeframes", "1H", "--start", "2017-01-01"]
    done = workbench(home, "run", "boom.py:Boom", *span, "--end", "2017-02-28")
    assert done.returncode == 1
    assert "ValueError: no luck" in done.stderr.splitlines()[-1]
    assert "raise ValueError('no luck')" in done.stdout
    # The server that was started is found again, and knows how it ended.
    (server,) = servers.running(home)
    shown = workbench(home, "runs", "list", "--json")
    assert [run["status"] for run in json.loads(shown.stdout)] == ["error"]
    detached = workbench(home, "run", "sma_cross", *span, "--end", "2017-02-28", "--detach")
    assert [one.pid for one in servers.running(home)] == [server.pid]
    run_id = detached.stdout.strip()
    watched = workbench(home, "runs", "watch", run_id, "--json")
    assert watched.returncode == 0
    last = json.loads(watched.stdout.splitlines()[-1])
    assert (last["type"], last["data"]["backtest_id"]) == ("complete", run_id)
    stopped = workbench(home, "runs", "stop", run_id)
    assert stopped.returncode == 1
    assert "can no longer be controlled" in stopped.stderr
