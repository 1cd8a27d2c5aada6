"""Signals: what they mean, and what is refused."""

from __future__ import annotations

import cloudpickle
import numpy as np
import pytest
from random_runs import walk

import workbench as wb
from workbench.data.resample import resample
from workbench.engine import BacktestEngine
from workbench.engine.story import EntryFill, ExitFill
from workbench.errors import InvalidOrder, InvalidRequest, LookAhead, StrategyError
from workbench.timeframes import Timeframe

pytestmark = pytest.mark.timeout(400)  # the first of them may have to compile the rules
CANDLES = walk(5, 60, sigma=0.002)
N = len(CANDLES)


def at(*rows: int) -> np.ndarray:
    """Return flags that are set in some rows."""
    flags = np.zeros(N, dtype=bool)
    flags[list(rows)] = True
    return flags


def fills(signals: wb.Signals, **options: object) -> list[tuple[str, str, int]]:
    """Return what was filled: way, direction, candle."""
    engine = BacktestEngine(signals, {"15M": CANDLES}, **options)
    found = engine.advance(N) + engine.finish()
    return [
        ("in" if isinstance(one, EntryFill) else "out", one.direction, one.bar) for one in found
    ]


def test_a_signal_fills_at_the_next_open():
    signals = wb.Signals(at(10), at(20), size=1.0)
    assert fills(signals) == [("in", "long", 11), ("out", "long", 21)]


def test_an_entry_is_passed_over_while_its_direction_is_held():
    engine = BacktestEngine(wb.Signals(at(10, 11, 12, 13), at(20), size=1.0), {"15M": CANDLES})
    assert [one.bar for one in engine.advance(N)] == [11, 21]
    assert engine.signals_ended == []


def test_an_exit_of_the_same_candle_makes_room_for_an_entry():
    assert fills(wb.Signals(at(10, 20), at(20), size=1.0)) == [
        ("in", "long", 11), ("out", "long", 21), ("in", "long", 21), ("out", "long", N - 1),
    ]  # fmt: skip


def test_an_entry_against_the_position_reverses_it():
    signals = wb.Signals(at(10), short_entries=at(20), short_exits=at(30), size=1.0)
    assert fills(signals) == [
        ("in", "long", 11), ("out", "long", 21), ("in", "short", 21), ("out", "short", 31),
    ]  # fmt: skip


def test_exits_close_their_own_direction_alone():
    signals = wb.Signals(at(10), short_exits=at(15), size=1.0)
    assert fills(signals) == [("in", "long", 11), ("out", "long", N - 1)]
    hedged = wb.Signals(at(10), short_entries=at(12), exits=at(20), short_exits=at(25), size=1.0)
    assert fills(hedged, hedging=True, max_positions=2) == [
        ("in", "long", 11), ("in", "short", 13), ("out", "long", 21), ("out", "short", 26),
    ]  # fmt: skip


def test_parts_and_cancelling():
    signals = wb.Signals(at(10), at(20, 30), size=4.0, part=np.where(at(20), 0.25, np.nan))
    engine = BacktestEngine(signals, {"15M": CANDLES})
    assert [(one.bar, one.quantity) for one in engine.advance(N)] == [
        (11, 4.0), (21, 1.0), (31, 3.0),
    ]  # fmt: skip
    waiting = wb.Signals(at(10), cancels=at(12), limit=CANDLES.low.min() * 0.9, size=1.0)
    engine = BacktestEngine(waiting, {"15M": CANDLES})
    engine.advance(N)
    assert [(one.code, one.bar) for one in engine.signals_ended] == [("cancelled", 12)]


def test_ladders_and_their_weights():
    close = CANDLES.close
    targets = np.column_stack([close * 1.0001, close * 1.0002])
    signals = wb.Signals(at(10), take_profit=targets, weights=[0.25, 0.75], size=4.0)
    engine = BacktestEngine(signals, {"15M": CANDLES})
    entry, *exits = engine.advance(N)
    assert entry.ladder == tuple(targets[10])
    assert [one.quantity for one in exits if isinstance(one, ExitFill)] == [1.0, 3.0]


def test_one_number_for_all_has_no_effect_where_there_is_nothing_for_it():
    close = CANDLES.close
    signals = wb.Signals(
        at(10), at(20), size=1.0, expires=3, break_even_after=1,
        limit=np.where(at(30), close * 0.99, np.nan),
    )  # fmt: skip
    assert fills(signals) == [("in", "long", 11), ("out", "long", 21)]


@pytest.mark.parametrize(
    ("given", "field", "said"),
    [
        ({"exits": at(1)}, "entries", "neither entries nor short_entries"),
        ({"entries": at(1), "exits": at(1)[:-1]}, "entries", "differ in length"),
        ({"entries": np.full(N, 0.5)}, "entries", "0 or 1 (or bool), is 0.5 in row 0"),
        ({"entries": [["x"]]}, "entries", "one bool per candle"),
        ({"entries": at(1), "stop_loss": "low"}, "stop_loss", "must be numbers"),
        ({"entries": at(1), "size": np.ones((N, 2))}, "size", "expected (candles,)"),
        ({"entries": at(1), "take_profit": np.ones((N, 9))}, "take_profit", "1 to 8"),
        (
            {"entries": at(1), "take_profit": np.ones((N, 2)), "weights": [1.0]},
            "weights",
            "2 rungs",
        ),
    ],
)  # fmt: skip
def test_arrays_that_make_no_sense_are_refused(given, field, said):
    with pytest.raises(InvalidRequest) as caught:
        wb.Signals(**given)
    assert caught.value.details["field"] == field
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"stop_loss": CANDLES.close * 1.01}, "stop_loss of a long must be below the last close"),
        ({"size": -1.0}, "quantity must be above 0, is -1"),
        ({"size": 1.0, "fraction": 0.5}, "Give one of quantity, fraction and risk"),
        ({"take_profit": CANDLES.close * 0.9}, "take_profit 1 of a long must be above"),
        ({"stop": CANDLES.close * 0.9}, "stop of a long entry must be at or above"),
        ({"trailing": CANDLES.close}, "trailing is a distance in price units: it must be below"),
        ({"max_bars": 1.5}, "max_bars must be a whole number"),
    ],
)
def test_orders_that_make_no_sense_are_refused_with_row_and_time(given, said):
    with pytest.raises(InvalidOrder) as caught:
        BacktestEngine(wb.Signals(at(17, 30), **given), {"15M": CANDLES})
    assert str(caught.value).startswith("Signals, row 17, 2024-01-0")
    assert said in str(caught.value)
    assert caught.value.details["row"] == 17


def test_what_has_no_entry_in_its_row_is_not_looked_at():
    stop = np.where(at(17), CANDLES.close * 0.9, CANDLES.close * 1.1)
    assert fills(wb.Signals(at(17), stop_loss=stop))[0] == ("in", "long", 18)


def test_a_length_other_than_the_candles_is_refused():
    with pytest.raises(InvalidRequest, match="Signals have 60 values, there are 59 candles"):
        BacktestEngine(wb.Signals(at(1)), {"15M": CANDLES[:59]})


def test_long_and_short_on_one_candle_are_refused():
    with pytest.raises(InvalidRequest, match="row 9"):
        BacktestEngine(wb.Signals(at(9), short_entries=at(9)), {"15M": CANDLES})


class Cross(wb.Strategy):
    """Two averages, whole."""

    fast = 3
    slow = 8
    ahead = 0

    def init(self) -> None:
        self.quick = self.I("SMA", self.close, self.fast)
        self.calm = self.I("SMA", self.close, self.slow)

    def signals(self) -> wb.Signals:
        above = np.asarray(self.quick) > np.asarray(self.calm)
        above = np.roll(above, -self.ahead)
        turned = np.diff(above, prepend=above[:1])
        return wb.Signals(turned & above, turned & ~above, stop_loss=self.close[:] * 0.98)


def test_a_strategy_can_give_signals_and_explains_them():
    result = wb.backtest(Cross, CANDLES, fast=4)
    trade = result.trades.iloc[0]
    assert trade["entry_rationale"].startswith("Cross enters long: quick ")
    assert result.strategy == "Cross(fast=4, slow=8, ahead=0)"
    assert wb.backtest(wb.Signals(at(10), size=1.0), CANDLES).metrics["total_trades"] == 1


def test_none_is_placed_before_the_warm_up():
    class Early(Cross):
        def signals(self) -> wb.Signals:
            return wb.Signals(np.ones(N, dtype=bool), size=1.0)

    engine = BacktestEngine(Early, {"15M": CANDLES})
    assert engine.warm_up == 7
    assert engine.advance(N)[0].bar == 8


def test_signals_that_look_ahead_are_refused():
    with pytest.raises(LookAhead, match=r"Cross.signals\(\) looks ahead: its signals in row"):
        BacktestEngine(Cross, {"15M": CANDLES}, strategy_params={"ahead": 1})
    BacktestEngine(Cross, {"15M": CANDLES}, strategy_params={"ahead": 1}, check_lookahead=False)


def test_prices_that_look_ahead_are_refused():
    class Best(Cross):
        def signals(self) -> wb.Signals:
            flags = at(*range(10, 50))[: len(self.close)]
            lowest = np.full(len(flags), self.low[:].min() * 0.99)
            return wb.Signals(flags, size=1.0, stop_loss=lowest)

    with pytest.raises(LookAhead, match="stop_loss"):
        BacktestEngine(Best, {"15M": CANDLES})


def test_what_signals_raises_is_told_with_its_line():
    class Broken(Cross):
        def signals(self) -> wb.Signals:
            return 1 / 0

    with pytest.raises(StrategyError, match=r"Broken.signals failed: ZeroDivisionError"):
        BacktestEngine(Broken, {"15M": CANDLES})

    class Wrong(Cross):
        def signals(self) -> wb.Signals:
            return [1]

    with pytest.raises(InvalidRequest, match=r"Wrong.signals\(\) returned list"):
        BacktestEngine(Wrong, {"15M": CANDLES})


def test_they_have_an_account_of_their_own():
    class Other(Cross):
        pass

    with pytest.raises(InvalidRequest, match="an account of its own"):
        BacktestEngine([Cross, Other], {"15M": CANDLES})


def test_longer_timeframes_are_whole_too():
    class Trend(wb.Strategy):
        def signals(self) -> wb.Signals:
            assert len(self.on("1H").close[:]) == len(HOURS[: len(self.on("1H"))])
            return wb.Signals(np.zeros(len(self.close), dtype=bool))

    HOURS = resample(CANDLES, Timeframe.parse("1H"))
    BacktestEngine(Trend, {"15M": CANDLES, "1H": HOURS}).advance(N)


def test_a_class_goes_to_another_process_by_value():
    kind = cloudpickle.loads(cloudpickle.dumps(Cross))
    engine = BacktestEngine(kind, {"15M": CANDLES})
    engine.advance(N)
    assert engine.filled > 2
