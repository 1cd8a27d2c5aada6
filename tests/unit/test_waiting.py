"""A pending run says what it waits for: in its replies, its repr and on the command line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from bodies import SPEC_BODY

from workbench.cli import main
from workbench.client.run import Run
from workbench.client.sweep import Sweep
from workbench.runs.records import RunRecord
from workbench.runs.service import RunService
from workbench.runs.waiting import waits_for


def record(**fields: Any) -> RunRecord:
    common: Any = {"spec": None, "source": "", "synthetic": False, "token_hash": ""}
    return RunRecord(**{"id": "r", "status": "pending", "created": "", **common, **fields})


@pytest.mark.parametrize(
    ("run", "busy", "workers", "said"),
    [
        (record(status="running"), ["a"], 1, None),
        (record(status="complete"), [], 0, None),
        (record(), [], 0,
         "waiting for a server that starts workers: none runs over this state folder"),
        (record(), ["a"], 2, "waiting for its worker to be started"),
        (record(pid=7), ["r"], 2, "waiting for its worker, process 7, to begin"),
        (record(), ["a"], 1, "waiting for a free worker: 1 of 1 is busy (a)"),
        (record(), ["a", "b"], 2, "waiting for a free worker: 2 of 2 are busy (a, b)"),
        (record(), list("abcdefg"), 7,
         "waiting for a free worker: 7 of 7 are busy (a, b, c, d, e and 2 more)"),
        (record(producer="kernel"), ["a"], 1,
         "waiting for the program that publishes it to tell something"),
    ],
)  # fmt: skip
def test_in_words(run: RunRecord, busy: list[str], workers: int, said: str | None) -> None:
    assert waits_for(run, busy, workers) == said


@pytest.fixture
def service(tmp_path: Path) -> Iterator[RunService]:
    made = RunService(tmp_path / "home", list, max_workers=1)
    yield made
    for run in made.registry.list():
        made.supervisor.kill(run.id)
    made.close()


@pytest.fixture
def sleeping(tmp_path: Path) -> str:
    """An interpreter whose workers say nothing."""
    interpreter = tmp_path / "python"
    interpreter.write_text("#!/bin/sh\nexec sleep 100\n")
    interpreter.chmod(0o700)
    return str(interpreter)


def test_one_of_two_runs_waits_for_the_other(service: RunService, sleeping: str) -> None:
    service.supervisor._max_workers = 0
    spec = service.start(json.dumps(SPEC_BODY).encode()).spec
    for run in service.registry.list():
        service.delete(run.id)
    service.supervisor._max_workers = 1
    ids = []
    for _ in range(2):
        made = service.registry.create(spec, source="here", synthetic=False, python=sleeping)
        ids.append(service._queue(made).id)
    first, second = map(service.detail, ids)
    assert first["reason"].startswith("waiting for its worker, process ")
    assert second["reason"] == f"waiting for a free worker: 1 of 1 is busy ({ids[0]})"
    assert service.summary(service.registry.get(ids[1]))["reason"] == second["reason"]
    service.registry.set_status(ids[0], "running")
    service.supervisor.poll()
    assert service.detail(ids[0])["reason"] is None
    assert service.detail(ids[1])["reason"] == second["reason"]


@pytest.mark.parametrize("kind", [Run, Sweep])
def test_a_handle_says_it(kind: type) -> None:
    info = {
        "strategy": "s", "symbol": "X", "timeframes": ["1H"], "status": "pending",
        "progress": 0.0, "reason": "waiting for a free worker: 2 of 2 are busy (a, b)",
    }  # fmt: skip
    server: Any = SimpleNamespace(rest=SimpleNamespace(get=lambda path: info), url="http://x/")
    handle = kind("r", server)
    assert "pending 0.0 %, waiting for a free worker: 2 of 2 are busy (a, b)>" in repr(handle)
    del info["reason"]  # A server of an earlier version.
    assert "pending 0.0 %>" in repr(handle)


def test_the_command_line_says_it(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    service = RunService(home, list, max_workers=0)
    ids = [service.start(json.dumps(SPEC_BODY).encode()).id for _ in range(2)]
    service.close()
    assert main(["runs"]) == 0
    assert "2 pending: waiting for a server that starts workers" in capsys.readouterr().out
    assert main(["runs", "show", ids[0]]) == 0
    assert "waiting for a server that starts workers" in capsys.readouterr().out
