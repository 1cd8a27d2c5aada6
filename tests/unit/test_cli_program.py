"""Parsing and exit codes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from workbench import __version__
from workbench.cli import main, serve
from workbench.cli.program import parser
from workbench.errors import StrategyError

RUN = ["run", "sma_cross", "--symbol", "EUR-USD", "--timeframes", "15M", "1H"]
RANGE = ["--start", "2017-01-01", "--end", "2017-12-29"]


@pytest.mark.parametrize("arguments", [[], ["nonsense"], ["run"], ["runs", "show"], [*RUN, "--x"]])
def test_wrong_usage_is_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2


@pytest.mark.parametrize(
    "command",
    [["demo"], ["run"], ["runs"], ["data"], ["strategies"], ["runs", "rm"], ["data", "import"]],
)
def test_help_of_every_command(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([*command, "--help"])
    assert stopped.value.code == 0
    assert f"workbench {' '.join(command)}" in capsys.readouterr().out


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["--version"])
    assert stopped.value.code == 0
    assert capsys.readouterr().out == f"workbench {__version__}\n"


def test_options_of_run() -> None:
    account = ["--capital", "5000", "--risk", "0.01"]
    params = ["--param", "fast=5", "--param", "slow=9"]
    args = parser().parse_args([*RUN, *RANGE, *account, *params])
    assert args.timeframes == ["15M", "1H"]
    assert (args.initial_capital, args.risk_per_trade) == (5000.0, 0.01)
    assert args.param == ["fast=5", "slow=9"]


def test_no_option_takes_a_token(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([*RUN, *RANGE, "--token", "secret"])
    assert stopped.value.code == 2


def test_an_unset_token_variable_is_named(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("NO_SUCH_TOKEN", raising=False)
    assert main(["runs", "list", "--token-env", "NO_SUCH_TOKEN"]) == 1
    assert "NO_SUCH_TOKEN" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("problem", "code", "words"),
    [
        (StrategyError("two\nlines \x1b[31m"), 1, "workbench: two lines  [31m\n"),
        (KeyboardInterrupt(), 130, "\nworkbench: interrupted\n"),
        (FileNotFoundError(2, "No such file", "x.csv"), 1, "x.csv"),
    ],
)
def test_failures_are_one_line_and_a_code(
    problem: BaseException,
    code: int,
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise problem

    monkeypatch.setattr("workbench.engine.strategies.registry.names", fail)
    assert main(["strategies"]) == code
    error = capsys.readouterr().err
    assert words in error
    assert error.strip().count("\n") == 0


def test_serve_hands_over(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[Any] = []
    monkeypatch.setattr(serve, "find_spec", lambda name: name)
    monkeypatch.setattr(serve.os, "execv", lambda *given: calls.append(given))
    main(["serve", "--port", "0", "--help"])
    command = [sys.executable, "-m", "workbench_server", "--port", "0", "--help"]
    assert calls == [(sys.executable, command)]


def test_serve_without_the_server_is_an_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(serve, "find_spec", lambda name: None)
    assert main(["serve"]) == 1
    assert "workbench_server" in capsys.readouterr().err


def test_strategies_are_listed_with_their_parameters(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["strategies"]) == 0
    text = capsys.readouterr().out
    assert "sma_cross  Long while the fast average" in text
    assert "    fast = 10  (int)" in text
    assert "strategy1" in text


def test_a_report_that_cannot_be_written_is_refused_before_anything_starts(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nowhere = str(home / "missing" / "x.html")
    assert main(["demo", "--output", nowhere]) == 1
    assert main([*RUN, *RANGE, "--report", nowhere]) == 1
    assert capsys.readouterr().err.count("there is no folder") == 2
    assert not home.exists()
