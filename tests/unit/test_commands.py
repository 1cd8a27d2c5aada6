"""Which controls are taken, what the stream says of them, and how they come out of the log."""

from __future__ import annotations

import pytest

from workbench.errors import Conflict, InvalidRequest
from workbench.messages import Control, ControlRequest, SeekTo, Until, encode
from workbench.runs.commands import RunState, accepted, check, commands, refused
from workbench.runs.publishing import Command
from workbench.streams import Entry

RUNNING = RunState("backtest_1", "running", "2024-01-15T08:00:00Z")


@pytest.mark.parametrize(
    "request_",
    [
        ControlRequest("pause"),
        ControlRequest("resume"),
        ControlRequest("stop"),
        ControlRequest("step"),
        ControlRequest("step", 5.0),
        ControlRequest("speed"),
        ControlRequest("speed", 0.0),
        ControlRequest("speed", 3600.0, "x"),
        ControlRequest("run_until", until=Until(bars=1)),
        ControlRequest("run_until", until=Until(trades=3)),
        ControlRequest("run_until", until=Until(drawdown=0.1)),
        ControlRequest("run_until", until=Until(time="2024-01-15T08:15:00Z")),
    ],
)
def test_what_is_taken_comes_out_of_the_log_as_it_went_in(request_):
    command = check(request_, RUNNING)
    wire = encode(Control("t", data=accepted(command, "ann")))
    assert b'"by":"ann"' in wire
    (found,) = commands([Entry(7, "control", "control", wire)])
    assert found == Command(command.action, command.value, command.unit, command.until, 7)
    assert (found.action, found.value) == (request_.action, request_.value)


@pytest.mark.parametrize(
    ("request_", "field", "said"),
    [
        (ControlRequest("fly"), "action", "Unknown action 'fly'"),
        (ControlRequest("seek", to=SeekTo(seq=1)), "action", "Unknown action 'seek'"),
        (ControlRequest("x" * 60_000), "action", "…"),
        (ControlRequest("step", 0.5), "value", "whole number"),
        (ControlRequest("step", -1.0), "value", "step by -1"),
        (ControlRequest("speed", -1.0), "value", "speed is -1"),
        (ControlRequest("speed", 1.0, "mph"), "unit", "'mph'"),
        (ControlRequest("pause", 3.0), "value", "pause takes no value"),
        (ControlRequest("step", 3.0, "x"), "unit", "step takes no unit"),
        (ControlRequest("resume", until=Until(bars=1)), "until", "takes no until"),
        (ControlRequest("run_until"), "until", "no condition"),
        (ControlRequest("run_until", until=Until()), "until", "no condition"),
        (ControlRequest("run_until", until=Until(bars=1, trades=1)), "until", "bars and trades"),
        (ControlRequest("run_until", until=Until(bars=0)), "until.bars", "is 0"),
        (ControlRequest("run_until", until=Until(trades=-1)), "until.trades", "is -1"),
        (ControlRequest("run_until", until=Until(drawdown=-0.1)), "until.drawdown", "0.1 is 10 %"),
        (ControlRequest("run_until", until=Until(drawdown=1.1)), "until.drawdown", "up to 1"),
        (ControlRequest("run_until", until=Until(time="soon")), "until.time", "ISO 8601"),
        (
            ControlRequest("run_until", until=Until(time="2024-01-15T08:00:00Z")),
            "until.time",
            "past: the run is at 2024-01-15T08:00:00Z",
        ),
    ],
)
def test_what_is_refused_says_why_and_is_short(request_, field, said):
    with pytest.raises(InvalidRequest) as caught:
        check(request_, RUNNING)
    error = caught.value
    assert error.details["field"] == field
    assert set(error.details) == {"field", "value", "allowed"}
    assert said in error.message
    wire = encode(Control("t", data=refused(request_, error.message, "ann")))
    assert len(wire) < 800
    assert commands([Entry(1, "control", "control", wire)]) == []


@pytest.mark.parametrize("status", ["complete", "error", "stopped"])
def test_a_run_that_has_ended_takes_nothing(status):
    with pytest.raises(Conflict, match=f"is {status}"):
        check(ControlRequest("resume"), RunState("backtest_1", status))


def test_a_run_that_has_not_begun_takes_any_time():
    request = ControlRequest("run_until", until=Until(time="1999-01-01"))
    command = check(request, RunState("backtest_1", "pending"))
    assert command.until == Until(time="1999-01-01T00:00:00Z")


@pytest.mark.parametrize("request_", [ControlRequest("speed", 5.0), ControlRequest("run_until")])
def test_what_a_program_of_the_users_would_not_obey_is_refused(request_):
    with pytest.raises(InvalidRequest, match="published by its own program") as caught:
        check(request_, RUNNING._replace(spawned=False))
    assert caught.value.details["allowed"] == ["pause", "resume", "step", "stop"]
    assert check(ControlRequest("step", 2.0), RUNNING._replace(spawned=False)).value == 2


@pytest.mark.parametrize(
    ("request_", "value"),
    [
        (ControlRequest("pause", 3.0), 3.0),
        (ControlRequest("step", 3.0, "x"), "x"),
        (ControlRequest("resume", until=Until(bars=1)), {"bars": 1}),
        (ControlRequest("stop", to=SeekTo(seq=4)), {"seq": 4}),
    ],
)
def test_the_value_of_an_error_is_what_stands_in_the_field(request_, value):
    with pytest.raises(InvalidRequest) as caught:
        check(request_, RUNNING)
    assert caught.value.details["value"] == value


@pytest.mark.parametrize(
    "state",
    [
        RUNNING,
        RUNNING._replace(spawned=False),
        RUNNING._replace(kind="sweep"),
        RUNNING._replace(kind="live"),
        RUNNING._replace(kind="live", timed=True),
    ],
)
def test_an_unknown_action_is_answered_with_those_that_are_taken(state):
    with pytest.raises(InvalidRequest) as caught:
        check(ControlRequest("fly"), state)
    allowed = caught.value.details["allowed"]
    assert "stop" in allowed
    for action in allowed:
        until = Until(bars=1) if action == "run_until" else None
        assert check(ControlRequest(action, until=until), state).action == action
