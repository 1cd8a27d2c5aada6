from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from workbench.data.candles import Candles
from workbench.data.resample import resample
from workbench.engine import BacktestEngine, Reasoning, Strategy
from workbench.engine.story import EntryFill, ExitFill
from workbench.errors import (
    InvalidRequest,
    StrategyError,
    UnknownParameter,
    UnknownTimeframe,
)
from workbench.timeframes import Timeframe

QUARTER = 15 * 60_000


def candles(closes: list[float]) -> Candles:
    close = np.array(closes, dtype=np.float64)
    opened = np.r_[close[0], close[:-1]]
    return Candles(
        "TEST", Timeframe.parse("15M"), np.arange(len(close), dtype=np.int64) * QUARTER, opened,
        np.maximum(opened, close), np.minimum(opened, close), close, np.ones(len(close)), "test",
    )  # fmt: skip


RISING = candles([100.0 + step for step in range(40)])


def engine(
    strategy: type[Strategy], data: Candles = RISING, *higher: str, **options: Any
) -> BacktestEngine:
    columns = {name: resample(data, Timeframe.parse(name)) for name in ("15M", *higher)}
    return BacktestEngine(strategy, columns, **options)


class Base(Strategy):
    period = 5
    label = "x"
    flag = True

    def next(self) -> None:
        pass


class Child(Base):
    level = 1.5
    period = 7
    _hidden = 3
    table = (1, 2)


def test_parameters_are_plain_public_class_attributes_in_order() -> None:
    assert Child.parameters() == {"period": 7, "label": "x", "flag": True, "level": 1.5}
    assert repr(engine(Child, strategy_params={"level": 2}).strategy) == (
        "Child(period=7, label='x', flag=True, level=2.0)"
    )


def test_values_reach_the_strategy_and_not_its_class() -> None:
    strategy = engine(Child, strategy_params={"period": 9}).strategy
    assert isinstance(strategy, Child)
    assert (strategy.period, strategy.params["period"], Child.period) == (9, 9, 7)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"perido": 3}, "no parameter 'perido': it has period, .* Did you mean 'period'"),
        ({"period": 3.0}, "'period' of Child is int .default 7., got 3.0"),
        ({"period": True}, "is int .* got True"),
        ({"level": "high"}, "is float .* got 'high'"),
        ({"flag": 1}, "is bool .* got 1"),
    ],
)
def test_wrong_parameters_are_named(values: dict[str, Any], words: str) -> None:
    with pytest.raises(UnknownParameter, match=words) as caught:
        Child.with_parameters(values)
    assert caught.value.details["value"] == next(iter(values.values()))


def test_a_parameter_may_not_hide_what_every_strategy_has() -> None:
    with pytest.raises(TypeError, match="'high' belongs to every strategy"):
        type("Bad", (Strategy,), {"high": 70})


def test_next_starts_where_every_indicator_of_every_timeframe_has_a_value() -> None:
    class Waits(Strategy):
        def init(self) -> None:
            self.seen: list[int] = []
            self.average = self.I("SMA", self.close, 3)
            hour = self.on("1H")
            self.hourly = hour.I("sma", hour.close, 3)

        def next(self) -> None:
            self.seen.append(len(self.close))
            assert not np.isnan([self.average[-1], self.hourly[-1]]).any()

    made = engine(Waits, RISING, "1H")
    made.advance(100)
    assert made.warm_up == 11
    assert isinstance(made.strategy, Waits)
    assert made.strategy.seen == list(range(12, 41))


def test_a_timeframe_asked_for_has_a_closed_candle_and_only_closed_ones() -> None:
    class Looks(Strategy):
        def init(self) -> None:
            self.hour = self.on("1h")
            self.seen: list[tuple[int, int, float]] = []

        def next(self) -> None:
            self.seen.append((len(self.close), len(self.hour), self.hour.close[-1]))

    made = engine(Looks, RISING, "1H")
    made.advance(9)
    assert isinstance(made.strategy, Looks)
    assert made.strategy.seen == [(n, n // 4, 99.0 + n // 4 * 4) for n in range(4, 10)]


def test_an_indicator_without_any_value_means_next_is_never_called() -> None:
    class Never(Strategy):
        def init(self) -> None:
            self.average = self.I("SMA", self.close, 100)

        def next(self) -> None:
            raise AssertionError

    made = engine(Never)
    assert made.advance(100) == []
    assert made.warm_up == made.bars == 40


def fails(body: Any, where: str = "next", higher: tuple[str, ...] = ()) -> StrategyError:
    cls = type("Wrong", (Strategy,), {"next": lambda self: None, where: body})
    with pytest.raises(StrategyError) as caught:
        engine(cls, RISING, *higher).advance(100)
    return caught.value


def test_an_unknown_timeframe_names_those_of_the_run() -> None:
    error = fails(lambda self: self.on("4H"), "init", ("1H",))
    assert "no timeframe '4H': it has 15M, 1H" in error.message
    assert isinstance(error.__cause__, UnknownTimeframe)
    assert error.details["allowed"] == ["15M", "1H"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (lambda self: self.I(lambda x: x[1:], self.close), "returned shape (39,)"),
        (lambda self: self.I("smaa", self.close), "Unknown indicator 'smaa'"),
        (lambda self: self.close[-1], "not in init()"),
    ],
)
def test_mistakes_in_init_are_explained(body: Any, words: str) -> None:
    assert words in fails(body, "init").message


def test_errors_in_next_say_when_where_and_what() -> None:
    def divide(self: Strategy) -> None:
        if len(self.close) == 3:
            self.close[-1] / 0

    error = fails(divide)
    assert error.message.startswith(
        "Wrong.next failed at 1970-01-01T00:30:00Z: ZeroDivisionError: float division by zero"
    )
    assert error.details["strategy"] == "Wrong"
    assert error.details["exception"] == "ZeroDivisionError"
    assert error.details["time"] == "1970-01-01T00:30:00Z"
    assert any("in divide" in line for line in error.details["traceback"])
    assert not any("engine.py" in line for line in error.details["traceback"])


def test_an_order_without_sense_fails_at_the_users_line() -> None:
    error = fails(lambda self: self.enter_long(stop_loss=200.0))
    assert "stop_loss of a long must be below the last close 100, is 200" in error.message
    assert error.details["field"] == "stop_loss"
    assert "lambda" in error.details["traceback"][-2]


def test_indicators_may_not_be_declared_late() -> None:
    assert (
        "Declare indicators in init()" in fails(lambda self: self.I("SMA", self.close, 3)).message
    )


class Scripted(Strategy):
    """Does what it is told on given candles."""

    script: Any = None

    def init(self) -> None:
        self.average = self.I("SMA", self.close, 2)
        self.upper, self.lower = self.I(lambda x: (x + 1, x - 1), self.close, name="band")

    def next(self) -> None:
        action = type(self).script.get(len(self.close))
        if action:
            action(self)


def run(script: dict[int, Any], data: Candles = RISING, **options: Any) -> BacktestEngine:
    made = engine(type("Scripted", (Scripted,), {"script": script}), data, **options)
    made.fills = made.advance(1000) + made.finish()  # type: ignore[attr-defined]
    return made


def fills(script: dict[int, Any], **options: Any) -> list[Any]:
    return run(script, **options).fills  # type: ignore[attr-defined,no-any-return]


def test_made_reasoning_tells_the_indicators() -> None:
    opened, closed = fills({5: lambda s: s.buy(), 8: lambda s: s.position.close()})
    assert isinstance(opened, EntryFill)
    assert opened.reasoning == Reasoning(
        "enter_long",
        1.0,
        "Scripted enters long: average 103.5, band_0 105, band_1 103, close 104",
        {"average": 103.5, "band_0": 105.0, "band_1": 103.0, "close": 104.0},
    )
    assert isinstance(closed, ExitFill)
    assert closed.reasoning.decision == "exit"
    assert closed.reasoning.rationale.startswith("Scripted exits long: average 106.5")


def test_given_reasoning_is_kept() -> None:
    why = Reasoning("enter_short", 0.25, "because", {"x": np.float64(2), "gone": float("nan")})
    opened, closed = fills(
        {5: lambda s: s.sell(reason=why), 6: lambda s: s.position.close(reason="enough")}
    )
    assert opened.reasoning == Reasoning("enter_short", 0.25, "because", {"x": 2.0})
    assert type(opened.reasoning.inputs["x"]) is float
    assert closed.reasoning.rationale == "enough"


def test_the_position_as_the_strategy_sees_it() -> None:
    seen: dict[str, Any] = {}

    def look(s: Strategy) -> None:
        position = s.position
        seen.update(
            direction=position.direction, quantity=position.quantity, price=position.entry_price,
            pnl=position.pnl, percent=position.pnl_percent, equity=s.equity, held=bool(position),
        )  # fmt: skip

    run({2: lambda s: s.enter_short(quantity=10), 6: look})
    assert seen == {
        "direction": "short", "quantity": 10.0, "price": 101.0, "pnl": -40.0,
        "percent": pytest.approx(-400 / 101), "equity": 9960.0, "held": True,
    }  # fmt: skip
    run({3: look})
    assert not seen["held"]
    assert (seen["direction"], seen["pnl"], seen["percent"]) == (None, 0.0, 0.0)


def test_half_closed_then_closed() -> None:
    exits = fills(
        {
            2: lambda s: s.enter_long(quantity=10),
            4: lambda s: s.position.close(0.5),
            6: lambda s: s.position.close(),
        }
    )[1:]
    assert [(fill.quantity, fill.remaining) for fill in exits] == [(5.0, 5.0), (5.0, 0.0)]


def test_what_is_open_at_the_end_closes_at_the_last_close() -> None:
    made = run({2: lambda s: s.enter_long(quantity=10), 40: lambda s: s.enter_short()})
    (_, closed) = made.fills  # type: ignore[attr-defined]
    assert (closed.reason, closed.price, closed.bar) == ("end_of_data", 139.0, 39)
    assert [(one.outcome, one.code) for one in made.signals_ended] == [("expired", "end_of_data")]
    assert made.finish() == []
    assert made.snapshot().equity == made.snapshot().balance == pytest.approx(10_380.0)


def test_no_equity_left_liquidates_and_refuses_further_entries() -> None:
    made = run({2: lambda s: s.enter_short(fraction=5), 30: lambda s: s.enter_long()}, leverage=5.0)
    closed = made.fills[-1]  # type: ignore[attr-defined]
    assert closed.reason == "liquidation"
    assert closed.price == pytest.approx(121.2)
    assert made.rejections[0].code == "no_equity"


def test_random_numbers_repeat_with_the_seed() -> None:
    drawn: list[float] = []
    script = {5: lambda s: drawn.append(s.rng.random())}
    for seed in (1, 1, 2):
        run(script, seed=seed)
    assert drawn[0] == drawn[1] != drawn[2]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("initial_capital", 0), ("initial_capital", float("inf")), ("commission", -0.1),
        ("slippage", 1.0), ("leverage", 0.0), ("risk_per_trade", 1.5),
    ],
)  # fmt: skip
def test_numbers_out_of_range_are_refused(field: str, value: float) -> None:
    with pytest.raises(InvalidRequest, match=f"{field} is") as caught:
        engine(Base, **{field: value})
    assert caught.value.details["field"] == field


def test_no_candles_are_refused() -> None:
    with pytest.raises(InvalidRequest, match="at least one timeframe"):
        BacktestEngine(Base, {})


def test_a_strategy_without_next_says_so() -> None:
    with pytest.raises(StrategyError, match=r"Empty has no next\(self\)"):
        engine(type("Empty", (Strategy,), {})).advance(1)
