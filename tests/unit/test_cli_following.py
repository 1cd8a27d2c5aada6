"""What a run's messages look like on a terminal and without one."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from workbench.cli.following import follow, write_json
from workbench.cli.output import Output
from workbench.engine.result import backtest
from workbench.errors import StrategyError
from workbench.messages import (
    Error,
    ErrorData,
    ErrorExtra,
    Progress,
    ProgressData,
    ProgressExtra,
    ProgressMetrics,
    Trade,
    decode,
    encode,
)

NOW = "2024-01-01T00:00:00.000Z"


@pytest.fixture(scope="module")
def messages() -> list[Any]:
    result = backtest(
        "sma_cross", symbol="EUR-USD", timeframes=["1H"], start="2017-01-01", end="2017-02-28"
    )
    return result.messages


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def progress(bar: int, bars: int) -> Progress:
    data = ProgressData("b", 100 * bar / bars, NOW, ProgressMetrics(1.0, 0, 0, 0, 0.0, 0.0))
    return Progress(NOW, data=data, extra=ProgressExtra(bar, bars))


def test_one_line_for_each_entry_and_exit(messages: list[Any]) -> None:
    stream = io.StringIO()
    final = follow([messages], Output(stream), clock=lambda: 0.0)
    lines = stream.getvalue().splitlines()
    trades = [message for message in messages if isinstance(message, Trade)]
    told = [line for line in lines if " entry  " in line or " exit   " in line]
    assert len(told) == len(trades) > 10
    assert "sma_cross" in lines[0] or "SmaCross" in lines[0]
    for line, trade in zip(told, trades, strict=True):
        assert f" {trade.data.trade_id} " in line
        assert trade.data.direction in line
    first = trades[0].data
    assert f"{first.entry_price:,.6g}" in told[0]
    assert first.reasoning.rationale in told[0]
    assert "P&L" in told[1]
    assert trades[1].data.exit_reason in told[1]
    assert final is messages[-1]
    assert any(line.strip().startswith("Sharpe ratio") for line in lines)
    assert "\x1b" not in stream.getvalue()


def test_progress_has_percent_candles_rate_and_eta() -> None:
    times = iter([100.0, 101.0, 102.0])
    stream = io.StringIO()
    batches = [[progress(100, 1000)], [progress(200, 1000)], [progress(300, 1000)]]
    follow(batches, Output(stream), clock=lambda: next(times))
    assert stream.getvalue().splitlines() == [
        " 10 %  100 of 1,000 candles",
        " 20 %  200 of 1,000 candles  100/s  ETA 0:08",
        " 30 %  300 of 1,000 candles  100/s  ETA 0:07",
    ]


def test_progress_is_told_every_ten_percent_without_a_terminal() -> None:
    stream = io.StringIO()
    batches = [[progress(bar, 1000)] for bar in range(1, 1001)]
    follow(batches, Output(stream), clock=lambda: 0.0)
    assert 10 <= len(stream.getvalue().splitlines()) <= 12
    assert stream.getvalue().splitlines()[-1].startswith("100 %")


def test_a_terminal_gets_colours_but_no_codes_of_the_strategy(messages: list[Any]) -> None:
    trade = next(message for message in messages if isinstance(message, Trade))
    hostile = encode(trade).replace(b"SmaCross enters", b"\\u001b]0;owned\\u0007[red]two\\nlines")
    stream = Terminal()
    follow([[decode(hostile)]], Output(stream), clock=lambda: 0.0)
    text = stream.getvalue()
    assert "\x1b[" in text
    assert "\x1b]0;" not in text
    assert "\x07" not in text
    assert "[red]two lines" in text


def test_a_failed_run_tells_where_and_raises() -> None:
    trace = ["  File 'x.py', line 3, in next", "    boom()"]
    data = ErrorData("X.next failed", {"traceback": trace})
    error = Error(NOW, data=data, extra=ErrorExtra("strategy_error"))
    stream = io.StringIO()
    with pytest.raises(StrategyError, match=r"X\.next failed"):
        follow([[error]], Output(stream))
    assert "    boom()" in stream.getvalue().splitlines()


def test_json_is_the_wire(messages: list[Any], capsys: pytest.CaptureFixture[str]) -> None:
    write_json([messages[:3], messages[3:]])
    lines = capsys.readouterr().out.splitlines()
    assert [json.loads(line)["type"] for line in lines] == [m.type for m in messages]


def test_tables_line_up() -> None:
    stream = io.StringIO()
    Output(stream).table(("A", "LONGER"), [("one", "1"), ("fourteen chars", "22")], right=(1,))
    assert stream.getvalue().splitlines() == [
        "A               LONGER",
        "one                  1",
        "fourteen chars      22",
    ]
