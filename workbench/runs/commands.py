"""What may be asked of a run, and what its log says was asked: pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec

from workbench.errors import Conflict, InvalidRequest
from workbench.messages import (
    FINAL_STATUSES,
    Control,
    ControlAction,
    ControlData,
    ControlRequest,
    Until,
    iso_time,
    parse_time,
)
from workbench.runs.publishing import Command
from workbench.streams import Entry, Pace

TAKES: dict[str, tuple[str, ...]] = {
    "pause": (),
    "resume": (),
    "step": ("value",),
    "speed": ("value", "unit"),
    "run_until": ("until",),
    "stop": (),
    "pause_entries": (),
    "resume_entries": (),
    "flatten": (),
}
"""The actions, and the fields of the request that mean something to each."""
AFTER: dict[str, str] = {
    "pause": "paused",
    "step": "paused",
    "resume": "running",
    "run_until": "running",
}
"""The state each action asks for; the others leave it."""
REACHING = ("pause", "resume", "step", "stop")
"""The actions that a program which publishes its own run is asked by, and a sweep."""
TRADING = ("pause_entries", "resume_entries", "flatten")
"""The actions that only live sessions know."""
UNTIMED = ("stop", *TRADING)
"""The actions that a session can be asked for whose feed goes by the clock."""
REPLAYED = ("pause", "resume", *UNTIMED)
"""The actions that a session can be asked for whose feed is a replay."""
MOST = 1e9
SHORT = 60

_control: msgspec.json.Decoder[Control] = msgspec.json.Decoder(Control)


class RunState(NamedTuple):
    """What a check needs to know of a run.

    Attributes
    ----------
    id, status
        As in the registry.
    time
        Market time of a candle that is done, as late as is known; None before the first.
    start
        From when on it has candles; None where that is not known.
    spawned
        Whether a worker of the server's runs it, not a program of the user's.
    kind
        ``backtest``, ``sweep`` or ``live``.
    timed
        Whether its prices come when they will, so that it cannot be paced.
    """

    id: str
    status: str
    time: str | None = None
    start: str | None = None
    spawned: bool = True
    kind: str = "backtest"
    timed: bool = False


def check(request: ControlRequest, state: RunState) -> Command:
    """Return the command that a request comes to.

    Raises
    ------
    Conflict
        The run has ended.
    InvalidRequest
        There is no such action, or what it is to do is wrong or past.
    """
    action = request.action
    if state.status in FINAL_STATUSES:
        what = "Session" if state.kind == "live" else "Run"
        msg = f"{what} {state.id} is {state.status}: it can no longer be controlled"
        raise Conflict(msg, field="action", value=shortened(action), allowed=[])
    known = possible(state)
    if action not in TAKES:
        msg = f"Unknown action {shortened(action)!r}: use {', '.join(known)}"
        raise InvalidRequest(msg, field="action", value=shortened(action), allowed=known)
    sweep = state.kind == "sweep"
    if (sweep or not state.spawned) and action not in REACHING:
        what = "a sweep" if sweep else "published by its own program"
        msg = (
            f"Run {state.id} is {what}: only {', '.join(REACHING[:-1])} and {REACHING[-1]} reach it"
        )
        raise InvalidRequest(msg, field="action", value=action, allowed=list(REACHING))
    _check_kind(action, state)
    for field in ("value", "unit", "until", "to", "session"):
        if getattr(request, field) is not None and field not in TAKES[action]:
            allowed = list(TAKES[action])
            msg = f"{action} takes no {field}; it takes {' and '.join(allowed) or 'nothing'}"
            value = msgspec.to_builtins(getattr(request, field))
            value = shortened(value) if isinstance(value, str) else value
            raise InvalidRequest(msg, field=field, value=value, allowed=allowed)
    if action == "step":
        _check_step(request.value)
    elif action == "speed":
        Pace.of(request.value, request.unit)
    until = _until(request.until, state) if action == "run_until" else None
    sure: ControlAction = action  # type: ignore[assignment]
    return Command(sure, request.value, request.unit, until)


def possible(state: RunState) -> list[str]:
    """Return the actions that such a run can be asked for."""
    if state.kind == "live":
        return list(UNTIMED if state.timed else REPLAYED)
    if state.kind == "sweep" or not state.spawned:
        return list(REACHING)
    return [name for name in TAKES if name not in TRADING]


def _check_kind(action: str, state: RunState) -> None:
    """Refuse what makes no sense for a backtest, or for a session that goes by the clock."""
    if action in TRADING and state.kind != "live":
        msg = f"Run {state.id} is a {state.kind}: only live sessions know {action}"
        raise InvalidRequest(msg, field="action", value=action, allowed=possible(state))
    if state.timed and action not in UNTIMED:
        msg = (
            f"Session {state.id} follows prices that go by the clock, so {action} means nothing to "
            "it; pause_entries keeps it from opening positions"
        )
        raise InvalidRequest(msg, field="action", value=action, allowed=list(UNTIMED))
    if state.kind == "live" and action not in REPLAYED:
        msg = (
            f"Session {state.id} cannot be asked for {action}: its pace is that of its feed; pause "
            "and resume hold the prices back and let them go"
        )
        raise InvalidRequest(msg, field="action", value=action, allowed=list(REPLAYED))


def _check_step(value: float | None) -> None:
    if value is not None and not (1 <= value <= MOST and value % 1 == 0):
        allowed = "a whole number of candles, 1 or more"
        msg = f"step by {value:g}, expected {allowed}"
        raise InvalidRequest(msg, field="value", value=value, allowed=allowed)


def _until(until: Until | None, state: RunState) -> Until:
    """Return a condition that can come true, its time as the wire writes times."""
    names = Until.__struct_fields__
    given = [] if until is None else [n for n in names if getattr(until, n) is not msgspec.UNSET]
    if until is None or len(given) != 1:
        msg = (
            f"until has {' and '.join(given) or 'no condition'}, expected one of {', '.join(names)}"
        )
        raise InvalidRequest(msg, field="until", value=given, allowed=list(names))
    (name,) = given
    value = getattr(until, name)
    if name == "time":
        return Until(time=_future(value, state))
    if name == "drawdown":
        good, allowed = 0 < value <= 1, "a fraction above 0, up to 1 (0.1 is 10 %)"
    else:
        good, allowed = 1 <= value <= MOST, "1 or more"
    if not good:
        msg = f"until.{name} is {value:g}, expected {allowed}"
        raise InvalidRequest(msg, field=f"until.{name}", value=value, allowed=allowed)
    return until


def _future(text: str, state: RunState) -> str:
    try:
        time = parse_time(text)
    except (ValueError, OverflowError):
        allowed = "ISO 8601, such as 2024-01-15T08:00:00Z"
        msg = f"until.time is {shortened(text)!r}, expected {allowed}"
        raise InvalidRequest(
            msg, field="until.time", value=shortened(text), allowed=allowed
        ) from None
    if state.time is None and state.start is not None and time < parse_time(state.start):
        msg = f"until.time is {iso_time(time)}, which is before the run's start, {state.start}"
        raise InvalidRequest(
            msg, field="until.time", value=iso_time(time), allowed=f"from {state.start}"
        )
    if state.time is not None and time <= parse_time(state.time):
        msg = f"until.time is {iso_time(time)}, which is past: the run is at {state.time}"
        raise InvalidRequest(
            msg, field="until.time", value=iso_time(time), allowed=f"after {state.time}"
        )
    return iso_time(time)


def body_of(request: ControlRequest) -> dict[str, Any]:
    """Return the body of `POST …/control` that asks for the same."""
    body: dict[str, Any] = msgspec.to_builtins(request)
    del body["type"]
    return body


def accepted(command: Command, by: str | None) -> ControlData:
    """Return what the stream says of a control that will be obeyed."""
    unset = msgspec.UNSET
    return ControlData(
        command.action,
        True,
        value=unset if command.value is None else command.value,
        unit=command.unit or unset,
        until=command.until or unset,
        by=by or unset,
    )


def refused(request: ControlRequest, reason: str, by: str | None) -> ControlData:
    """Return what the stream says of a control that was refused."""
    unset = msgspec.UNSET
    return ControlData(
        shortened(request.action),
        False,
        value=unset if request.value is None else request.value,
        unit=shortened(request.unit or "") or unset,
        reason=shortened(reason, 4 * SHORT),
        by=by or unset,
    )


def commands(entries: Iterable[Entry]) -> list[Command]:
    """Return the commands in a part of a log."""
    found = []
    for entry in entries:
        if entry.type == "control":
            data = _control.decode(entry.wire).data
            if data.accepted:
                found.append(_command(data, entry.seq))
    return found


def _command(data: ControlData, seq: int) -> Command:
    action: ControlAction = data.action  # type: ignore[assignment]
    return Command(
        action,
        data.value if isinstance(data.value, int | float) else None,
        data.unit if isinstance(data.unit, str) else None,
        data.until if isinstance(data.until, Until) else None,
        seq,
    )


def shortened(text: str, most: int = SHORT) -> str:
    """Return the text, cut if it is long: others will read it."""
    return text if len(text) <= most else f"{text[: most - 1]}…"
