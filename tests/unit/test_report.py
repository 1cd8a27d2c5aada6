"""The figure and the page of a run."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from msgspec import structs

from workbench.engine import BacktestResult, backtest
from workbench.errors import NotFound
from workbench.messages import Trade
from workbench.report import candle_columns, figure, html, measures
from workbench.report.reduction import min_max
from workbench.runs.reading import report_of
from workbench.runs.report import main

HOSTILE = "<script>alert(1)</script> <b>bold</b> & %{x}"


@pytest.fixture(scope="module")
def result() -> BacktestResult:
    return backtest(
        "sma_cross", symbol="EUR-USD", timeframes=["1H"], start="2017-01-01", end="2017-12-29"
    )


COSTS = {"commission": 0.0, "slippage": 0.0, "leverage": 1.0, "risk_per_trade": 0.02}


def info(**changes: Any) -> dict[str, Any]:
    return {
        "backtest_id": "backtest_20240211_123456",
        "status": "complete",
        "strategy": "sma_cross",
        "symbol": "EUR-USD",
        "timeframes": ["1H"],
        "start_date": "2017-01-01",
        "end_date": "2017-12-29",
        "created": "2024-02-11T12:34:56.789Z",
        "source": "bundled sample",
        "synthetic": False,
        "tags": [],
        "notes": "",
        "spec": {"strategy_params": {"fast": 10, "slow": 30}, "initial_capital": 10_000.0, **COSTS},
        "metrics": None,
        "result": {"data": {}, "extra": {"final_equity": 10_500.0}},
        **changes,
    }


def traces(chart: Any) -> dict[str, Any]:
    return {trace.name: trace for trace in chart.data if trace.name}


def test_every_trade_is_marked_at_its_entry_and_exit(result: BacktestResult) -> None:
    drawn = traces(result.figure())
    trades = result.trades
    for side in ("long", "short"):
        part = trades[trades["direction"] == side].drop_duplicates("trade_id")
        marks = drawn[f"{side.capitalize()} entry"]
        assert list(marks.y) == list(part["entry_price"])
        assert list(pd.to_datetime(marks.x)) == list(part["entry_time"].dt.tz_localize(None))
    won = trades["pnl"] > 0
    assert len(drawn["Exit, profit"].x) == won.sum() > 0
    assert len(drawn["Exit, loss"].x) == (~won).sum() > 0


def test_candles_equity_and_drawdown_share_one_axis_of_time(result: BacktestResult) -> None:
    chart = result.figure()
    drawn = traces(chart)
    assert drawn["Price"].type == "candlestick"
    assert drawn["Equity"].y[-1] == result.equity["equity"].iloc[-1]
    worst = 100 * result.equity["drawdown"].min()
    assert min(drawn["Drawdown"].y) == pytest.approx(worst)
    assert {chart.layout.xaxis.matches, chart.layout.xaxis2.matches} <= {"x3", None}
    assert chart.layout.xaxis.rangeslider.visible is False


def test_no_trace_has_more_than_4000_points(result: BacktestResult) -> None:
    candles = next(iter(result.candles.values()))
    assert len(candles) > 4000
    many = pd.concat([result.trades] * 60, ignore_index=True)
    many["trade_id"] = [f"trade_{number}" for number in range(len(many))]
    many["pnl"] = np.linspace(-1, 1, len(many))
    chart = figure(candle_columns(candles), many, result.equity, info())
    assert max(len(trace.x) for trace in chart.data) <= 4000
    left_out = len(many) - 4000
    assert f"{left_out:,} trades" in chart.layout.annotations[0].text


def test_merged_candles_say_so(result: BacktestResult) -> None:
    columns = candle_columns(next(iter(result.candles.values())))
    assert columns["bucket"] == 2
    assert "2 × 1H" in result.figure().layout.yaxis.title.text


def test_a_run_without_trades_or_candles_has_a_figure(result: BacktestResult) -> None:
    empty = {**dict.fromkeys(("time", "open", "high", "low", "close"), ()), "timeframe": "1H"}
    chart = figure(empty, result.trades[:0], result.equity[:0], info())
    assert set(traces(chart)) == {"Price", "Equity", "Drawdown"}


def test_text_of_the_run_is_escaped_in_hover_title_and_page(result: BacktestResult) -> None:
    trades = result.trades.assign(entry_rationale=HOSTILE, exit_rationale=HOSTILE)
    hostile = info(strategy=HOSTILE, symbol=HOSTILE, notes=HOSTILE, source=HOSTILE)
    candles = candle_columns(next(iter(result.candles.values())))
    chart = figure(candles, trades, result.equity, hostile)
    texts = [chart.layout.title.text, *(t for mark in chart.data for t in mark.hovertext or ())]
    assert len(texts) > 100
    for text in texts:
        assert "<script" not in text
        assert "&lt;script&gt;" in text
    page = html(chart, result.metrics, trades, hostile)
    assert "<script>alert" not in page
    assert "<b>bold" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_the_hover_of_a_reversal_tells_exit_and_entry(result: BacktestResult) -> None:
    second = traces(result.figure())["Long entry"].hovertext[1]
    assert "short exit" in second
    assert "long entry" in second


def test_generated_data_is_labelled(result: BacktestResult) -> None:
    page = html(result.figure(), result.metrics, result.trades, info())
    assert "SYNTHETIC DATA" not in page
    made_up = info(synthetic=True)
    page = html(result.figure(), result.metrics, result.trades, made_up)
    assert "SYNTHETIC DATA" in page
    candles = candle_columns(next(iter(result.candles.values())))
    chart = figure(candles, result.trades, result.equity, made_up)
    assert "SYNTHETIC DATA" in chart.layout.title.text


def test_the_page_loads_nothing(result: BacktestResult) -> None:
    page = html(result.figure(), result.metrics, result.trades, info())
    assert not re.search(r"<(script|link|img|iframe)[^>]*\b(src|href)=", page)


def test_the_list_of_trades_is_cut_and_says_so(result: BacktestResult) -> None:
    many = pd.concat([result.trades] * 4, ignore_index=True)
    assert len(many) > 500
    page = html(result.figure(), result.metrics, many, info())
    assert page.count('<td class="why">') == 500
    assert f"first 500 of {len(many):,}" in page


METRICS = {"total_trades": 4, "winning_trades": 3, "win_rate": 0.75, "profit_factor": 2.5}


@pytest.mark.parametrize(
    ("metrics", "name", "text"),
    [
        (METRICS, "profit_factor", "2.50"),
        (METRICS, "win_rate", "75.00 %"),
        ({**METRICS, "winning_trades": 4, "profit_factor": 0.0}, "profit_factor", "∞"),
        ({"total_trades": 0, "winning_trades": 0, "profit_factor": 0.0}, "profit_factor", "–"),
        ({"total_trades": 0, "winning_trades": 0, "win_rate": 0.0}, "win_rate", "–"),
        ({**METRICS, "winning_trades": 0, "average_win": 0.0}, "average_win", "–"),
        ({**METRICS, "max_drawdown": -0.0825}, "max_drawdown", "-8.25 %"),
        ({**METRICS, "max_drawdown": -8.25, "total_return": 1.0}, "max_drawdown", "-8.25 %"),
    ],
)
def test_units_of_metrics(metrics: dict[str, Any], name: str, text: str) -> None:
    assert {one.name: one.text for one in measures(metrics)}[name] == text


def test_reduction_keeps_extremes_and_ends() -> None:
    values = np.zeros(100_000)
    values[[3, 777, 54_321]] = 5.0, -7.0, 9.0
    values[0], values[-1] = 1.0, 2.0
    kept = min_max(values, 4000)
    assert len(kept) <= 4000
    assert (np.diff(kept) > 0).all()
    assert {0, 3, 777, 54_321, 99_999} <= set(kept.tolist())


def test_report_of_a_run_in_the_state_folder(record: Callable[..., str], home: Path) -> None:
    def hostile(messages: list[Any]) -> list[Any]:
        for message in messages:
            if isinstance(message, Trade) and hasattr(message.data, "reasoning"):
                reasoning = structs.replace(message.data.reasoning, rationale=HOSTILE)
                message.data = structs.replace(message.data, reasoning=reasoning)
        return messages

    run_id = record(hostile, notes=HOSTILE)
    page = report_of(home, run_id)
    assert run_id in page
    assert "Initial capital" in page
    assert "10,000.00" in page
    assert "<script>alert" not in page
    assert page.count("&lt;script&gt;alert") > 10


def test_unknown_run_and_folder(
    record: Callable[..., str], home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(NotFound, match="Nothing has been run"):
        report_of(home, "backtest_x")
    assert not home.exists()
    record()
    assert main([str(home), "backtest_x"]) == 1
    assert capsys.readouterr().err == "There is no run 'backtest_x'\n"
