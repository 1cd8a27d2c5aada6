"""Statistics in closed form, and what becomes of those that are not defined."""

from __future__ import annotations

import math

import numpy as np
import pytest

from workbench.data.candles import Candles
from workbench.engine.metrics import Performance, TradeBook, period_ends, periods_per_year
from workbench.engine.metrics.kelly import kelly
from workbench.engine.rules import layout
from workbench.timeframes import DAY_MS, HOUR_MS, Timeframe

MONDAY = 4 * DAY_MS


def candles(closes: list[float], timeframe: str = "1D", start: int = MONDAY) -> Candles:
    one = Timeframe.parse(timeframe)
    close = np.array(closes, dtype=np.float64)
    time = start + np.arange(len(close), dtype=np.int64) * one.ms
    return Candles("X", one, time, close, close, close, close, close, "test")


def over(equities: list[float], capital: float = 100.0, timeframe: str = "1D") -> Performance:
    made = Performance.over(candles([10.0] * len(equities), timeframe), capital)
    made.extend(equities)
    return made


# --- drawdowns ------------------------------------------------------------------------------


def test_drawdowns_and_their_durations() -> None:
    # 110 to 99 and back in 3 days, then 120 to 90 for 2 days, going on.
    found = over([110.0, 99.0, 104.5, 110.0, 120.0, 90.0, 96.0]).statistics()
    assert found["average_drawdown"] == pytest.approx(-(10 + 25) / 2)
    assert found["longest_drawdown_duration"] == 3 * 86400
    assert found["average_drawdown_duration"] == 2.5 * 86400


def test_a_drawdown_from_the_capital_starts_a_candle_before_the_first() -> None:
    found = over([90.0, 95.0, 100.0]).statistics()
    assert found["average_drawdown"] == pytest.approx(-10)
    assert found["longest_drawdown_duration"] == 3 * 86400


def test_what_rests_at_the_high_is_no_drawdown() -> None:
    # The drawdown starts at the last candle at the high, not at the first.
    made = over([100.0, 110.0, 110.0, 110.0, 99.0])
    assert made.statistics()["longest_drawdown_duration"] == 86400
    calm = over([100.0, 110.0, 110.0, 120.0])
    assert "average_drawdown" not in calm.statistics()
    assert calm.max_drawdown == 0.0


def test_a_closing_fill_amends_the_last_close() -> None:
    made = over([110.0, 120.0])
    made.amend(118.8)
    assert made.curve.count == 2
    assert made.curve.equity == 118.8
    assert made.max_drawdown == pytest.approx(-0.01)
    assert made.statistics()["longest_drawdown_duration"] == 0.0
    made = over([110.0, 99.0])
    made.amend(111.0)
    assert made.peak == 111.0
    assert made.statistics()["longest_drawdown_duration"] == 86400


def test_candles_passed_over_count() -> None:
    made = Performance.over(candles([10.0] * 5), 100.0)
    made.skip(2)
    made.extend([90.0, 95.0, 96.0])
    assert made.statistics()["longest_drawdown_duration"] == 3 * 86400
    assert made.years == pytest.approx(5 / 365.25)


def test_ulcer_index() -> None:
    made = Performance.over(candles([10.0] * 4), 100.0)
    for equity in (110.0, 99.0, 88.0, 110.0):
        made.extend([equity])
        made.end_period()
    assert made.statistics()["ulcer_index"] == pytest.approx(math.sqrt((100 + 400) / 4))


# --- growth ---------------------------------------------------------------------------------


def test_growth_by_the_calendar() -> None:
    made = over([100.0] * 1460 + [200.0])  # 4 years of 365.25 days
    assert made.statistics()["cagr"] == pytest.approx(100 * (2**0.25 - 1))
    assert over([100.0] * 1461 + [0.0]).statistics()["cagr"] == -100.0


def test_a_run_shorter_than_four_weeks_has_no_growth_a_year() -> None:
    assert "cagr" in over([101.0] * 28).statistics()
    for name in ("cagr", "calmar_ratio"):
        assert name not in over([90.0] * 27).statistics()


def test_buying_and_holding() -> None:
    market = candles([10.0, 11.0, 12.5])
    market = market.replace(open=np.array([8.0, 10.0, 11.0]))
    made = Performance.over(market, 100.0)
    made.extend([100.0, 100.0])
    assert made.statistics()["buy_and_hold_return"] == pytest.approx(100 * (11 / 8 - 1))


def test_equity_that_is_the_market_has_beta_one_and_no_alpha() -> None:
    closes = 10 * np.cumprod(1 + np.random.default_rng(1).normal(0, 0.02, 50))
    market = candles(closes.tolist())
    market = market.replace(open=np.r_[10.0, closes[:-1]])
    made = Performance.over(market, 100.0)
    made.extend_run(10 * closes, period_ends(market))
    made.end_period()
    found = made.statistics()
    assert found["beta"] == pytest.approx(1.0)
    assert found["alpha"] == pytest.approx(0.0, abs=1e-9)
    assert "beta" not in over([101.0, 102.0, 103.0]).statistics()  # the market stood still


# --- the year -------------------------------------------------------------------------------


def test_a_year_has_365_days_once_a_saturday_was_traded() -> None:
    made = Performance.over(candles([10.0] * 7), 100.0)
    days = []
    for _ in range(7):
        made.extend([100.0])
        days.append(made.periods)
    assert days == [252.0] * 5 + [365.0] * 2
    assert periods_per_year(candles([10.0] * 7)) == 365.0


def test_no_end_of_a_period_depends_on_later_candles() -> None:
    # Hours of a market open all week, from a Sunday on.
    hours = candles([10.0] * 24 * 15, "1H", start=3 * DAY_MS)
    ends = period_ends(hours)
    for count in range(1, len(hours)):
        part = period_ends(hours[:count])
        assert part[:-1] == [end for end in ends if end < count], count
    assert ends[:3] == [48, 72, 96]
    assert ends[5:8] == [168, 192, 216]  # the second Sunday has a period of its own
    assert hours.time[ends[0]] == 3 * DAY_MS + 48 * HOUR_MS


# --- trades ---------------------------------------------------------------------------------


def traded(*pnls: float) -> Performance:
    made = Performance(1000.0, 252.0)
    for pnl in pnls:
        made.add_trade(pnl, pnl / 10, bars=abs(pnl), mfe=max(pnl, 0.0), mae=min(pnl, 0.0))
    return made


def test_trades_in_closed_form() -> None:
    found = traded(30.0, 10.0, -10.0, 20.0, -20.0, -30.0, -5.0).statistics()
    assert found["expectancy"] == pytest.approx(-5 / 7)
    assert found["expectancy_percent"] == pytest.approx(-0.5 / 7)
    assert found["payoff_ratio"] == pytest.approx(20 / (65 / 4))
    assert (found["longest_winning_streak"], found["longest_losing_streak"]) == (2, 3)
    assert found["average_bars_held"] == pytest.approx(125 / 7)
    assert found["median_bars_held"] == 20
    assert found["mfe_q50"] == 0.0
    assert found["mfe_q75"] == 15.0
    assert found["mae_q25"] == -15.0
    pnl = np.array([30.0, 10, -10, 20, -20, -30, -5])
    assert found["sqn"] == pytest.approx(math.sqrt(7) * pnl.mean() / pnl.std(ddof=1))


def test_kelly_of_two_outcomes() -> None:
    # Won 2 % in 60 of 100, lost 1 % in 40: 0.6 / 0.01 - 0.4 / 0.02.
    outcomes = np.r_[np.full(60, 0.02), np.full(40, -0.01)]
    assert kelly(outcomes) == pytest.approx(0.6 / 0.01 - 0.4 / 0.02)
    assert kelly(-outcomes) == 0.0
    assert kelly(np.full(3, 0.01)) is None
    assert kelly(np.array([])) is None


def test_kelly_of_many_outcomes_is_where_growth_is_highest() -> None:
    returns = np.random.default_rng(4).standard_t(3, 500) * 0.01 + 0.001
    best = kelly(returns)
    assert best is not None
    assert best > 0

    def growth(part: float) -> float:
        return float(np.log1p(part * returns).sum())

    assert growth(best) > max(growth(best * 0.99), growth(min(best * 1.01, -0.999 / returns.min())))


def test_exposure_counts_each_candle_once() -> None:
    made = over([100.0] * 10)
    # 1 to 2; reversed in 2 up to 4; two at once from 7, one of them still open.
    for bar, held in ((1, 1), (2, 0), (2, 1), (4, 0), (7, 1), (8, 2), (8, 1)):
        made.hold(bar, held)
    assert made.statistics()["exposure"] == pytest.approx(100 * (4 + 3) / 10)
    at_once = over([100.0] * 10)
    at_once.hold_run(np.array([1, 2, 2, 4, 7, 8, 8]), np.array([1.0, 0, 1, 0, 1, 2, 1]))
    assert at_once.statistics()["exposure"] == made.statistics()["exposure"]


def test_what_is_not_defined_is_left_out() -> None:
    nothing = Performance(1000.0, 252.0)
    assert nothing.statistics() == {}
    assert nothing.intervals() == {}
    assert not {"payoff_ratio", "sqn", "kelly"} & set(traded(5.0).statistics())
    unknown = Performance(1000.0, 252.0)
    unknown.add_trade(5.0, 1.0)
    assert not {"mfe_q50", "average_bars_held"} & set(unknown.statistics())
    calm = over([100.0] * 40).statistics()
    assert not {"volatility", "sortino_ratio", "calmar_ratio"} & set(calm)


def event(kind: int, bar: int, trade: int, **values: float) -> list[float]:
    row = [math.nan] * layout.EVENT_WIDTH
    row[layout.E_KIND], row[layout.E_BAR], row[layout.E_TRADE] = kind, bar, trade
    for name, value in values.items():
        row[getattr(layout, f"E_{name.upper()}")] = value
    return row


EVENTS = [
    event(layout.ENTERED, 1, 1, price=50.0, quantity=4.0, commission=1.0, open=1),
    event(layout.ENTERED, 2, 2, price=100.0, quantity=1.0, commission=2.0, open=2),
    event(layout.ENDED, 2, 0, open=2),
    event(
        layout.EXITED, 3, 1, quantity=1.0, remaining=3.0, commission=0.5, entry_bar=1, pnl=6.0,
        mfe=8.0, mae=-2.0, open=2,
    ),
    event(layout.CHARGED, 4, 2, open=2),
    event(
        layout.EXITED, 5, 2, quantity=1.0, remaining=0.0, commission=2.0, entry_bar=2, pnl=-9.0,
        mfe=1.0, mae=-12.0, open=1,
    ),
    event(
        layout.EXITED, 8, 1, quantity=3.0, remaining=0.0, commission=1.5, entry_bar=1, pnl=4.0,
        mfe=12.0, mae=-6.0, open=0,
    ),
]  # fmt: skip


@pytest.mark.parametrize("at_once", [False, True])
def test_the_parts_of_trades_are_added_up(at_once: bool) -> None:
    made = over([100.0] * 20)
    book = TradeBook(made)
    if at_once:
        book.take_run(np.array(EVENTS))
    else:
        for row in EVENTS:
            book.take([row])
    assert made.total_commissions == 7.0
    assert made.trades.column("pnl").tolist() == [-9.0, 10.0]
    assert made.trades.column("percent").tolist() == [-9.0, 5.0]
    assert made.trades.column("bars").tolist() == [3.0, 7.0]
    assert made.trades.column("mfe").tolist() == [1.0, 10.0]
    assert made.trades.column("mae").tolist() == [-12.0, -4.0]
    assert made.statistics()["exposure"] == pytest.approx(100 * 8 / 20)
