"""Going on with a sweep that ended before it was done: pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import msgspec
from msgspec import structs

from workbench.errors import Conflict, InvalidRequest, NotFound
from workbench.messages import FINAL_STATUSES, Sweep, SweepData
from workbench.runs.combination import check_known
from workbench.runs.records import RunRecord
from workbench.runs.spec import RunSpec
from workbench.streams import Entry
from workbench.sweeps.known import is_lost

_sweep: msgspec.json.Decoder[Sweep] = msgspec.json.Decoder(Sweep)


def wanted(record: RunRecord, rows: Callable[[], Iterable[SweepData]]) -> RunSpec:
    """Return the sweep that goes on with an ended one.

    Parameters
    ----------
    record
        The ended one.
    rows
        Called for its rows.

    Raises
    ------
    InvalidRequest
        The run is no sweep.
    Conflict
        It goes on still, nothing of it is missing, or its strategy is not known here.
    """
    spec = record.spec
    if spec.sweep is None:
        msg = f"{record.id} is a backtest, not a sweep: start it again"
        raise InvalidRequest(msg, field="backtest_id", value=record.id, allowed="a sweep")
    if record.status not in FINAL_STATUSES:
        msg = f"Sweep {record.id} is {record.status}: control it with pause and resume"
        raise Conflict(msg, field="backtest_id", value=record.id, allowed=list(FINAL_STATUSES))
    if record.status == "complete" and not any(map(is_lost, rows())):
        msg = f"Sweep {record.id} is complete: no combination is missing"
        raise Conflict(msg, field="backtest_id", value=record.id, allowed=["error", "stopped"])
    if record.strategy is None:
        if not record.spawned:
            # Its constraint stayed with it.
            msg = f"Sweep {record.id} was driven by a program: resume it there, with executor="
            raise Conflict(msg, field="backtest_id", value=record.id, allowed="executor=")
        check_known(record)
    return structs.replace(spec, sweep=structs.replace(spec.sweep, resumed_from=record.id))


def check_new(spec: RunSpec) -> None:
    """Check that a start request does not pass for one that goes on.

    Raises
    ------
    InvalidRequest
        It does.
    """
    if spec.sweep is not None and spec.sweep.resumed_from is not None:
        found = spec.sweep.resumed_from
        msg = f"sweep.resumed_from is {found!r}: go on with a sweep by POST …/{{id}}/resume"
        raise InvalidRequest(msg, field="sweep.resumed_from", value=found, allowed=None)


def rows_before(
    run_id: str | None,
    find: Callable[[str], Sequence[SweepData]],
    resumed_from: Callable[[str], str | None],
) -> list[SweepData]:
    """Return the rows that a sweep takes over, the oldest first.

    Parameters
    ----------
    run_id
        The sweep it goes on with, which may itself have gone on with another one, and have ended
        before it had told all of that one's rows.
    find
        Returns a sweep's rows; raises `NotFound` where it was deleted.
    resumed_from
        Returns what a sweep went on with.
    """
    found: list[SweepData] = []
    while run_id is not None:
        try:
            found = [*find(run_id), *found]
            run_id = resumed_from(run_id)
        except NotFound:
            break
    return found


def rows_in(entries: Iterable[Entry]) -> list[SweepData]:
    """Return the rows in a part of a log."""
    return [_sweep.decode(entry.wire).data for entry in entries]
