"""A compiled `next`: what it sees, what it can do, what is said when it goes wrong."""

from __future__ import annotations

import cloudpickle
import numpy as np
import pytest
from random_runs import walk

import workbench as wb
from workbench.data.resample import resample, visible_counts
from workbench.engine import BacktestEngine, compiled_driver, compiling, next_decider
from workbench.engine.watch import Watch
from workbench.errors import InvalidOrder, LookAhead, StrategyError
from workbench.timeframes import Timeframe

pytestmark = pytest.mark.timeout(400)  # the first of them may have to compile the rules
CANDLES = walk(5, 60, sigma=0.002)
HOURS = resample(CANDLES, Timeframe.parse("1H"))
N = len(CANDLES)


@pytest.fixture(params=["numba", "cpython"])
def form(request, monkeypatch):
    """Run with numba, and without."""
    if request.param == "cpython":
        monkeypatch.setattr(compiled_driver, "native", lambda: None)
        monkeypatch.setattr(next_decider, "native", lambda: None)


def ran(kind: type[wb.Strategy], **options: object) -> BacktestEngine:
    """Return an engine that has run to its end."""
    columns = {"15M": CANDLES, "1H": HOURS} if options.pop("hours", False) else {"15M": CANDLES}
    engine = BacktestEngine(kind, columns, **options)
    engine.advance(N)
    engine.finish()
    return engine


class Notes(wb.Strategy):
    """Writes down what it sees."""

    period = 5
    share = 0.5
    loud = True
    mode = "b"

    def init(self) -> None:
        self.calm = self.I("SMA", self.close, self.period)
        self.both = self.I(lambda x: (x + 1, x * 2), self.high)
        self.trend = self.on("1H").I("SMA", self.on("1H").close, 3)
        self.state = np.zeros(12 * N)

    @wb.compiled
    def next(bar, see, act):
        s = see.state
        o = 12 * bar
        s[o] = see.open[-1] + see.high[bar] + see.low[-1] + see.close[-2] + see.volume[-1]
        s[o + 1] = see.time[-1]
        s[o + 2] = see.calm[-1]
        s[o + 3] = see.both_0[-1]
        s[o + 4] = see.both_1[-1]
        s[o + 5] = see.trend[-1]
        s[o + 6] = see.h1_close[-1]
        s[o + 7] = see.h1_time[-1]
        s[o + 8] = see.period + see.share if see.loud else 0.0
        s[o + 9] = 1.0 if see.mode == "b" else 2.0
        s[o + 10] = len(see.close)
        s[o + 11] = act.equity


def test_it_sees_what_has_closed_and_no_more(form):
    engine = ran(Notes, hours=True)
    told = engine.strategy.state.reshape(N, 12)
    assert (told[: engine.warm_up] == 0).all()
    rows = np.arange(engine.warm_up, N)
    c = CANDLES
    counts = visible_counts(CANDLES, HOURS)[rows] - 1
    calm = np.convolve(c.close, np.ones(5) / 5)[rows]
    trend = np.convolve(HOURS.close, np.ones(3) / 3)[counts]
    expected = [
        c.open[rows] + c.high[rows] + c.low[rows] + c.close[rows - 1] + c.volume[rows],
        c.time[rows], calm, c.high[rows] + 1, c.high[rows] * 2, trend, HOURS.close[counts],
        HOURS.time[counts], np.full(len(rows), 5.5), np.ones(len(rows)), rows + 1,
        np.full(len(rows), 10_000.0),
    ]  # fmt: skip
    np.testing.assert_allclose(told[rows].T, expected, rtol=1e-12)


class Reaches(wb.Strategy):
    """Indexes out of what there is."""

    index = 8

    @wb.compiled
    def next(bar, see, act):
        if bar == 7 and see.close[see.index] > 0:
            act.enter_long()


@pytest.mark.parametrize("index", [8, -9])
def test_what_lies_ahead_or_before_the_first_is_out_of_reach(form, index):
    with pytest.raises(StrategyError) as caught:
        ran(Reaches, strategy_params={"index": index})
    when = "2024-01-05T01:45"
    assert f"Reaches.next failed at {when}" in str(caught.value)
    assert caught.value.details["exception"] == "IndexError"
    where = "before the first" if index < 0 else "after the present"
    assert f"Index {index} of series 'close' is {where} candle: 8 seen so far" in str(caught.value)
    assert "see.close[see.index]" in "".join(caught.value.details["traceback"])
    for index in (7, -8):
        assert ran(Reaches, strategy_params={"index": index}).filled == 2


class Asks(wb.Strategy):
    """Orders something once; which, its parameters say."""

    case = 0
    wrong = ""

    def init(self) -> None:
        self.state = np.array([float(self.wrong)])

    @wb.compiled
    def next(bar, see, act):
        close = see.close[-1]
        wrong = see.state[0]
        if bar == 5:
            act.enter_long(quantity=10)
        if bar != 8:
            return
        if see.case == 0:
            act.enter_long(stop_loss=wrong)
        elif see.case == 1:
            act.enter_short(quantity=wrong)
        elif see.case == 2:
            act.enter_long(quantity=1, take_profit=(close * 1.01, wrong))
        elif see.case == 3:
            act.close(wrong)
            act.enter_long()
        elif see.case == 4:
            act.move_stop(wrong)
        elif see.case == 5:
            act.move_stop(trailing=wrong)
        elif see.case == 6:
            act.enter_long(1, limit=close * 0.99, expires=wrong)
        elif see.case == 7:
            for _ in range(100_000):
                act.enter_long(1.0, limit=close * 0.5)


class Says(wb.Strategy):
    """The same in Python."""

    case = 0
    wrong = ""

    def next(self) -> None:
        close, bar, wrong = self.close[-1], len(self.close) - 1, float(self.wrong)
        if bar == 5:
            self.enter_long(quantity=10)
        if bar == 8:
            [
                lambda: self.enter_long(stop_loss=wrong),
                lambda: self.enter_short(quantity=wrong),
                lambda: self.enter_long(quantity=1, take_profit=[close * 1.01, wrong]),
                lambda: self.position.close(wrong),
                lambda: self.position.move_stop(wrong),
                lambda: self.position.move_stop(trailing=wrong),
                lambda: self.enter_long(1, limit=close * 0.99, expires=wrong),
            ][self.case]()


@pytest.mark.parametrize(
    ("case", "wrong"),
    [(0, "1000"), (0, "nan"), (0, "inf"), (1, "-1"), (2, "1"), (2, "nan"), (3, "2"), (3, "nan"),
     (4, "1000"), (4, "nan"), (5, "-1"), (6, "0.5")],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_in_the_same_words(form, case, wrong):
    params = {"strategy_params": {"case": case, "wrong": wrong}}
    with pytest.raises(StrategyError) as compiled:
        ran(Asks, **params)
    with pytest.raises(StrategyError) as python:
        ran(Says, **params)
    assert compiled.value.details["message"] == python.value.details["message"]
    assert compiled.value.details["time"] == python.value.details["time"]
    assert compiled.value.details["field"] == python.value.details["field"]
    assert isinstance(compiled.value.__cause__, InvalidOrder)


def test_a_flood_of_orders_is_refused():
    with pytest.raises(StrategyError, match="1000 can wait at once"):
        ran(Asks, strategy_params={"case": 7, "wrong": "0"})


class Holds(wb.Strategy):
    """Writes down what it holds."""

    def init(self) -> None:
        self.state = np.full(10 * N, np.nan)

    @wb.compiled
    def next(bar, see, act):
        s = see.state
        if bar == 4:
            act.enter_long(2, stop_loss=see.close[-1] * 0.5)
            act.enter_short(1, limit=see.close[-1] * 1.5)
        if bar == 9:
            s[0] = act.position
            s[1] = act.entry_price
            s[2] = act.stop_loss / see.close[4]
            s[3] = act.pnl
            s[4] = act.trades
            s[5] = act.orders
            s[6] = act.bars
            s[7] = act.trade
            s[8] = act.balance + act.pnl - act.equity
            s[9] = act.cancel()
            act.close()
        if bar == 11:
            s[10] = act.position + act.entry_price + act.pnl + act.trades + act.orders + act.bars
            s[11] = act.stop_loss
            s[12] = act.close()


def test_it_knows_what_it_holds(form):
    s = ran(Holds).strategy.state
    entry = CANDLES.open[5]
    expected = [2, entry, 0.5, 2 * (CANDLES.close[9] - entry), 1, 1, 4, 1, 0, 1]
    np.testing.assert_allclose(s[:10], expected, atol=1e-9)
    np.testing.assert_array_equal(s[10:13], [0, np.nan, 0])


def test_the_candles_cannot_be_written_to():
    class Writes(wb.Strategy):
        @wb.compiled
        def next(bar, see, act):
            see.close[-1] = 1.0

    said = r"Writes.next cannot be compiled \(line \d+\): what see has is readonly"
    with pytest.raises(StrategyError, match=said):
        ran(Writes)


def test_state_made_of_later_candles_is_refused():
    class Knows(wb.Strategy):
        def init(self) -> None:
            self.state = np.array([self._view.candles.close[-1]])

        @wb.compiled
        def next(bar, see, act):
            pass

    with pytest.raises(LookAhead, match=r"Knows\.state looks ahead"):
        ran(Knows)
    ran(Knows, check_lookahead=False)


class Buys(wb.Strategy):
    """Buys again and again."""

    every = 5

    @wb.compiled
    def next(bar, see, act):
        if bar % see.every == 0:
            act.close()
            act.enter_long(1)


def test_a_run_stops_for_what_is_watched_for(form):
    engine = BacktestEngine(Buys, {"15M": CANDLES})
    engine.watch = Watch(filled=6)
    engine.advance(N)
    assert (engine.filled, engine.bar) == (7, 17)
    engine.watch = Watch(drawdown=1e-9)
    engine.advance(N)
    assert engine.performance.drawdown <= -1e-9
    before = BacktestEngine(Buys, {"15M": CANDLES})
    before.advance(engine.bar - 1)
    assert before.performance.drawdown > -1e-9 or engine.bar == 18


def test_an_interruption_holds_for_the_next_candles(form):
    engine = BacktestEngine(Buys, {"15M": CANDLES})
    engine.advance(20)
    engine.interrupt()
    engine.advance(N)
    assert engine.bar == 20
    engine.advance(N)
    assert engine.bar == N


def test_a_class_goes_to_another_process_by_value():
    kind = cloudpickle.loads(cloudpickle.dumps(Buys))
    assert (
        ran(kind, strategy_params={"every": 7}).filled
        == ran(Buys, strategy_params={"every": 7}).filled
        > 4
    )


def test_globals_are_taken_as_they_are_when_the_run_begins():
    space: dict[str, object] = {"wb": wb, "EVERY": 7}
    exec(
        "class Global(wb.Strategy):\n"
        "    @wb.compiled\n"
        "    def next(bar, see, act):\n"
        "        if bar % EVERY == 0:\n"
        "            act.close()\n"
        "            act.enter_long(1)\n",
        space,
    )
    assert ran(space["Global"]).filled == ran(Buys, strategy_params={"every": 7}).filled
    space["EVERY"] = 20
    assert ran(space["Global"]).filled == ran(Buys, strategy_params={"every": 20}).filled


def test_called_by_hand_it_says_who_calls_it():
    engine = BacktestEngine(Buys, {"15M": CANDLES})
    with pytest.raises(TypeError, match=r"Buys\.next is compiled: a run calls it"):
        engine.strategy.next()


def test_without_numba_that_is_said_once(monkeypatch):
    monkeypatch.setenv("NUMBA_DISABLE_JIT", "1")
    with pytest.warns(RuntimeWarning, match="run in CPython, slowly: NUMBA_DISABLE_JIT is set"):
        assert compiling.native.__wrapped__() is None


def test_what_numba_cannot_compile_is_told():
    class Prints(wb.Strategy):
        @wb.compiled
        def next(bar, see, act):
            act.enter_long(stop=see.nothing[-1])

    said = r"Prints.next cannot be compiled \(line \d+\): see has no 'nothing'; it has open, high"
    with pytest.raises(StrategyError, match=said):
        ran(Prints)
