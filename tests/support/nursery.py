"""Processes that die on a given step: forked from one that has imported all, so it costs little.

That one reads a birth a line on standard input; for each it forks a process, and writes its end as
a line: the exit code, or the signal below 0.
"""

from __future__ import annotations

import asyncio
import importlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import IO, Any

import msgspec

SUPPORT = Path(__file__).parent
LONGEST_S = 600.0


class Nursery:
    """Starts processes, one after the other.

    Parameters
    ----------
    program
        The file that calls `serve`.
    output
        Where it writes what it says aside; none for where this process does.
    environment
        Variables it gets besides.
    """

    def __init__(
        self,
        program: str,
        output: IO[bytes] | None = None,
        environment: dict[str, str] | None = None,
    ) -> None:
        path = os.pathsep.join([str(SUPPORT), *sys.path])
        self._process = subprocess.Popen(
            [sys.executable, program],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=output,
            env={**os.environ, **(environment or {}), "PYTHONPATH": path},
        )  # fmt: skip

    def bear(self, birth: msgspec.Struct) -> int:
        """Run a process to its end; return its exit code, or the signal below 0."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(msgspec.json.encode(birth) + b"\n")
        stdin.flush()
        return int(stdout.readline())

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(30)
        assert self._process.stdout is not None
        self._process.stdout.close()


def lay_fuse(fuse: int | None, places: Iterable[tuple[Any, str]]) -> None:
    """Kill this process on a step: each call of a function has one before and one after it."""
    steps = 0

    def step() -> None:
        nonlocal steps
        steps += 1
        if steps == fuse:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(owner: Any, name: str) -> None:
        done = getattr(owner, name)

        def wrapped(*args: Any, **named: Any) -> Any:
            step()
            result = done(*args, **named)
            step()
            return result

        async def awaited(*args: Any, **named: Any) -> Any:
            step()
            result = await done(*args, **named)
            step()
            return result

        setattr(owner, name, awaited if asyncio.iscoroutinefunction(done) else wrapped)

    for owner, name in places:
        around(owner, name)


def serve(kind: type[Any], live: Callable[[Any], int], imports: Sequence[str]) -> None:
    """Read births of a kind from standard input and have each live in a process of its own.

    A birth may have `seconds`, after which its process is killed, whatever it does.
    """
    # What the processes would import each for itself.
    for name in imports:
        importlib.import_module(name)
    for line in sys.stdin.buffer:
        birth = msgspec.json.decode(line, type=kind)
        pid = os.fork()
        if pid == 0:
            code = 99
            try:
                code = live(birth)
            finally:
                sys.stderr.flush()
                os._exit(code)
        seconds = getattr(birth, "seconds", None) or LONGEST_S
        end = threading.Timer(seconds, os.kill, (pid, signal.SIGKILL))
        end.start()
        _, status = os.waitpid(pid, 0)
        end.cancel()
        end.join()
        print(os.waitstatus_to_exitcode(status), flush=True)
