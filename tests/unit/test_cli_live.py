"""What ``workbench live list`` and ``live show`` print of sessions that have ended."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from workbench.cli import live, main, servers

WHY = "ZeroDivisionError: division by zero"
ENDED: dict[str, Any] = {
    "session_id": "live_1", "name": "mine", "status": "error", "strategy": "flip",
    "symbols": ["BTC-USD"], "broker": "paper", "finished": "2024-01-02T03:04:05.678Z",
    "result": {"type": "error", "data": {"error": WHY, "details": {}},
               "extra": {"code": "strategy_error"}},
    "positions": [], "open_orders": [], "pnl": None, "risk": None,
}  # fmt: skip
WELL = ENDED | {
    "session_id": "live_2", "status": "stopped",
    "result": {"type": "complete", "data": {"metrics": {}}, "extra": {"status": "stopped"}},
}  # fmt: skip
RUNS = ENDED | {"session_id": "live_3", "status": "running", "result": None, "finished": None}


@pytest.fixture
def said(monkeypatch, capsys):
    """Call the command line on a server of these sessions; return what it prints."""
    sessions = {one["session_id"]: one for one in (ENDED, WELL, RUNS)}

    def get(path):
        name = path.removeprefix(live.BASE).strip("/")
        return sessions[name] if name else {"sessions": list(sessions.values())}

    server = SimpleNamespace(rest=SimpleNamespace(get=get))
    monkeypatch.setattr(servers, "found", lambda args, **rest: server)

    def call(*arguments):
        assert main(["live", *arguments]) == 0
        return capsys.readouterr().out.splitlines()

    return call


def test_show_begins_with_how_it_ended_and_why(said):
    assert said("show", "live_1")[:3] == [
        "live_1: mine",
        "error, ended 2024-01-02 03:04:05",
        f"error: {WHY}",
    ]


def test_show_of_one_that_ended_well_or_goes_on_has_no_error(said):
    for name, status in (
        ("live_2", "stopped, ended 2024-01-02 03:04:05"),
        ("live_3", "running"),
    ):
        lines = said("show", name)
        assert lines[1] == status
        assert not any("error" in line for line in lines)


def test_the_list_says_what_went_wrong(said):
    lines = said("list")
    assert [line.split()[:2] for line in lines[1:4]] == [
        ["live_1", "error"],
        ["live_2", "stopped"],
        ["live_3", "running"],
    ]
    assert lines[4:] == [f"live_1: {WHY}"]
