"""Which finished runs go when there are too many, or they are too old."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from workbench.errors import NotFound
from workbench.messages import FINAL_STATUSES, parse_time

if TYPE_CHECKING:
    from workbench.runs.service import RunService

log = logging.getLogger(__name__)

DAY_S = 86_400


class Stored(NamedTuple):
    """A run and what it takes.

    Attributes
    ----------
    id, status
        Which, and in which state.
    finished
        When it ended, ISO 8601, UTC; None while it goes on.
    bytes
        Of its messages.
    """

    id: str
    status: str
    finished: str | None
    bytes: int


def surplus(
    runs: Sequence[Stored],
    *,
    now: float,
    keep_days: float | None = None,
    keep_bytes: int | None = None,
    in_use: Collection[str] = (),
) -> list[Stored]:
    """Return the runs to delete, the one that ended first at the front.

    Only runs that have ended, and that nobody follows, are among them.

    Parameters
    ----------
    runs
        All there are.
    now
        Seconds since the epoch.
    keep_days
        Runs that ended longer ago go; None for never.
    keep_bytes
        The oldest go until all together take no more; None for no bound.
    in_use
        Ids of runs that have subscribers.
    """
    ended = [
        (parse_time(run.finished) / 1000, run)
        for run in runs
        if run.finished is not None and run.status in FINAL_STATUSES and run.id not in in_use
    ]
    total = sum(run.bytes for run in runs)
    chosen = []
    for finished, run in sorted(ended):
        too_old = keep_days is not None and now - finished > keep_days * DAY_S
        too_much = keep_bytes is not None and total > keep_bytes
        if not (too_old or too_much):
            break
        chosen.append(run)
        total -= run.bytes
    return chosen


class Retention:
    """Deletes what is surplus in a state folder.

    Parameters
    ----------
    service
        Its runs.
    keep_days, keep_bytes
        See `surplus`.
    in_use
        Called for the ids of runs that have subscribers.
    """

    def __init__(
        self,
        service: RunService,
        keep_days: float | None,
        keep_bytes: int | None,
        in_use: Callable[[], Collection[str]],
    ) -> None:
        self._service = service
        self._keep_days = keep_days
        self._keep_bytes = keep_bytes
        self._in_use = in_use

    def apply(self, now: float) -> Iterator[str]:
        """Delete run by run, yielding the id of each; between two the caller may do else."""
        if self._keep_days is None and self._keep_bytes is None:
            return
        chosen = surplus(
            stored(self._service),
            now=now,
            keep_days=self._keep_days,
            keep_bytes=self._keep_bytes,
            in_use=self._in_use(),
        )
        deleted = []
        for run in chosen:
            # Others had their turn since: someone may have come to read it.
            if run.id in self._in_use():
                continue
            try:
                self._service.delete(run.id)
            except NotFound:
                continue
            days = (now - parse_time(run.finished or "") / 1000) / DAY_S
            log.info(
                "run %s is deleted: ended %s, %.1f days ago, %d bytes",
                run.id, run.finished, days, run.bytes,
            )  # fmt: skip
            deleted.append(run)
            yield run.id
        if deleted:
            log.warning(
                "%d finished runs, %d bytes, were deleted: keep_days is %s, keep_bytes %s",
                len(deleted), sum(run.bytes for run in deleted), self._keep_days,
                self._keep_bytes,
            )  # fmt: skip


def stored(service: RunService) -> list[Stored]:
    """Return what the runs of a state folder take."""
    found = []
    for record in service.registry.list():
        info = service.log.info(record.id)
        size = info.bytes if info else 0
        found.append(Stored(record.id, record.status, record.finished, size))
    return found
