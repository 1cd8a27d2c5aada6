"""Starting a producer's process, and reading what it wrote: for runs and for feeds."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Collection, Sequence
from pathlib import Path

import msgspec
import psutil

SPAWN_ERRORS = (OSError, psutil.Error)
LOG_TAIL_BYTES = 64 * 1024
SECRET = re.compile(r"WORKBENCH_.+_(KEY|SECRET|PASSWORD)")
"""Environment variables that hold keys of exchanges' accounts: see `sessions.exchange.keys`."""


def spawn(
    module: str,
    job: msgspec.Struct,
    home: Path,
    output: Path,
    *,
    python: str | None = None,
    paths: Sequence[str] = (),
    secrets: Collection[str] = (),
) -> tuple[subprocess.Popen[bytes], float]:
    """Start ``python -m module`` in a session of its own; return its process and when it began.

    Parameters
    ----------
    module
        What to run.
    job
        What it is handed, as JSON on standard input: nothing secret is in an argument.
    home
        The state folder, its working directory.
    output
        The file that what it writes is appended to, called by the name of the run, session or
        feed. That is its one argument: a list of processes tells which is which.
    python, paths
        Interpreter and module search path, this process's own where absent.
    secrets
        Names of the variables with keys of exchanges that it needs; it gets none of the others.

    Raises
    ------
    OSError, psutil.Error
        It could not be started; see `SPAWN_ERRORS`.
    """
    output.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    environment = {
        name: value for name, value in os.environ.items()
        if name in secrets or not SECRET.fullmatch(name)
    }  # fmt: skip
    if paths:
        environment["PYTHONPATH"] = os.pathsep.join(paths)
    with output.open("ab") as file, tempfile.TemporaryFile() as handed:
        handed.write(msgspec.json.encode(job))
        handed.seek(0)
        child = subprocess.Popen(
            [python or sys.executable, "-m", module, output.stem],
            stdin=handed,
            stdout=file,
            stderr=subprocess.STDOUT,
            env=environment,
            cwd=home,
            start_new_session=True,
        )
    try:
        return child, psutil.Process(child.pid).create_time()
    except BaseException:
        child.kill()
        child.wait()
        raise


def log_path(home: Path, name: str) -> Path:
    """Return the file that holds what a producer's processes wrote."""
    return home / "logs" / f"{name}.log"


def log_tail(home: Path, name: str, lines: int = 20) -> list[str]:
    """Return the last lines a producer's processes wrote."""
    try:
        with log_path(home, name).open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - LOG_TAIL_BYTES))
            text = file.read().decode(errors="replace")
    except FileNotFoundError:
        return []
    return text.splitlines()[-lines:]
