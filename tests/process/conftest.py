"""Real servers in processes of their own, on loopback, with state folders of their own."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from workbench.client.discovery import Server
from workbench.client.stream import Stream
from workbench.messages import AnyMessage

TOKEN = "test-token"
LONG_BODY = {
    "symbol": "BTC-USD",
    "timeframes": ["15M"],
    "start_date": "2021-01-01",
    "end_date": "2023-12-31",
    "strategy_ids": ["sma_cross"],
    "strategy_params": {"fast": 50, "slow": 200},
    "seed": 7,
}


def pytest_collection_modifyitems(items):
    for item in items:
        item.add_marker(pytest.mark.process)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class ServerProcess:
    """``python -m workbench_server`` over one state folder; may be killed and started again."""

    def __init__(self, home: Path, *arguments: str) -> None:
        self.home = home
        self.arguments = arguments
        self.process: subprocess.Popen[bytes] | None = None
        self.port = 0

    def start(self, port: int | None = None) -> Server:
        self.port = port or free_port()
        self.home.mkdir(parents=True, exist_ok=True)
        output = (self.home / "server.log").open("ab")
        self.process = subprocess.Popen(
            [
                sys.executable, "-m", "workbench_server",
                f"--port={self.port}", f"--home={self.home}", *self.arguments,
            ],
            env={
                **os.environ,
                "JUPYTER_TOKEN": TOKEN,
                "JUPYTER_RUNTIME_DIR": str(self.home / "runtime"),
                "JUPYTER_CONFIG_DIR": str(self.home / "config"),
            },
            stdout=output,
            stderr=output,
        )  # fmt: skip
        output.close()
        server = Server(f"http://127.0.0.1:{self.port}/", TOKEN)
        wait_for(lambda: answers(server), f"a server on port {self.port}")
        return server

    def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.kill()
        for process in psutil.process_iter(["cmdline"]):
            command = process.info["cmdline"] or []
            if "workbench.runs.worker" in command and _home_of(process) == str(self.home):
                process.kill()


def _home_of(process: psutil.Process) -> str | None:
    try:
        return process.cwd()
    except psutil.Error:
        return None


def answers(server: Server) -> bool:
    try:
        return server.rest.get("api/workbench")["name"] == "workbench"
    except Exception:
        return False


def wait_for(condition: Callable[[], Any], what: str, timeout: float = 60) -> Any:
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        if value := condition():
            return value
        time.sleep(0.02)
    raise AssertionError(f"gave up waiting for {what}")


@pytest.fixture
def new_server(tmp_path):
    made: list[ServerProcess] = []

    def make(*arguments: str, home: str = "home") -> ServerProcess:
        server = ServerProcess(tmp_path / home, *arguments)
        made.append(server)
        return server

    yield make
    for server in made:
        server.stop()


def start_run(server: Server, body: dict[str, Any]) -> str:
    return str(server.rest.post("api/backtesting/start", body)["backtest_id"])


def follow(server: Server, run_id: str, **options: Any) -> list[AnyMessage]:
    return list(Stream(server, run_id, **options))


def essence(server: Server, run_id: str) -> list[Any]:
    """Return a run's whole log, wall-clock fields and the run's name aside."""
    found: list[Any] = []
    since = 0
    while True:
        page = server.rest.get(f"api/backtesting/{run_id}/events", {"since": since})
        for message in page["events"]:
            del message["timestamp"]
            text = json.dumps(message, sort_keys=True).replace(run_id, "RUN")
            found.append(json.loads(text))
        if page["next"] >= page["seq"]:
            return found
        since = page["next"]
