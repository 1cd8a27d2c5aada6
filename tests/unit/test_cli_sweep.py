"""`workbench sweep`: values on the command line, and what is shown."""

from __future__ import annotations

import io
import shlex

import pytest

from workbench.cli.output import Output
from workbench.cli.program import parser
from workbench.cli.sweep import constraint_of, parse_values
from workbench.cli.sweeps import follow
from workbench.errors import InvalidRequest, StrategyError
from workbench.messages import (
    Complete,
    CompleteData,
    CompleteExtra,
    Error,
    ErrorData,
    ErrorExtra,
    FinalMetrics,
    Progress,
    ProgressData,
    ProgressExtra,
    ProgressMetrics,
    Sweep,
    SweepData,
)
from workbench.sweeps.spec import SweepSpec, WalkForward

NOW = "2024-01-01T00:00:00.000Z"
SPEC = SweepSpec(space={"fast": [5, 8], "slow": [20]})


def test_values_are_ranges_lists_or_one_for_all():
    found = parse_values(["fast=5:11:2", "slow=30,50", "shorts=false"], "sma_cross")
    assert found == {"fast": [5, 7, 9], "slow": [30, 50], "shorts": False}
    assert parse_values(["fast=5:8"], "sma_cross") == {"fast": [5, 6, 7]}
    assert parse_values(["fast=9:3:-3"], "sma_cross") == {"fast": [9, 6]}
    zones = parse_values(["zone=0.1:0.5:0.1"], "strategy1")
    assert zones == {"zone": [0.1, 0.2, 0.3, 0.4]}


@pytest.mark.parametrize("text", ["fast", "fast=", "fast=5:25:0", "fast=9:5", "fast=a:b", "fast=1:9:2:3"])  # fmt: skip # noqa: E501
def test_what_is_no_values_is_refused(text):
    with pytest.raises(InvalidRequest, match=r"write name="):
        parse_values([text], "sma_cross")


def test_a_constraint_is_an_expression_of_the_parameters():
    allowed = constraint_of("fast * 2 < slow")
    assert allowed({"fast": 5, "slow": 20})
    assert not allowed({"fast": 10, "slow": 20})
    with pytest.raises(InvalidRequest, match="no Python expression"):
        constraint_of("fast <")


def test_the_command_line_of_the_help_is_understood():
    line = (
        "sweep sma_cross --symbol EUR-USD --timeframe 1H --start 2017-01-01 --end 2017-12-29 "
        "fast=5:25:2 slow=30:80:5 --maximize sharpe_ratio"
    )
    args = parser().parse_args(shlex.split(line))
    assert args.values == ["fast=5:25:2", "slow=30:80:5"]
    assert (args.timeframe, args.maximize, args.method) == (["1H"], "sharpe_ratio", "grid")


def row(number, params, sharpe=None, error="", sample="all", split=0):
    metrics = {}
    if sharpe is not None:
        metrics = {
            "sharpe_ratio": sharpe, "total_return": 10 * sharpe, "max_drawdown": -1.5,
            "total_trades": 7.0,
        }  # fmt: skip
    start, end = "2024-01-01T00:00:00Z", "2024-02-01T00:00:00Z"
    return Sweep(
        NOW, data=SweepData("s", number, params, metrics, error, sample, split, start, end)
    )


def end(status="complete", rows=3):
    metrics = FinalMetrics(7, 0, 0, *[0.0] * 10)
    return Complete(NOW, data=CompleteData("s", metrics), extra=CompleteExtra(status, rows, 1.0))


def shown(messages, spec=SPEC):
    stream = io.StringIO()
    final = follow([messages], spec, Output(stream), clock=lambda: 0.0)
    return final, stream.getvalue().splitlines()


def test_the_best_are_shown_and_the_failures_counted():
    progress = Progress(
        NOW,
        data=ProgressData("s", 50.0, NOW, ProgressMetrics(1.0, 0, 0, 0, 0.0, 0.0)),
        extra=ProgressExtra(2, 4),
    )
    final, lines = shown(
        [
            row(2, {"fast": 8, "slow": 20}, 1.25),
            progress,
            row(1, {"fast": 5, "slow": 20}, 2.5),
            row(0, {"fast": 3, "slow": 20}, error="it raised"),
            end(),
        ]
    )
    assert final.extra.status == "complete"
    assert any("2 of 4 combinations" in line for line in lines)
    place = lines.index("Complete after 3 combinations")
    assert lines[place + 1].split() == ["#", "fast", "slow", "sharpe_ratio", "RETURN", "DRAWDOWN", "TRADES"]  # fmt: skip # noqa: E501
    assert lines[place + 2].split() == ["1", "5", "20", "2.5", "+25.00", "%", "-1.50", "%", "7"]
    assert lines[place + 3].split()[:2] == ["2", "8"]
    assert lines[place + 4] == "1 failed, the first with: it raised"


def test_of_a_walk_forward_what_was_traded_is_shown():
    spec = SweepSpec(space=SPEC.space, walk_forward=WalkForward(splits=2))
    _, lines = shown(
        [
            row(0, {"fast": 5, "slow": 20}, 3.0, sample="in"),
            row(0, {"fast": 8, "slow": 20}, 1.0, sample="out", split=1),
            row(0, {"fast": 5, "slow": 20}, 2.0, sample="out", split=0),
            end("stopped"),
        ],
        spec,
    )
    assert "Stopped after 3 combinations" in lines
    assert [line.split()[0] for line in lines[-2:]] == ["0", "1"]
    assert lines[-1].split()[1:3] == ["2024-01-01", "2024-02-01"]


def test_what_ended_it_is_raised():
    failed = Error(NOW, data=ErrorData("it raised", {}), extra=ErrorExtra("strategy_error"))
    with pytest.raises(StrategyError, match="it raised"):
        shown([failed])
