"""Processor time, of this process and of others, and how it is repeated."""

from __future__ import annotations

import ctypes
import gc
import statistics
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple


class Row(NamedTuple):
    """One line of a table.

    Attributes
    ----------
    what
        What was measured.
    ours, peer
        In `unit`; None when there is none.
    unit
        Of `ours` and `peer`.
    against
        What `peer` is: another program, a floor, or the figure asked for.
    note
        What a reader must know to judge it.
    """

    what: str
    ours: float | None
    peer: float | None
    unit: str
    against: str = ""
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """`ours` over `peer`."""
        if self.ours is None or not self.peer:
            return None
        return self.ours / self.peer


def cpu_of_call(call: Callable[[], object]) -> float:
    """Return the processor seconds, user and system, that a call takes in this process."""
    gc.collect()
    before = time.process_time()
    call()
    return time.process_time() - before


def alternate(calls: Mapping[str, Callable[[], object]], times: int) -> dict[str, float]:
    """Return the median processor seconds of each call, taken in turns."""
    taken: dict[str, list[float]] = {name: [] for name in calls}
    for call in calls.values():
        call()  # Once for nothing: imports, caches.
    for _ in range(times):
        for name, call in calls.items():
            taken[name].append(cpu_of_call(call))
    return {name: statistics.median(seconds) for name, seconds in taken.items()}


def cpu_of_process(pid: int) -> float:
    """Return the processor seconds process `pid` has taken so far, to the nanosecond."""
    clock = ctypes.c_int()
    if ctypes.CDLL(None).clock_getcpuclockid(pid, ctypes.byref(clock)):
        raise ProcessLookupError(pid)
    return time.clock_gettime(clock.value)
