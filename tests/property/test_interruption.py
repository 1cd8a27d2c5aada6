"""Wherever a run is interrupted, paused, stepped or sent, it ends like an undisturbed one."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.analysis.indicators import sma
from workbench.data.candles import Candles
from workbench.engine import BacktestEngine, Strategy, StreamingBacktestEngine
from workbench.engine.watch import Watch
from workbench.messages import Message, Metrics, Progress, Status, Trade, Until, encode
from workbench.runs.control import Control
from workbench.runs.publishing import Command
from workbench.streams import Pace
from workbench.timeframes import Timeframe

BARS = 400
WARM_UP = 20
PROGRESS_EVERY = 30
METRICS_EVERY = 10 * PROGRESS_EVERY


@cache
def candles() -> Candles:
    rng = np.random.default_rng(11)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.01, BARS)))
    opened = np.r_[100.0, close[:-1]]
    high, low = np.maximum(opened, close) * 1.002, np.minimum(opened, close) * 0.998
    step = Timeframe.parse("1H")
    return Candles(
        "TEST", step, 1_700_000_000_000 // step.ms * step.ms + step.ms * np.arange(BARS),
        opened, high, low, close, np.ones(BARS), "test",
    )  # fmt: skip


class Trades(Strategy):
    """Trades often, and says when it is on a candle."""

    on_bar: Any = staticmethod(lambda bar: None)

    def init(self) -> None:
        self.slow = self.I(sma, self.close, WARM_UP)
        self.seen = 0

    def next(self) -> None:
        self.seen += 1
        self.on_bar(self.seen)
        if self.rng.random() < 0.2:
            self.position.close() if self.position else self.enter_long(
                quantity=20, stop_loss=self.close[-1] * 0.99
            )


def run_of(on_bar: Any = lambda bar: None) -> tuple[StreamingBacktestEngine, list[Message]]:
    kind = type("Trades", (Trades,), {"on_bar": staticmethod(on_bar)})
    out: list[Message] = []
    engine = BacktestEngine(kind, {"1H": candles()}, commission=0.0005, seed=3, leverage=5.0)
    return StreamingBacktestEngine(
        engine,
        "backtest_1",
        out.append,
        progress_every=PROGRESS_EVERY,
        equity_every=7,
        now=lambda: "t",
    ), out


def story(messages: list[Message]) -> list[bytes]:
    """Everything but the states between the first and the end, and where the run stood in them."""
    return [
        encode(message)
        for number, message in enumerate(messages)
        if not (number and isinstance(message, Status))
        and not stood(message, *messages[number + 1 : number + 2])
    ]


def stood(message: Message, after: Message | None = None) -> bool:
    if isinstance(message, Metrics):
        # The regular ones come before the progress of the same candle.
        if not isinstance(after, Progress):
            return True
        return after.extra.bar % METRICS_EVERY != 0 and after.extra.bar < BARS
    if not isinstance(message, Progress):
        return False
    bar = message.extra.bar
    return bar % PROGRESS_EVERY != 0 and bar < BARS


@cache
def undisturbed() -> tuple[bytes, ...]:
    run, out = run_of()
    run.run()
    assert sum(isinstance(message, Trade) for message in out) > 50
    return tuple(story(out))


@settings(max_examples=40, deadline=None)
@given(
    at=st.sets(st.integers(1, BARS), max_size=30),
    chunks=st.lists(st.integers(1, 150), min_size=1, max_size=5),
)
def test_an_interruption_ends_the_turn_at_its_candle_and_changes_nothing(at, chunks):
    stood: list[int] = []

    def on_bar(seen: int) -> None:
        if seen in at:
            run.engine.interrupt()
            stood.append(len(run.engine.strategy.close))

    run, out = run_of(on_bar)
    turn = 0
    while True:
        before = len(stood)
        more = run.advance(chunks[turn % len(chunks)])
        turn += 1
        if len(stood) > before:
            assert len(stood) == before + 1
            assert run.engine.bar == stood[-1]
        if not more:
            break
    assert tuple(story(out)) == undisturbed()


commands = st.one_of(
    st.builds(Command, st.just("step"), st.integers(1, 40).map(float)),
    st.builds(Command, st.sampled_from(["pause", "resume"])),
    st.builds(Command, st.just("speed"), st.sampled_from([None, 0.0, 1e6])),
    st.builds(
        Command,
        st.just("run_until"),
        until=st.one_of(
            st.builds(Until, bars=st.integers(1, 60)),
            st.builds(Until, trades=st.integers(1, 8)),
            st.builds(Until, drawdown=st.floats(0.001, 0.2)),
            st.sampled_from(["2023-11-15T00:00:00Z", "2023-11-20T00:00:00Z"]).map(
                lambda time: Until(time=time)
            ),
        ),
    ),
)


@settings(max_examples=40, deadline=None)
@given(script=st.lists(st.tuples(st.integers(1, BARS), commands), max_size=12))
def test_a_controlled_run_ends_like_an_undisturbed_one(script):
    """Each command comes while the strategy is on a candle; a run that stands is resumed."""

    def on_bar(seen: int) -> None:
        for bar, command in script:
            if bar == seen:
                control.command(command)

    clock = iter(range(1 << 60))
    control = Control(Pace(), lambda: float(next(clock)))
    run, out = run_of(on_bar)
    control.interrupt = run.engine.interrupt
    more = True
    while more:
        candles = _turn(control, run)
        if candles:
            more = run.advance(candles)
        else:
            control.command(Command("resume"))
    assert tuple(story(out)) == undisturbed()


def _turn(control: Control, run: StreamingBacktestEngine) -> int:
    """A turn that does not wait: 0 when the run stands still."""
    control._look(run)
    control._obey_all(run, 0.0)
    return control.turn(run) if not control._standing else 0


@settings(max_examples=40, deadline=None)
@given(start=st.integers(0, 300), drawdown=st.floats(0.001, 0.3), chunk=st.integers(1, BARS))
def test_a_watched_drawdown_ends_on_the_first_candle_that_closes_with_it(start, drawdown, chunk):
    reference, _ = run_of()
    reference.advance(start)
    expected = BARS
    while reference.advance(1):
        if reference.engine.performance.drawdown <= -drawdown:
            expected = reference.engine.bar
            break
    run, _ = run_of()
    run.advance(start)
    run.engine.watch = Watch(drawdown=drawdown)
    _go_while(run, chunk)
    assert run.engine.bar == expected


@settings(max_examples=40, deadline=None)
@given(start=st.integers(0, 300), trades=st.integers(1, 9), chunk=st.integers(1, BARS))
def test_a_watched_number_of_fills_ends_on_the_candle_of_the_last(start, trades, chunk):
    reference, _ = run_of()
    reference.advance(start)
    wanted, expected = reference.engine.filled + trades, BARS
    while reference.advance(1):
        if reference.engine.filled >= wanted:
            expected = reference.engine.bar
            break
    run, _ = run_of()
    run.advance(start)
    run.engine.watch = Watch(filled=wanted)
    _go_while(run, chunk)
    assert run.engine.bar == expected


def _go_while(run: StreamingBacktestEngine, chunk: int) -> None:
    """Advance in chunks until one ends early, or all is done."""
    more = True
    while more:
        before = run.engine.bar
        more = run.advance(chunk)
        if run.engine.bar < min(before + chunk, BARS):
            return
