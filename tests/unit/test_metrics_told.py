"""Where statistics are shown, and that each is explained."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from workbench.cli import main
from workbench.client.measuring import RunStatistics
from workbench.engine import BacktestResult, backtest
from workbench.messages import Complete, FinalMetrics, decode, encode
from workbench.report.statistics import STATISTICS, duration, grouped
from workbench.runs.reading import report_of

DOC = Path(__file__).parents[2] / "docs" / "metrics.md"


@cache
def result() -> BacktestResult:
    return backtest(
        "sma_cross", symbol="EUR-USD", timeframes=["1H"], start="2017-01-01", end="2017-12-29",
        commission=0.0001,
    )  # fmt: skip


def test_a_run_with_all_of_them_has_all_there_are() -> None:
    assert set(result().statistics) == set(STATISTICS)
    known = {*STATISTICS, *FinalMetrics.__struct_fields__}
    assert set(result().intervals) < known


def test_the_document_names_each() -> None:
    named = set(re.findall(r"`(\w+)`", DOC.read_text(encoding="utf-8")))
    assert {*STATISTICS, *FinalMetrics.__struct_fields__} - named == set()


def test_complete_carries_them_beside_its_data() -> None:
    last = decode(encode(result().messages[-1]))
    assert isinstance(last, Complete)
    assert last.extra.statistics == result().statistics
    assert last.extra.intervals == result().intervals
    low, high = result().intervals["sharpe_ratio"]
    assert low < result().metrics["sharpe_ratio"] < high


def test_a_result_shows_each_once_in_its_group() -> None:
    text, page = repr(result()), result()._repr_html_()
    for name in (*STATISTICS, *FinalMetrics.__struct_fields__):
        assert len(re.findall(rf"^  {name} ", text, re.MULTILINE)) == 1, name
        assert page.count(f"title='{name}'") == 1, name
    places = [text.index(f"\n{title}\n") for title in ("Return", "Risk", "Trades", "Holding")]
    assert places == sorted(places)


def test_unknown_names_are_passed_over_and_empty_groups_left_out() -> None:
    groups = grouped({}, {"beta": 0.5, "of_a_later_version": 1.0}, {"beta": [0.1, 0.9]})
    assert [group.title for group in groups] == ["Return"]
    (shown,) = groups[0].measures
    assert (shown.name, shown.text, shown.interval) == ("beta", "0.50", "0.10 to 0.90")


@pytest.mark.parametrize(
    ("name", "value", "text", "sign"),
    [
        ("cagr", 12.345, "+12.35 %", 1),
        ("cagr", -1.0, "-1.00 %", -1),
        ("volatility", 12.3, "12.30 %", 0),
        ("sortino_ratio", 1.234, "1.23", 1),
        ("expectancy", -1234.5, "-1,234.50", -1),
        ("longest_losing_streak", 12.0, "12", 0),
        ("median_bars_held", 3.5, "3.5", 0),
        ("longest_drawdown_duration", 90_000.0, "1 d 1 h", 0),
    ],
)
def test_units(name: str, value: float, text: str, sign: int) -> None:
    (group,) = grouped({}, {name: value})
    (shown,) = group.measures
    assert (shown.text, shown.sign) == (text, sign)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "0 s"), (59.4, "59 s"), (60.0, "1 min"), (3_660.0, "1 h 1 min"), (7_200.0, "2 h"),
        (86_400.0, "1 d"), (90_061.0, "1 d 1 h"), (1_000 * 86_400.0 + 60, "1,000 d"),
    ],
)  # fmt: skip
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


class Told(RunStatistics):
    """A run as its server tells of it."""

    def __init__(self, extra: dict[str, Any] | None) -> None:
        self.equity = result().equity
        self.info = {
            "result": None if extra is None else {"data": {}, "extra": extra},
            "spec": {"initial_capital": 10_000.0},
        }


def test_a_run_tells_what_its_log_has() -> None:
    run = Told({"statistics": {"beta": 0.5}, "intervals": {"cagr": [1.0, 2.0]}})
    assert run.statistics == {"beta": 0.5}
    assert run.intervals == {"cagr": [1.0, 2.0]}
    assert run.monthly_returns().equals(result().monthly_returns)
    assert run.drawdowns(3).equals(result().drawdowns(3))
    for going_on in (Told(None), Told({"status": "stopped"})):
        assert going_on.statistics == going_on.intervals == {}


def test_report_and_command_line(
    record: Callable[..., str], home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run_id = record(equity_every=50)
    page = report_of(home, run_id)
    assert main(["runs", "show", run_id]) == 0
    shown = capsys.readouterr().out
    for text in (page, shown):
        assert "Sortino ratio" in text
        assert "95 % interval" in text
        assert re.search(r"\d to \S*\d", text)
    assert "Returns by month" in page
    assert "one each 50 candles" in page
    assert page.count('style="background: rgba(') == 3  # January to March
