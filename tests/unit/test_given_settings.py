"""Settings as people give them: NumPy's numbers are numbers, and what is none is told readably."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from random_runs import walk
from sweeping import Cross

import workbench as wb
from workbench.client.api import request_body
from workbench.client.sweep import Sweep as Handle
from workbench.client.sweeping import sweep
from workbench.engine.settings import Settings, settings_of
from workbench.errors import InvalidRequest
from workbench.messages import SweepData
from workbench.sweeps.frames import scenarios_frame
from workbench.sweeps.spec import SweepSpec, WalkForward, check

CANDLES = walk(3, 400)
MARKET = {"symbol": "EUR-USD", "timeframes": "1H", "start": "2017-01-01", "end": "2017-02-01"}
GIVEN: dict[str, Any] = {
    "leverage": np.float64(2.0), "commission": np.float32(0.5), "max_positions": np.int64(2),
    "hedging": np.bool_(True), "slippage": wb.Slippage(percent=np.float64(0.25)),
}  # fmt: skip
PLAIN: dict[str, Any] = {
    "leverage": 2.0, "commission": 0.5, "max_positions": 2, "hedging": True,
    "slippage": wb.Slippage(percent=0.25),
}  # fmt: skip


def test_numbers_of_numpy_are_numbers() -> None:
    assert Settings(**GIVEN) == Settings(**PLAIN)
    assert type(Settings(**GIVEN).leverage) is float
    Settings(**GIVEN).check()
    own = settings_of({"commission": {"percent": np.float64(0.001)}})
    assert own.commission == wb.Commission(percent=0.001)
    wb.backtest(Cross, CANDLES, commission=wb.Commission(percent=np.float64(0.001)))
    frames = (MARKET["symbol"], ["1H"], MARKET["start"], MARKET["end"])
    body = request_body("sma_cross", *frames, dict(GIVEN))  # type: ignore[arg-type]
    assert {name: body[name] for name in PLAIN} == {**PLAIN, "slippage": {"percent": 0.25}}


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"leverage": "2"}, "leverage is '2', expected a number$"),
        (
            {"commission": "x"},
            "commission is 'x', expected a fraction of the notional, such as 0.0",
        ),
        ({"commission": wb.Slippage()}, r"or a Commission \(it is a Slippage\)"),
        ({"commission": {"percent": 0.1}}, "expected a fraction .* or a Commission"),
        ({"slippage": wb.Slippage(percent="a")}, r"Slippage \(Expected `float`, got `str`"),  # type: ignore[arg-type]
        ({"hedging": 1}, "expected True or False"),
        ({"max_positions": 1.5}, "expected a whole number"),
        ({"leverage": np.array([1.0, 2.0])}, "expected a number"),
        ({"convention": 3}, "expected one of workbench"),
    ],
)
def test_what_is_no_setting_is_told_in_words(given: dict[str, Any], text: str) -> None:
    with pytest.raises(InvalidRequest, match=text):
        wb.backtest(Cross, CANDLES, **given)


def test_a_start_says_the_same() -> None:
    with pytest.raises(InvalidRequest, match="commission is 'x', expected a fraction"):
        wb.start("sma_cross", commission="x", url="http://127.0.0.1:9", **MARKET)


def test_sweeps_say_the_way_out() -> None:
    with pytest.raises(InvalidRequest, match="start a sweep for each"):
        sweep(Cross, fast=[5], commission=[wb.Commission(percent=0.1)], **MARKET)
    with pytest.raises(InvalidRequest, match=r"write a Strategy with parameters and a signals"):
        sweep(wb.Signals(np.zeros(9, bool)), fast=[5], **MARKET)  # type: ignore[arg-type]


SPACE = {"fast": [5, 7], "commission": [0.0, 0.001]}


def test_what_chooses_by_itself_does_not_choose_the_market() -> None:
    check(SweepSpec(space=SPACE), Cross)
    plan = WalkForward(splits=2)
    check(SweepSpec(space={"fast": [5], "leverage": [1, 2]}, walk_forward=plan), Cross)
    with pytest.raises(InvalidRequest, match="walk_forward would choose commission"):
        check(SweepSpec(space=SPACE, walk_forward=plan), Cross)
    with pytest.raises(InvalidRequest, match="bayesian would choose commission"):
        check(SweepSpec(space=SPACE, method="bayesian", trials=3), Cross)


def row(number: int, fast: int, commission: float, sharpe: float) -> SweepData:
    metrics = {"sharpe_ratio": sharpe, "total_trades": 5.0, "volatility": 1.0}
    params = {"fast": fast, "commission": commission}
    return SweepData("s", number, params, metrics, "", "all", 0, "", "")


ROWS = [row(0, 5, 0.0, 3.0), row(1, 5, 0.001, -1.0), row(2, 7, 0.0, 2.0), row(3, 7, 0.001, 1.0)]


def test_each_scenario_has_its_best() -> None:
    frame = scenarios_frame(ROWS, SweepSpec(space=SPACE))
    assert frame.index.names == ["commission"]
    assert frame.reset_index().to_dict("list") == {
        "commission": [0.0, 0.001], "number": [0, 3], "fast": [5, 7], "sharpe_ratio": [3.0, 1.0],
    }  # fmt: skip
    assert scenarios_frame(ROWS, SweepSpec(space={"fast": [5, 7]}))["number"].tolist() == [0]


def test_the_best_over_scenarios_warns() -> None:
    handle = Handle.__new__(Handle)
    handle._spec, handle._rows = SweepSpec(space=SPACE), ROWS
    with pytest.warns(UserWarning, match="all values of commission, which no trader can choose"):
        assert handle.best == {"fast": 5, "commission": 0.0}
    handle._spec = SweepSpec(space={"fast": [5, 7]})
    assert handle.best["fast"] == 5


class Both(Cross):
    def signals(self) -> wb.Signals:
        return wb.Signals(np.zeros(len(self.close), bool))

    def next(self) -> None:
        raise AssertionError("never asked")


class Instead(Cross):
    signals = Both.signals


class Under(Instead):
    def next(self) -> None:
        raise AssertionError("never asked")


def test_of_next_and_signals_there_may_be_one() -> None:
    for kind in (Both, Under):
        with pytest.raises(InvalidRequest, match="has both next"):
            wb.backtest(kind, CANDLES)
        with pytest.raises(InvalidRequest, match="has both next"):
            wb.start(kind, url="http://127.0.0.1:9", **MARKET)
    with pytest.warns(RuntimeWarning, match="gives no signal"):
        wb.backtest(Instead, CANDLES)


def test_arrays_cannot_be_checked_and_the_result_says_so() -> None:
    rises = np.r_[CANDLES.close[1:] > CANDLES.close[:-1], False]
    every = rises & np.r_[False, ~rises[:-1]]
    far = wb.Signals(every, size=1.0, take_profit=CANDLES.close * 1.0001)
    result = wb.backtest(far, CANDLES, max_positions=1000)
    assert "The signals came as arrays" in repr(result)
    assert "The signals came as arrays" in result._repr_html_()
    assert result.note
    assert not wb.backtest(Cross, CANDLES).note
    assert not wb.backtest(far, CANDLES, check_lookahead=False).note


def test_arrays_that_never_lose_are_warned_of() -> None:
    long = walk(5, 3000)
    entries = np.r_[long.open[2:] > long.open[1:-1] * 1.0005, False, False]
    entries[::2] = False
    signals = wb.Signals(entries, size=1.0, max_bars=1)
    with pytest.warns(RuntimeWarning, match=r"Each of the \d+ trades won"):
        result = wb.backtest(signals, long)
    assert result.metrics["winning_trades"] == result.metrics["total_trades"] >= 100
