"""Real servers in processes of their own, on loopback, that may be killed and started again."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from workbench.client.server import Server

TOKEN = "test-token"


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
        wait_for(lambda: answers(server), f"a server on port {self.port}", 120)
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
        end_workers(self.home)


def end_workers(home: Path) -> None:
    """End what works for a state folder, which is where it works: it outlives its server."""
    ended = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.cwd() == str(home):
                process.kill()
                ended.append(process)
    wait_for(lambda: all(map(gone, ended)), "the end of what was killed")


def gone(process: psutil.Process) -> bool:
    """Tell whether a process has ended, though its parent may not know yet."""
    try:
        return bool(process.status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


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
