"""Processes of live sessions that die on a given step: forked, so that a death costs little.

Reads a `Birth` a line on standard input; for each, a process is forked that runs the session, and
its end is written as a line: the exit code, or the signal below 0.
"""

from __future__ import annotations

import importlib
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec

SUPPORT = Path(__file__).parent


class Birth(msgspec.Struct, omit_defaults=True):
    """A session's process.

    `fuse` is the step on which it is killed: each writing to the journal, message, command, and
    order in the broker's ledger has one before and one after it.
    """

    job: Any
    session: str = "real"
    ledger: str | None = None
    fuse: int | None = None
    closing: bool = False


class Nursery:
    """Starts processes of sessions, one after the other."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(SUPPORT), *sys.path])},
        )

    def run(self, job: Any, **options: Any) -> int:
        """Run a process to its end; return its exit code, or the signal below 0."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(msgspec.json.encode(Birth(job, **options)) + b"\n")
        stdin.flush()
        return int(stdout.readline())

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(30)
        assert self._process.stdout is not None
        self._process.stdout.close()


def _live(birth: Birth) -> int:
    from counting_session import CountingSession
    from dicey_session import DiceySession
    from ledger_broker import LedgerBroker

    from workbench.sessions import closing, running, worker
    from workbench.sessions.job import LiveJob
    from workbench.sessions.journal import Journal
    from workbench.sessions.running import Running

    job = msgspec.convert(birth.job, LiveJob)
    running.EVERY_PIECES = 20
    steps = 0

    def step() -> None:
        nonlocal steps
        steps += 1
        if steps == birth.fuse:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(owner: Any, name: str) -> None:
        done = getattr(owner, name)

        def wrapped(*args: Any, **named: Any) -> Any:
            step()
            result = done(*args, **named)
            step()
            return result

        setattr(owner, name, wrapped)

    for owner, name in (
        (Journal, "append"), (Journal, "tell"), (Journal, "keep"), (Journal, "settle"),
        (Running, "_tell"), (LedgerBroker, "send"), (LedgerBroker, "enter"),
    ):  # fmt: skip
        around(owner, name)

    def broker() -> LedgerBroker | None:
        return None if birth.ledger is None else LedgerBroker(Path(birth.ledger))

    if birth.closing:
        return closing.wind_up(job, broker, patience=5.0)

    def make(begun: Any, emit: Any, route: Any) -> Any:
        kinds = {"counting": CountingSession, "dicey": DiceySession}
        return kinds.get(birth.session, worker.session_of)(job, begun, emit, route)

    return worker.carry_on(job, make, broker)


def main() -> None:
    # What the processes would import each for itself.
    for name in (
        "counting_session", "dicey_session", "ledger_broker", "talib",
        "workbench.engine.strategies.sma_cross",
        "workbench.feeds.replay", "workbench.feeds.synthetic", "workbench.sessions.worker",
        "workbench.sweeps.parcel", "workbench.trading.session",
    ):  # fmt: skip
        importlib.import_module(name)
    for line in sys.stdin.buffer:
        birth = msgspec.json.decode(line, type=Birth)
        pid = os.fork()
        if pid == 0:
            code = 99
            try:
                code = _live(birth)
            finally:
                sys.stderr.flush()
                os._exit(code)
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
