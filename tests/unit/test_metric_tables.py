"""Tables of an equity curve."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from workbench.engine.metrics.tables import (
    DRAWDOWN_COLUMNS,
    EXCURSION_COLUMNS,
    drawdowns,
    excursions,
    monthly_returns,
)


def curve(values: dict[str, float]) -> pd.DataFrame:
    times = pd.DatetimeIndex(list(values), name="time").tz_localize("UTC").as_unit("ms")
    return pd.DataFrame({"equity": list(values.values())}, index=times, dtype="float64")


YEARS = curve(
    {
        "2022-11-07": 104.0, "2022-11-30 23:00": 110.0, "2022-12-01": 100.0, "2022-12-31": 99.0,
        "2023-02-01": 108.9, "2023-02-28": 118.8,
    }
)  # fmt: skip


def test_returns_by_month() -> None:
    table = monthly_returns(YEARS, 100.0)
    assert table.index.tolist() == [2022, 2023]
    assert table.columns.tolist() == [*range(1, 13), "year"]
    assert table.loc[2022, [11, 12, "year"]].tolist() == pytest.approx([10, -10, -1])
    # January has no point: February starts where December ended.
    assert table.loc[2023, [2, "year"]].tolist() == pytest.approx([20, 20])
    assert table.notna().sum().sum() == 5


def test_the_first_month_counts_from_the_first_point_where_no_capital_is_given() -> None:
    assert monthly_returns(YEARS).loc[2022, 11] == pytest.approx(100 * (110 / 104 - 1))


def test_months_are_those_of_pandas() -> None:
    times = pd.date_range("2020-05-03", periods=9000, freq="3h", tz="UTC")
    values = 100 * np.cumprod(1 + np.random.default_rng(2).normal(0, 0.01, len(times)))
    table = monthly_returns(pd.DataFrame({"equity": values}, index=times), 100.0)
    series = pd.Series(values, index=times)
    expected = 100 * series.resample("ME").last().pct_change().dropna()
    ours = table[list(range(1, 13))].stack().dropna().iloc[1:]
    assert ours.to_numpy() == pytest.approx(expected.to_numpy())
    years = 100 * series.resample("YE").last().pct_change().dropna()
    assert table["year"].iloc[1:].to_numpy() == pytest.approx(years.to_numpy())


def test_months_to_a_point_do_not_depend_on_later_ones() -> None:
    part = monthly_returns(YEARS.iloc[:3], 100.0)
    assert part.loc[2022, 11] == monthly_returns(YEARS, 100.0).loc[2022, 11]
    assert part.loc[2022, 12] == pytest.approx(100 * (100 / 110 - 1))


def test_the_worst_drawdowns() -> None:
    found = drawdowns(
        curve(
            {
                "2024-01-01": 100.0, "2024-01-02": 90.0, "2024-01-03": 95.0, "2024-01-04": 100.0,
                "2024-01-05": 120.0, "2024-01-06": 60.0, "2024-01-09": 90.0,
            }
        )
    )  # fmt: skip
    assert tuple(found.columns) == DRAWDOWN_COLUMNS
    assert found["depth"].tolist() == pytest.approx([-50, -10])
    assert found["start"].dt.day.tolist() == [5, 1]
    assert found["valley"].dt.day.tolist() == [6, 2]
    assert found["end"].isna().tolist() == [True, False]
    assert found.loc[1, "end"] == pd.Timestamp("2024-01-04", tz="UTC")
    assert found["duration"].tolist() == [pd.Timedelta(days=4), pd.Timedelta(days=3)]


def test_a_drawdown_from_the_capital_and_how_many_are_wanted() -> None:
    falling = curve({"2024-01-01": 95.0, "2024-01-02": 90.0, "2024-01-03": 101.0})
    assert drawdowns(falling)["depth"].tolist() == pytest.approx([100 * (90 / 95 - 1)])
    (row,) = drawdowns(falling, initial_capital=100.0).itertuples()
    assert row.depth == pytest.approx(-10)
    assert row.start == falling.index[0]
    walk = 100 * np.cumprod(1 + np.random.default_rng(2).normal(0, 0.01, 500))
    times = pd.date_range("2024-01-01", periods=500, tz="UTC")
    long = pd.DataFrame({"equity": walk}, index=times)
    every = drawdowns(long, None)
    assert len(every) > 3
    assert drawdowns(long, 3).equals(every.head(3))
    assert every["depth"].is_monotonic_increasing


def test_tables_of_nothing_have_their_columns() -> None:
    empty = curve({})
    assert monthly_returns(empty, 100.0).columns.tolist() == [*range(1, 13), "year"]
    for found in (drawdowns(empty), drawdowns(curve({"2024-01-01": 1.0}))):
        assert len(found) == 0
        assert found.dtypes.astype(str).to_dict() == {
            **dict.fromkeys(("start", "valley", "end"), "datetime64[ms, UTC]"),
            "depth": "float64",
            "duration": "timedelta64[ms]",
        }


def test_excursions_add_up_the_parts_of_a_trade() -> None:
    rows = [
        ("trade_1", "long", 2.0, 100.0, 4.0, 6.0, -2.0),
        ("trade_2", "short", 1.0, 50.0, -5.0, 1.0, -8.0),
        ("trade_1", "long", 3.0, 100.0, 6.0, 9.0, -3.0),
    ]
    columns = ["trade_id", "direction", "quantity", "entry_price", "pnl", "mfe", "mae"]
    found = excursions(pd.DataFrame(rows, columns=columns))
    assert tuple(found.columns) == EXCURSION_COLUMNS
    assert found["trade_id"].tolist() == ["trade_2", "trade_1"]
    assert found["pnl_percent"].tolist() == pytest.approx([-10, 2])
    assert found["mfe_percent"].tolist() == pytest.approx([2, 3])
    assert found["mae_percent"].tolist() == pytest.approx([-16, -1])
    assert found["pnl"].tolist() == [-5.0, 10.0]
