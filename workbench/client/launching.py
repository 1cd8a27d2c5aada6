"""Starting a server as a process of its own and waiting until it answers."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from workbench.errors import ServerUnreachable
from workbench.runs import servers
from workbench.runs.children import let_go

START_PATIENCE_S = 60.0
STOP_PATIENCE_S = 10.0


@dataclass(frozen=True)
class Launched:
    """A server this process started.

    Attributes
    ----------
    process
        Its process, in a session of its own: Ctrl-C does not reach it.
    url
        Base address, ending in a slash.
    token
        What it asks for; made for it, and handed over in its environment.
    """

    process: subprocess.Popen[bytes]
    url: str
    token: str

    def stop(self) -> None:
        """End the server and wait for it; runs go on by themselves."""
        _end(self.process)

    def let_go(self) -> None:
        """Leave the server to itself: it goes on when this process ends."""
        let_go(self.process)


def launch(home: Path, arguments: Sequence[str], output: Path) -> Launched:
    """Start ``python -m workbench_server`` on a free loopback port.

    Parameters
    ----------
    home
        The state folder it serves.
    arguments
        Further ones, see ``workbench serve --help``.
    output
        The file its output is appended to; the folder is made.

    Raises
    ------
    ServerUnreachable
        It ended, or did not answer within a minute.
    """
    # Each by itself: the mode does not reach the parents that mkdir makes.
    for folder in (home, output.parent):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    token = secrets.token_urlsafe(24)
    with output.open("ab") as log:
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "workbench_server",
                "--port=0",
                f"--home={home}",
                *arguments,
            ],
            env={**os.environ, "JUPYTER_TOKEN": token},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        url = _address(process, home)
    except BaseException:
        _end(process)
        raise
    if url is None:
        _end(process)
        msg = f"The server did not start; see {output}"
        raise ServerUnreachable(msg, log=str(output))
    return Launched(process, url, token)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_PATIENCE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _address(process: subprocess.Popen[bytes], home: Path) -> str | None:
    deadline = time.monotonic() + START_PATIENCE_S
    while process.poll() is None and time.monotonic() < deadline:
        for candidate in servers.running(home):
            if candidate.pid == process.pid:
                return candidate.url
        time.sleep(0.1)
    return None
