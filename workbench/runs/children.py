"""The processes that this one has started: each is kept until it has ended or is let go."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress

KEPT_CODES = 1000
"""So many exit codes that nobody has asked for are kept, the latest."""


class Children:
    """Processes started here, by number.

    A process whose threads are still ending looks like one that has ended, a moment before it can
    be waited for. So it is not enough to see that one is gone: it is kept until it was reaped.
    """

    def __init__(self) -> None:
        self._running: dict[int, subprocess.Popen[bytes]] = {}
        self._codes: dict[int, int] = {}

    def add(self, child: subprocess.Popen[bytes]) -> None:
        """Take a process that was just started."""
        self._running[child.pid] = child
        self._codes.pop(child.pid, None)

    def reap(self) -> None:
        """Note the processes that have ended."""
        for pid, child in list(self._running.items()):
            code = child.poll()
            if code is not None:
                del self._running[pid]
                self._codes[pid] = code
        while len(self._codes) > KEPT_CODES:
            del self._codes[next(iter(self._codes))]

    def ends(self, pid: int) -> bool:
        """Tell whether a process that looks gone is still ending; what goes on in it is killed.

        Never of a process that was started elsewhere.
        """
        self.reap()
        if pid not in self._running:
            return False
        with suppress(ProcessLookupError):
            # Its main thread may have left without the others.
            os.kill(pid, signal.SIGKILL)
        return True

    def code(self, pid: int) -> int | None:
        """Return with which code a process ended, once; None where it was started elsewhere."""
        return self._codes.pop(pid, None)

    def release(self) -> None:
        """Let go of the processes, which go on."""
        for child in self._running.values():
            let_go(child)
        self._running.clear()


def let_go(child: subprocess.Popen[bytes]) -> None:
    """Have a process go on by itself: nobody here waits for its end any more."""
    if child.poll() is None:
        # Known as ended, or the interpreter warns of a process left running.
        child.returncode = 0
