"""What a run that has not begun waits for, in words: pure."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.runs.records import RunRecord

NAMED = 5
"""So many of the runs that are at work are named."""


def waits_for(record: RunRecord, busy: Sequence[str], workers: int) -> str | None:
    """Return what a run waits for; None if it is not pending.

    Parameters
    ----------
    record
        The run.
    busy
        Ids of the runs that have a worker.
    workers
        Runs at once; 0 where there is no server to start any.
    """
    if record.status != "pending":
        return None
    if not record.spawned:
        return "waiting for the program that publishes it to tell something"
    if record.pid is not None:
        return f"waiting for its worker, process {record.pid}, to begin"
    if workers < 1:
        return "waiting for a server that starts workers: none runs over this state folder"
    if len(busy) < workers:
        return "waiting for its worker to be started"
    more = len(busy) - NAMED
    ids = ", ".join(busy[:NAMED]) + (f" and {more} more" if more > 0 else "")
    verb = "is" if len(busy) == 1 else "are"
    return f"waiting for a free worker: {len(busy)} of {workers} {verb} busy ({ids})"
