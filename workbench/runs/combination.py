"""A combination of a sweep as an ordinary run: pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal

import msgspec
from msgspec import Struct, structs

from workbench.errors import Conflict, InvalidRequest, UnknownStrategy
from workbench.messages import Sweep, SweepData, iso_time, parse_time
from workbench.runs.records import RunRecord
from workbench.runs.request import parse_body
from workbench.runs.spec import RunSpec
from workbench.streams import Entry
from workbench.sweeps.account import parted
from workbench.sweeps.spec import Value
from workbench.timeframes import Timeframe

if TYPE_CHECKING:
    from workbench.engine import Strategy

_sweep: msgspec.json.Decoder[Sweep] = msgspec.json.Decoder(Sweep)


class OpenRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of `POST /api/backtesting/{id}/open`: a row of the sweep, or parameters.

    Attributes
    ----------
    number, sample, split
        Those of the row, as its `sweep` message tells them; the run has its candles. `sample` is
        ``all`` (of a walk-forward sweep ``in``) and `split` 0 if left out.
    params
        Instead: the values of all parameters that are tried, of a combination that is done. The run
        has all the sweep's candles.
    """

    number: int | None = None
    sample: Literal["all", "in", "out"] | None = None
    split: int = 0
    params: dict[str, Value] | None = None


def wanted(record: RunRecord, body: bytes, rows: Callable[[], Sequence[Entry]]) -> RunSpec:
    """Return the run a request asks for.

    Parameters
    ----------
    record
        The sweep.
    body
        An `OpenRequest` as JSON.
    rows
        Called for the sweep's rows so far.

    Raises
    ------
    InvalidRequest
        The run is no sweep, or has no such row yet.
    Conflict
        The sweep's strategy is not known here.
    """
    spec = record.spec
    request = parse_body(body, OpenRequest)
    if spec.sweep is None:
        msg = f"{record.id} is a backtest, not a sweep: it has no combinations to open"
        raise InvalidRequest(msg, field="backtest_id", value=record.id, allowed="a sweep")
    if (request.number is None) == (request.params is None):
        msg = "Name a row by its number, or give params: one of the two"
        raise InvalidRequest(msg, field="number", value=request.number, allowed="one of the two")
    changes: dict[str, Any] = {"name": spec.name}
    params = request.params
    if params is not None:
        _check_done(record, params, rows)
    else:
        row = _row(record.id, request, rows())
        params = row.params
        changes["name"] = f"{spec.name} #{row.number}"
        if row.sample != "all":
            changes["name"] += f" ({row.sample} of sample {row.split})"
            changes |= _range(spec, row)
    own, account = parted(params)
    values = {**spec.strategy_params, **own}
    changes["strategy_params"] = values if record.strategy else _checked(record, values)
    return structs.replace(spec, sweep=None, **changes, **account)


def _check_done(
    record: RunRecord, params: dict[str, Value], rows: Callable[[], Sequence[Entry]]
) -> None:
    """Check that the sweep has tried a combination."""
    assert record.spec.sweep is not None
    space = record.spec.sweep.space
    if missing := [name for name in space if name not in params]:
        msg = f"params lacks {', '.join(missing)}"
        raise InvalidRequest(msg, field="params", value=params, allowed=list(space))
    for name, value in params.items():
        if name not in space:
            msg = f"params has {name}, which {record.id} does not try"
            raise InvalidRequest(msg, field=f"params.{name}", value=value, allowed=list(space))
        if not any(_same(value, one) for one in space[name]):
            msg = f"params.{name} is {value!r}, which {record.id} does not try"
            raise InvalidRequest(msg, field=f"params.{name}", value=value, allowed=space[name])
    for entry in rows():
        row = _sweep.decode(entry.wire).data
        if row.params and all(_same(params[name], row.params[name]) for name in space):
            return
    shown = ", ".join(f"{name}={value!r}" for name, value in params.items())
    msg = f"{record.id} has no row with {shown}: it is to come, or not part of the sweep"
    raise InvalidRequest(msg, field="params", value=params, allowed="a combination that is done")


def _same(one: Value, other: Value) -> bool:
    # True is no 1.
    return one == other and isinstance(one, bool) is isinstance(other, bool)


def _row(run_id: str, request: OpenRequest, entries: Sequence[Entry]) -> SweepData:
    samples = ("all", "in") if request.sample is None else (request.sample,)
    for entry in entries:
        row = _sweep.decode(entry.wire).data
        if (row.number, row.split) == (request.number, request.split) and row.sample in samples:
            if not row.params:
                break
            return row
    msg = f"{run_id} has no row {request.number}, split {request.split}, {' or '.join(samples)}"
    raise InvalidRequest(msg, field="number", value=request.number, allowed="a row that is done")


def _range(spec: RunSpec, row: SweepData) -> dict[str, str]:
    step = min(Timeframe.parse(name) for name in spec.timeframes).ms
    return {"start_date": row.start, "end_date": iso_time(parse_time(row.end) + step)}


def _checked(record: RunRecord, values: dict[str, Any]) -> dict[str, Any]:
    checked: dict[str, Any] = check_known(record).with_parameters(values)
    return checked


def check_known(record: RunRecord) -> type[Strategy]:
    """Return the class of a run's registered strategy.

    Raises
    ------
    Conflict
        There is none of this name.
    """
    from workbench.engine.strategies.registry import get

    name = record.spec.strategy_ids[0]
    try:
        return get(name)
    except UnknownStrategy as error:
        msg = (
            f"The strategy {name!r} of {record.id} is only known to the program that published it: "
            "go on there"
        )
        raise Conflict(msg, field="strategy", value=name) from error
