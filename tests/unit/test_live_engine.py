"""A live engine: what it refuses, what it shows, and the forms a strategy can have."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from live_runs import Feed, assert_same, backtest, live
from random_runs import RandomOrders, walk

from workbench.data.bars import Bar
from workbench.data.resample import resample
from workbench.engine import Strategy
from workbench.engine.compiled import compiled
from workbench.engine.live_engine import LiveEngine
from workbench.engine.live_parts import needs_whole, point
from workbench.engine.rules.layout import (
    BY_COMMAND,
    E_CODE,
    E_KIND,
    E_PRICE,
    ENDED,
    ENTERED,
    EXITED,
    FLATTENED,
    LIMIT_POSITION,
)
from workbench.engine.settings import Convention, Settings, Slippage
from workbench.engine.signals import Signals
from workbench.errors import InvalidCandles, InvalidRequest, LookAhead, StrategyError
from workbench.timeframes import Timeframe

STEP = 15 * 60_000
DATA = walk(5, 300)
COLUMNS = {"15M": DATA, "1H": resample(DATA, Timeframe.parse("1H"))}


class Crossing(Strategy):
    def init(self) -> None:
        self.quick = self.I("SMA", self.close, 3)
        self.calm = self.I("SMA", self.close, 8)
        self.hour = self.on("1H")
        self.slow = self.hour.I("SMA", self.hour.close, 2)


class Compiled(Crossing):
    def init(self) -> None:
        super().init()
        self.state = np.zeros(1)

    @compiled
    def next(bar, see, act):
        see.state[0] += 1.0
        up = see.quick[-1] > see.calm[-1]
        if up and act.position <= 0 and see.h1_close[-1] > see.slow[-1]:
            act.enter_long(stop_loss=see.close[-1] * 0.99, take_profit=see.close[-1] * 1.004)
        elif not up and see.state[0] % 3 == 0:
            act.close(0.5)
        elif see.state[0] % 5 == 0:
            act.enter_short(fraction=0.5, limit=see.close[-1] * 1.002, expires=3)


class AsSignals(Crossing):
    def signals(self) -> Signals:
        up = self.quick[:] > self.calm[:]
        stops = np.where(up, self.close[:] * 0.99, np.nan)
        return Signals(up, ~up, short_entries=~up & (self.close[:] < self.calm[:]), stop_loss=stops)


@pytest.mark.parametrize("kind", [Compiled, AsSignals])
@pytest.mark.parametrize("market", ["next_open", "close"])
def test_what_is_compiled_in_a_backtest_is_run_by_cpython(kind: Any, market: Any) -> None:
    settings = Settings(
        check_lookahead=False, max_positions=3, convention=Convention(market=market)
    )
    expected = backtest(COLUMNS, kind, 50, settings=settings)
    told = live(COLUMNS, kind, 50, settings=settings)
    feed = Feed(told.engine, COLUMNS, 50)
    feed.candles(60)
    feed.bulk(100)
    feed.candles(200)
    assert_same(told, expected)
    assert len(told.rows) > 50


def test_signals_as_arrays_are_refused() -> None:
    with pytest.raises(InvalidRequest, match=r"signals\(self\)"):
        LiveEngine(Signals(np.zeros(300, bool)), {"15M": DATA})


class Enters(RandomOrders):
    """Enters at each close, with a limit that is not reached, and at the market."""

    def next(self) -> None:
        self.enter_long(quantity=1, limit=self.close[-1] / 2)
        self.enter_long(quantity=2, stop_loss=self.close[-1] * 0.5)


def test_a_gate_ends_an_order_with_its_code() -> None:
    seen = []

    def gate(wanted: Any) -> tuple[int, float, float] | None:
        seen.append(wanted)
        return (LIMIT_POSITION, wanted.notional, 7.0) if wanted.limit is None else None

    told = live(COLUMNS, Enters, 50, gate=gate)
    Feed(told.engine, COLUMNS, 50).candles(1)
    close = float(DATA.close[50])
    assert [(one.units, one.price) for one in seen] == [(1.0, close / 2), (2.0, close)]
    assert [one.quantity for one in told.engine.orders()] == [1.0]
    assert (told.words[0].code, told.words[0].outcome) == ("max_position", "rejected")
    assert told.words[0].numbers == {"wanted": 2 * close, "limit": 7.0}


def test_flattening_closes_all_at_the_last_prices() -> None:
    told = live(COLUMNS, Enters, 50, settings=Settings(spread=0.5))
    engine, feed = told.engine, Feed(told.engine, COLUMNS, 50)
    feed.candles(1)
    engine.begin(int(DATA.time[51]), 100.0)
    engine.within(point(int(DATA.time[51]), 99.0))
    (held,), account = engine.positions(), engine.account()
    assert (held.mark, held.price, held.unrealised) == (99.0, 100.5, -3.0)
    assert (account.bid, account.ask, account.equity, account.exposure) == (99, 99.5, 9997, 198)
    engine.flatten(BY_COMMAND)
    kinds = [(row[E_KIND], row[E_CODE]) for row in told.rows]
    assert kinds == [(ENTERED, 0.0), (ENDED, FLATTENED), (EXITED, BY_COMMAND)]
    assert told.rows[-1][E_PRICE] == 99.0
    assert [one.code for one in told.words if hasattr(one, "code")] == ["flattened"]
    assert told.words[-1].reason == "flattened"
    assert not engine.orders()
    assert engine.account().balance == 9997.0


def test_what_no_part_has_told_is_the_last_part() -> None:
    class Stopped(Strategy):
        def next(self) -> None:
            if not self.position:
                self.enter_long(quantity=1, stop_loss=self.close[-1] * 0.9)

    told = live({"15M": DATA}, Stopped, 50)
    engine = told.engine
    Feed(engine, {"15M": DATA}, 50).candles(1)
    stop, time = float(DATA.close[50] * 0.9), int(DATA.time[51])
    engine.begin(time, 100.0)
    engine.within(point(time, 101.0))
    engine.end(Bar(time, 100.0, 101.0, stop - 1, 102.0, 5.0))
    assert [row[E_PRICE] for row in told.rows] == [100.0, stop]


def test_two_longer_candles_may_close_with_one() -> None:
    base = DATA[:8]
    gap = np.r_[np.arange(4), [7, 11, 12, 13]] * STEP + int(DATA.time[0])
    columns = {"15M": base.replace(time=gap)}
    columns["1H"] = resample(columns["15M"], Timeframe.parse("1H"))
    expected = backtest(columns, RandomOrders, 2, seed=3)
    told = live(columns, RandomOrders, 2, seed=3)
    Feed(told.engine, columns, 2).candles(9)
    assert_same(told, expected)
    assert len(told.engine.columns["1H"]) == 3


def test_it_begins_without_any_candles() -> None:
    class Late(Crossing):
        def next(self) -> None:
            if not self.position:
                self.enter_long(stop_loss=self.close[-1] * 0.99)

    expected = backtest(COLUMNS, Late, 0)
    told = live(COLUMNS, Late, 0)
    assert not told.engine.warm
    Feed(told.engine, COLUMNS, 0).candles(60)
    assert told.engine.warm
    feed = Feed(told.engine, COLUMNS, 60)
    feed.bulk(300)
    assert_same(told, expected)


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        (Settings(convention="vectorbt"), "touch"),
        (Settings(slippage=Slippage(impact=0.1)), "volume"),
    ],
)
def test_settings_that_need_whole_candles_refuse_parts(settings: Settings, why: str) -> None:
    engine = LiveEngine(RandomOrders, {"15M": DATA[:50]}, settings=settings)
    assert why in (needs_whole(settings) or "")
    with pytest.raises(InvalidRequest, match=why):
        engine.begin(int(DATA.time[50]), 100.0)
    Feed(engine, {"15M": DATA}, 50).candles(10)


def test_candles_out_of_order_are_refused() -> None:
    engine = LiveEngine(RandomOrders, {"15M": DATA[:50]})
    with pytest.raises(InvalidCandles, match="opens before"):
        engine.begin(int(DATA.time[49]), 100.0)
    with pytest.raises(InvalidCandles, match="opens before"):
        engine.candles(DATA[49:60])
    with pytest.raises(RuntimeError, match=r"call begin\(\)"):
        engine.end(point(int(DATA.time[50]), 100.0))
    with pytest.raises(InvalidRequest, match="longer timeframe"):
        engine.join("4H", point(0, 1.0))


def test_many_at_once_show_no_future() -> None:
    class Peeks(Strategy):
        def init(self) -> None:
            last = len(self._view.candles)  # honest over the history, and no longer after it
            self.odd = self.I(lambda x: np.r_[x[:last], x[last:][::-1]], self.close)

        def next(self) -> None:
            pass

    engine = LiveEngine(Peeks, {"15M": DATA[:100]})
    with pytest.raises(LookAhead, match="looks ahead"):
        engine.candles(DATA[100:200])


def test_an_indicator_that_fails_says_when() -> None:
    class Breaks(Strategy):
        def init(self) -> None:
            self.odd = self.I(self.broken, self.close)

        def broken(self, x: Any) -> Any:
            if len(x) > 60:
                raise ValueError("no more")
            return x

        def next(self) -> None:
            pass

    engine = LiveEngine(Breaks, {"15M": DATA[:60]})
    with pytest.raises(StrategyError, match="no more"):
        Feed(engine, {"15M": DATA}, 60).candles(1)
