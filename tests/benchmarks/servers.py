"""Real servers in processes of their own, and a state folder with a run to publish to."""

from __future__ import annotations

import json
import os
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import psutil

from workbench.runs.service import RunService

TOKEN = "benchmark"
ROOT = Path(__file__).resolve().parents[2]
RUN = {
    "symbol": "EUR-USD",
    "timeframes": ["1H"],
    "start_date": "2017-01-01",
    "end_date": "2017-03-31",
    "strategy_ids": ["sma_cross"],
}


class Running(NamedTuple):
    """A server that listens."""

    pid: int
    port: int


def new_run(home: Path) -> tuple[RunService, str]:
    """Return the service of a state folder and a run in it whose worker is this process."""
    service = RunService(home, list, max_workers=0)
    run_id = service.start(json.dumps(RUN).encode()).id
    service.registry.set_token(run_id, TOKEN)
    service.registry.set_worker(run_id, os.getpid(), psutil.Process().create_time())
    return service, run_id


@contextmanager
def workbench_server(home: Path) -> Iterator[Running]:
    """Serve a state folder with the extension, as `workbench serve` does."""
    command = [sys.executable, "-m", "workbench_server", f"--home={home}"]
    with _serving(command, home) as running:
        yield running


@contextmanager
def program(name: str, home: Path) -> Iterator[Running]:
    """Run a server that is a module of this package."""
    with _serving([sys.executable, "-m", f"tests.benchmarks.{name}"], home) as running:
        yield running


@contextmanager
def _serving(command: list[str], home: Path) -> Iterator[Running]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    home.mkdir(parents=True, exist_ok=True)
    paths = [str(ROOT), str(ROOT / "extension"), os.environ.get("PYTHONPATH", "")]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        "JUPYTER_TOKEN": TOKEN,
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
    }
    with (home / "server.log").open("ab") as output:
        process = subprocess.Popen(
            [*command, f"--port={port}"], env=environment, stdout=output, stderr=output,
            preexec_fn=_many_files,
        )  # fmt: skip
    try:
        _wait(process, port)
        yield Running(process.pid, port)
    finally:
        process.terminate()
        process.wait(30)


def _many_files() -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 20_000), hard))


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended at once with code {process.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError(f"no server on port {port}")
