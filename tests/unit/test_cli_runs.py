"""``workbench runs`` on a state folder that no server serves."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from workbench.cli import main

Record = Callable[..., str]


def test_nothing_has_been_run(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs"]) == 0
    assert "workbench demo" in capsys.readouterr().out
    assert main(["runs", "show", "backtest_x"]) == 1
    assert not home.exists()


def test_a_damaged_state_file_is_a_line(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home.mkdir()
    (home / "workbench.db").write_bytes(b"not a database, not at all" * 400)
    assert main(["runs"]) == 1
    error = capsys.readouterr().err
    assert "workbench.db" in error
    assert error.count("\n") == 1


def test_list_and_show(record: Record, capsys: pytest.CaptureFixture[str]) -> None:
    first = record()
    second = record(symbol="BTC-USD", start_date="2024-01-01", end_date="2024-01-31")
    assert main(["runs"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["ID", second, first]
    assert "BTC-USD (synthetic)" in lines[1]
    assert main(["runs", "list", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [run["backtest_id"] for run in listed] == [second, first]
    assert main(["runs", "show", second]) == 0
    text = capsys.readouterr().out
    assert "SYNTHETIC DATA" in text
    assert "Sharpe ratio" in text
    assert "10,000.00" in text
    assert main(["runs", "show", first, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["spec"]["symbol"] == "EUR-USD"


def test_watch_a_finished_run(record: Record, capsys: pytest.CaptureFixture[str]) -> None:
    run_id = record()
    assert main(["runs", "watch", run_id]) == 0
    text = capsys.readouterr().out
    assert "trade_1 " in text
    assert "Complete after" in text
    assert main(["runs", "watch", run_id, "--json"]) == 0
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert last["type"] == "complete"


def test_a_run_that_goes_on_needs_a_server(
    record: Record, capsys: pytest.CaptureFixture[str]
) -> None:
    run_id = record(lambda messages: messages[:-1])
    assert main(["runs", "watch", run_id]) == 1
    assert main(["runs", "stop", run_id]) == 1
    assert capsys.readouterr().err.count("workbench serve") == 2


def test_remove_asks(
    record: Record, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run_id = record()
    assert main(["runs", "rm", run_id]) == 1
    assert "--yes" in capsys.readouterr().err
    assert main(["runs", "rm", run_id, "backtest_x", "--yes"]) == 1
    assert main(["runs", "show", run_id]) == 0
    assert main(["runs", "rm", run_id, "--yes"]) == 0
    assert main(["runs", "show", run_id]) == 1


def test_report(record: Record, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run_id = record()
    target = tmp_path / "out.html"
    assert main(["runs", "report", run_id, "-o", str(target)]) == 0
    assert run_id in target.read_text(encoding="utf-8")
    assert str(target) in capsys.readouterr().out
