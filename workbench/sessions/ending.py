"""Ends a session's process together with all that its strategy has started."""

from __future__ import annotations

import contextlib
import os
import signal

import psutil

ROUNDS = 20
"""What is being forked while the others are looked for is found the next time."""


def end(pid: int) -> None:
    """Kill a session's process, the others of its session, and its descendants.

    The process leads a session of its own (see `workbench.runs.spawning.spawn`): what it forks is
    in there, and what has left is still its child.
    """
    with contextlib.suppress(ProcessLookupError):
        # It is to start no more while the others are looked for.
        os.kill(pid, signal.SIGSTOP)
    _kill(pid)


def end_others() -> None:
    """Kill all that this process has started, if it leads a session of its own."""
    if _session(os.getpid()) == os.getpid():
        _kill(os.getpid())


def end_left(pid: int) -> None:
    """Kill what a process that is gone has left in its session.

    Its number is nobody else's as long as somebody is in there.
    """
    if not psutil.pid_exists(pid):
        end(pid)


def family(pid: int) -> list[psutil.Process]:
    """Return a process, its descendants, and those of its session, but not this one."""
    found: dict[int, psutil.Process] = {}
    for one in psutil.process_iter():
        if one.pid == pid or _session(one.pid) == pid:
            found[one.pid] = one
    for one in list(found.values()):
        with contextlib.suppress(psutil.NoSuchProcess):
            found |= {child.pid: child for child in one.children(recursive=True)}
    found.pop(os.getpid(), None)
    return list(found.values())


def _kill(pid: int) -> None:
    for _ in range(ROUNDS):
        found = [one for one in family(pid) if _alive(one)]
        if not found:
            return
        for one in found:
            with contextlib.suppress(psutil.NoSuchProcess):
                one.kill()


def _session(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except OSError:
        return None


def _alive(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
