from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

from workbench.data import load
from workbench.engine import (
    BacktestEngine,
    BacktestResult,
    Strategy,
    StreamingBacktestEngine,
    backtest,
)
from workbench.engine.frames import EQUITY_COLUMNS, TRADE_COLUMNS, equity_frame, trades_frame
from workbench.engine.strategies.registry import get
from workbench.errors import InvalidRequest
from workbench.messages import Equity, EquityData, decode, encode


@cache
def result() -> BacktestResult:
    return backtest(
        "strategy1", symbol="BTC-USD", timeframes=["4H", "1H", "15M"],
        start="2024-01-01", end="2024-01-31", commission=0.0005,
    )  # fmt: skip


def test_one_row_an_exit_with_the_reasons_of_both_ends() -> None:
    trades = result().trades
    assert tuple(trades.columns) == TRADE_COLUMNS
    assert trades["trade_id"].nunique() == result().metrics["total_trades"]
    assert (
        str(trades["entry_time"].dtype) == str(trades["exit_time"].dtype) == "datetime64[ms, UTC]"
    )
    assert (trades["exit_time"] >= trades["entry_time"]).all()
    assert trades["entry_rationale"].str.contains("confluence").all()
    assert trades["exit_rationale"].str.contains("Stop loss|Take profit").all()
    assert trades["confidence"].between(0.5, 1).all()
    assert trades["stop_loss"].notna().all()


def test_rows_add_up_to_the_metrics() -> None:
    trades, metrics = result().trades, result().metrics
    assert trades["commission"].sum() == pytest.approx(metrics["total_commissions"])
    final = result().equity["equity"].iloc[-1]
    assert trades["pnl"].sum() == pytest.approx(final - 10_000)
    whole = trades.groupby("trade_id")["pnl"].sum()
    assert (whole > 0).sum() == metrics["winning_trades"]
    wins, losses = whole[whole > 0].sum(), -whole[whole <= 0].sum()
    assert metrics["profit_factor"] == pytest.approx(wins / losses)


def test_metrics_equal_a_recomputation_from_the_curve() -> None:
    equity, metrics = result().equity["equity"], result().metrics
    assert metrics["total_return"] == pytest.approx(100 * (equity.iloc[-1] / 10_000 - 1))
    peak = np.maximum(equity.cummax(), 10_000)
    assert metrics["max_drawdown"] == pytest.approx(100 * (equity / peak - 1).min())
    daily = equity.resample("1D").last()
    returns = daily / daily.shift(fill_value=10_000) - 1
    expected = returns.mean() / returns.std() * np.sqrt(365)
    assert metrics["sharpe_ratio"] == pytest.approx(expected)


def test_the_curve_has_a_point_a_candle() -> None:
    equity = result().equity
    assert tuple(equity.columns) == EQUITY_COLUMNS
    assert len(equity) == 2976
    assert str(equity.index.dtype) == "datetime64[ms, UTC]"
    assert equity.index.name == "time"
    assert (equity["drawdown"] <= 0).all()


def test_a_log_gives_the_same_tables() -> None:
    read = [decode(encode(message)) for message in result().messages]
    assert trades_frame(read).equals(result().trades)

    told: list[Any] = []
    engine = BacktestEngine(get("strategy1"), result().candles, settings=result().settings)
    StreamingBacktestEngine(engine, "x", told.append, equity_every=1).run()
    pd.testing.assert_frame_equal(equity_frame(told), result().equity, check_freq=False)


def test_tables_of_nothing_have_their_columns() -> None:
    trades, equity = trades_frame([]), equity_frame([])
    assert len(trades) == len(equity) == 0
    assert trades.dtypes.astype(str).to_dict() == result().trades.dtypes.astype(str).to_dict()
    assert equity.index.dtype == result().equity.index.dtype


def test_of_two_points_of_one_candle_the_last_counts() -> None:
    points = [
        Equity(timestamp="t", data=EquityData("b", "2024-01-01T00:00:00Z", equity, 1.0, 0.0))
        for equity in (1.0, 2.0)
    ]
    assert equity_frame(points)["equity"].tolist() == [2.0]


def test_the_table_for_people() -> None:
    text, page = repr(result()), result()._repr_html_()
    title = "on BTC-USD 15M/1H/4H, 2024-01-01 to 2024-01-31, synthetic data"
    assert text.startswith("Strategy1(zone=0.25")
    for shown in (text, page):
        assert title in shown
        assert all(name in shown for name in result().metrics)


class Buy(Strategy):
    def next(self) -> None:
        if not self.position:
            self.enter_long()


def test_candles_can_be_given_and_are_resampled() -> None:
    candles = load("EUR-USD", ["1H"], "2017-03-01", "2017-03-31")
    one = backtest(Buy, candles["1H"])
    assert list(one.candles) == ["1H"]
    assert backtest(Buy, candles).trades.equals(one.trades)
    assert list(backtest(Buy, candles["1H"], timeframes=["4H", "1H"]).candles) == ["1H", "4H"]


def test_what_is_missing_is_named() -> None:
    with pytest.raises(InvalidRequest, match="symbol, timeframes, start and end"):
        backtest(Buy, symbol="EUR-USD")
