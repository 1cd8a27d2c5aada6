"""Which runs go, and that they do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from workbench.cli import main
from workbench.messages import iso_time, parse_time
from workbench.runs.reading import open_folder
from workbench.runs.retention import Retention, Stored, stored, surplus

DAY = 86_400
NOW = 1_700_000_000.0

Record = Callable[..., str]


def run(name: str, days_ago: float | None, size: int = 100, status: str = "complete") -> Stored:
    finished = None if days_ago is None else iso_time(round((NOW - days_ago * DAY) * 1000))
    return Stored(name, status, finished, size)


RUNS = [
    run("new", 1), run("old", 30), run("older", 40, status="error"), run("oldest", 50),
    run("stopped", 35, status="stopped"), run("going", None, status="running"),
    run("paused", None, status="paused"), run("pending", None, status="pending"),
]  # fmt: skip


def chosen(**rules: object) -> list[str]:
    return [run.id for run in surplus(RUNS, now=NOW, **rules)]  # type: ignore[arg-type]


def test_without_a_rule_everything_stays() -> None:
    assert chosen() == []


def test_what_ended_long_ago_goes_the_oldest_first() -> None:
    assert chosen(keep_days=32) == ["oldest", "older", "stopped"]
    assert chosen(keep_days=50) == []
    assert chosen(keep_days=0) == ["oldest", "older", "stopped", "old", "new"]


def test_the_oldest_go_until_the_rest_fits() -> None:
    assert chosen(keep_bytes=800) == []
    assert chosen(keep_bytes=799) == ["oldest"]
    assert chosen(keep_bytes=600) == ["oldest", "older"]
    assert chosen(keep_bytes=0) == ["oldest", "older", "stopped", "old", "new"]


def test_both_rules_together() -> None:
    assert chosen(keep_days=45, keep_bytes=650) == ["oldest", "older"]


def test_what_is_followed_stays() -> None:
    assert chosen(keep_days=32, in_use={"older"}) == ["oldest", "stopped"]


def test_it_deletes_run_by_run(
    record: Record, home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first, second, third = record(), record(), record()
    service = open_folder(home)
    size = service.log.info(first).bytes
    assert [one.id for one in stored(service)] == [third, second, first]
    now = parse_time(service.registry.get(third).finished or "") / 1000 + DAY
    followed = {first}
    retention = Retention(service, None, size, lambda: followed)
    deleted = retention.apply(now)
    assert next(deleted) == second
    # Someone comes to read it between two deletions.
    followed.add(third)
    assert list(deleted) == []
    assert [one.id for one in service.registry.list()] == [third, first]
    assert list(Retention(service, 2.0, None, set).apply(now)) == []
    caplog.clear()
    with caplog.at_level("INFO"):
        assert list(Retention(service, 0.5, None, set).apply(now)) == [first, third]
    *each, together = caplog.records
    assert [one.levelname for one in caplog.records] == ["INFO", "INFO", "WARNING"]
    assert first in each[0].getMessage()
    assert "days ago" in each[0].getMessage()
    assert "2 finished runs" in together.getMessage()
    assert service.log.info(first) is None
    service.close()


def test_prune_on_the_command_line(
    record: Record, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = record(), record()
    going = record(lambda messages: messages[:-1])
    assert main(["runs", "prune", "--yes"]) == 1
    assert "--days" in capsys.readouterr().err
    assert main(["runs", "prune", "--days", "1", "--bytes", "1G"]) == 0
    assert "no run is to go" in capsys.readouterr().out
    assert main(["runs", "prune", "--bytes", "0", "--dry-run"]) == 0
    text = capsys.readouterr().out
    assert [line.split()[0] for line in text.splitlines()] == [first, second]
    assert main(["runs", "prune", "--bytes", "0"]) == 1
    assert "--yes" in capsys.readouterr().err
    assert main(["runs", "prune", "--bytes", "0", "--yes"]) == 0
    capsys.readouterr()
    service = open_folder(home)
    assert [one.id for one in service.registry.list()] == [going]
    service.close()


@pytest.mark.parametrize(
    "arguments", [["--bytes", "much"], ["--days", "-1"], ["--days", "soon"], ["--bytes", "-5"]]
)
def test_prune_says_what_it_does_not_understand(
    home: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["runs", "prune", *arguments])
    assert arguments[0] in capsys.readouterr().err
