"""What ``workbench runs pause | step | speed | until …`` asks a server for."""

from __future__ import annotations

from typing import Any

import pytest

from workbench.cli import controls, main
from workbench.errors import Conflict
from workbench.messages import ControlRequest, Until


class FakeRuns:
    def __init__(self) -> None:
        self.asked: list[tuple[str, ControlRequest]] = []

    def control(self, run_id: str, request: ControlRequest) -> str:
        if run_id in ("ended", "swept"):
            raise Conflict("Run ended is complete: it can no longer be controlled")
        self.asked.append((run_id, request))
        return "paused"

    def detail(self, run_id: str) -> dict[str, Any]:
        return {"kind": "sweep" if run_id == "swept" else "backtest"}

    def resume(self, run_id: str) -> str:
        return f"{run_id}_2"


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> FakeRuns:
    fake = FakeRuns()
    monkeypatch.setattr(controls, "runs_of", lambda args: fake)
    return fake


@pytest.mark.parametrize(
    ("arguments", "request_"),
    [
        (["pause", "a"], ControlRequest("pause")),
        (["resume", "a"], ControlRequest("resume")),
        (["stop", "a"], ControlRequest("stop")),
        (["step", "a"], ControlRequest("step", 1)),
        (["step", "a", "20"], ControlRequest("step", 20)),
        (["speed", "a", "100"], ControlRequest("speed", 100.0)),
        (["speed", "a", "3600x"], ControlRequest("speed", 3600.0, "x")),
        (["speed", "a", "max"], ControlRequest("speed", 0.0)),
        (["until", "a", "--bars", "5"], ControlRequest("run_until", until=Until(bars=5))),
        (["until", "a", "--trades", "1"], ControlRequest("run_until", until=Until(trades=1))),
        (
            ["until", "a", "--drawdown", "0.1"],
            ControlRequest("run_until", until=Until(drawdown=0.1)),
        ),
        (
            ["until", "a", "--time", "2024-01-15"],
            ControlRequest("run_until", until=Until(time="2024-01-15")),
        ),
    ],
)
def test_what_is_asked_for(runs: FakeRuns, arguments: list[str], request_: Any) -> None:
    assert main(["runs", *arguments]) == 0
    assert runs.asked == [("a", request_)]


def test_several_runs_at_once(runs: FakeRuns, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", "pause", "a", "b"]) == 0
    assert [run_id for run_id, _ in runs.asked] == ["a", "b"]
    assert capsys.readouterr().out == "pause a: paused\npause b: paused\n"


def test_a_speed_that_is_none_is_refused_in_a_line(
    runs: FakeRuns, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main(["runs", "speed", "a", "fast"])
    assert left.value.code == 2
    assert "speed is 'fast', expected candles a second" in capsys.readouterr().err
    assert runs.asked == []


@pytest.mark.parametrize(
    "words",
    [
        ["speed", "a", "-1"],
        ["step", "a", "0"],
        ["step", "a", "some"],
        ["until", "a", "--bars", "-5"],
        ["until", "a", "--drawdown", "2"],
    ],
)
def test_numbers_out_of_range_are_wrong_usage(runs: FakeRuns, words: list[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["runs", *words])
    assert left.value.code == 2
    assert runs.asked == []


def test_a_refusal_is_a_line(runs: FakeRuns, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", "resume", "ended"]) == 1
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("conditions", [[], ["--bars", "1", "--trades", "1"]])
def test_until_wants_one_condition(runs: FakeRuns, conditions: list[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["runs", "until", "a", *conditions])
    assert left.value.code == 2


def test_an_ended_sweep_goes_on_in_another(
    runs: FakeRuns, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["runs", "resume", "a", "swept"]) == 0
    assert capsys.readouterr().out == "resume a: paused\nswept_2 goes on with swept\n"
