"""Whole files of real prices through the engine: outages, weekends, clock changes, dead candles.

The account is worked out again from the fills alone.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from oracles.cases import fitted
from oracles.markets import REAL, SAMPLES, Market, market, real
from oracles.ours import Recorder, strategy
from oracles.plan import Plan

from workbench.data.candles import Candles
from workbench.engine.engine import BacktestEngine
from workbench.engine.settings import Slippage
from workbench.engine.story import EntryFill, ExitFill
from workbench.messages import iso_time
from workbench.timeframes import HOUR_MS

Find = Callable[[str], Path]
RATE = 0.0002


def run(traded: Market, plan: Plan, **settings: Any) -> tuple[BacktestEngine, Recorder]:
    candles = traded.candles
    engine = BacktestEngine(
        strategy(plan),
        {candles.timeframe.name: candles},
        initial_capital=traded.capital,
        **settings,
    )
    recorder = Recorder(engine)
    engine.advance(len(candles))
    return engine, recorder


def bought(fill: EntryFill | ExitFill) -> bool:
    return (fill.direction == "long") == isinstance(fill, EntryFill)


WAYS = ("reversing, stop and target", "limit, stop and target")


@pytest.mark.parametrize(
    ("name", "way"), [(name, WAYS[k % 2]) for k, name in enumerate([*REAL, *SAMPLES])]
)
def test_the_account_adds_up_and_fills_are_prices_there_were(
    name: str, way: str, shared_file: Find
) -> None:
    traded = market(real(name, shared_file))
    candles = traded.candles
    _, recorder = run(traded, fitted(traded, way, (10, 30)), commission=RATE)
    cash, held = np.full(len(candles), traded.capital), np.zeros(len(candles))
    sides = {True: (candles.low, candles.high), False: (candles.low, candles.high)}
    if candles.has_ask:
        sides[True] = (candles.ask_low, candles.ask_high)
    for fill in recorder.fills:
        buys = bought(fill)
        low, high = (column[fill.bar] for column in sides[buys])
        assert low <= fill.price <= high
        units = fill.quantity if buys else -fill.quantity
        cash[fill.bar :] -= units * fill.price + fill.quantity * fill.price * RATE
        held[fill.bar :] += units
    price = candles.close
    if candles.has_ask:
        price = np.where(held < 0, candles.ask_close, candles.close)
    assert np.asarray(recorder.equity) == pytest.approx(cash + held * price, abs=1e-6)
    assert len(recorder.fills) > 60


def placed(candles: Candles, at: list[int], **way: Any) -> Plan:
    """A plan that buys at the closes of these candles, and sells again two candles later."""
    sides = [0] * len(candles)
    for bar in at:
        sides[bar], sides[bar + 2] = 1, -1
    return Plan(tuple(sides), allowed="long", **way)


@pytest.mark.parametrize("over", [True, False])
def test_an_order_before_the_outage_of_march_24th(over: bool, shared_file: Find) -> None:
    candles = real("BTC 15M", shared_file)
    (last,) = np.flatnonzero(np.diff(candles.time) != candles.timeframe.ms)
    assert iso_time(int(candles.time[last]))[:10] == "2023-03-24"
    cut = candles[: int(last) + 10]
    engine, recorder = run(
        market(cut), placed(cut, [int(last)]), fill_over_gaps=over, check_lookahead=False
    )
    assert engine.bar == len(cut)
    if over:
        entry = recorder.fills[0]
        assert (entry.bar, entry.price) == (last + 1, candles.open[last + 1])
    else:
        (end,) = recorder.ends
        assert (end.code, end.bar) == ("data_gap", last + 1)
        assert recorder.fills == []


def test_candles_without_trades_fill_at_their_one_price(shared_file: Find) -> None:
    candles = real("BTC 15M", shared_file)
    dead = np.flatnonzero((candles.volume == 0) & (candles.high == candles.low))
    assert len(dead) == 5
    start = int(dead[0]) - 10
    cut = candles[start : int(dead[-1]) + 10]
    at = [int(dead[0]) - start - 1, int(dead[3]) - start - 1]
    _, recorder = run(market(cut), placed(cut, at, stop=0.05), slippage=Slippage(impact=0.1))
    fills = [fill for fill in recorder.fills if cut.volume[fill.bar] == 0]
    assert len(fills) >= 3
    for fill in fills:
        assert fill.price == cut.close[fill.bar]


@pytest.mark.parametrize("over", [True, False])
def test_orders_of_friday_whatever_the_clock_of_new_york_says(
    over: bool, shared_file: Find
) -> None:
    candles = real("EUR-USD 1H", shared_file)
    year = candles.slice(ms("2017-01-01"), ms("2018-01-01"))
    steps = np.diff(year.time)
    fridays = np.flatnonzero((steps > 40 * HOUR_MS) & (steps < 60 * HOUR_MS))
    fridays = fridays[fridays < len(year) - 10]
    _, recorder = run(market(year), placed(year, fridays.tolist()), fill_over_gaps=over)
    if not over:
        assert {end.code for end in recorder.ends} == {"market_closed"}
        assert len(recorder.ends) == len(fridays)
        assert recorder.fills == []
        return
    entries = [fill for fill in recorder.fills if isinstance(fill, EntryFill)]
    assert [fill.bar for fill in entries] == (fridays + 1).tolist()
    for fill in entries:
        assert fill.price == year.ask_open[fill.bar]
    # The week begins at 17:00 in New York, an hour earlier in UTC while its clock is forward.
    hours = {month: set() for month in ("winter", "summer")}
    for fill in entries:
        opened = iso_time(int(year.time[fill.bar]))
        summer = "2017-03-12" <= opened[:10] < "2017-11-05"
        hours["summer" if summer else "winter"].add(int(opened[11:13]))
    assert hours == {"winter": {22}, "summer": {21}}


def ms(day: str) -> int:
    return int(np.datetime64(day, "ms").astype(np.int64))
