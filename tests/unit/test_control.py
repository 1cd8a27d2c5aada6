"""How far a run goes, without a process, a socket or a clock."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from workbench.messages import Until
from workbench.runs.control import PATIENCE_S, Control
from workbench.runs.publishing import Command
from workbench.runs.turns import FIRST, MOST, TURN_S, Turns
from workbench.streams import Pace

HOUR = 3_600_000
FREE = Pace()

CHUNK = 1000


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class FakeRun:
    """A run of hourly candles from 1970 on that goes where it is told."""

    def __init__(self, bar: int = 0, bars: int = 100_000) -> None:
        self.told: list[tuple[str, str | None]] = []
        self.engine: Any = SimpleNamespace(
            bar=bar,
            filled=0,
            watch=None,
            performance=SimpleNamespace(drawdown=0.0),
            candles=SimpleNamespace(
                timeframe=SimpleNamespace(ms=HOUR), time=HOUR * np.arange(bars)
            ),
            time=lambda index: f"hour {index}",
        )

    def tell(self, status: str, reason: str | None = None) -> None:
        self.told.append((status, reason))


class Steered:
    """A control with its run and its clock, and what it does to it."""

    def __init__(self, pace: Pace = FREE, bar: int = 0) -> None:
        self.clock = Clock()
        self.control = Control(pace, self.clock)
        self.control._turns = Turns(lambda: 0.0)  # turns take no time here
        self.control._turns.candles = CHUNK
        self.run: Any = FakeRun(bar)

    def say(self, *commands: Command) -> None:
        for command in commands:
            self.control.command(command)

    def turn(self) -> int:
        return self.control.turn(self.run)

    def go(self, most: int = 1 << 60) -> int:
        """Take a turn and do what it gives, `most` candles of it."""
        candles = min(self.turn(), most)
        self.run.engine.bar += candles
        return candles

    def stands(self) -> bool:
        """Tell whether a turn would wait for ever; the stop that ends the wait ends the run."""
        got: list[int] = []
        thread = threading.Thread(target=lambda: got.append(self.turn()), daemon=True)
        thread.start()
        thread.join(0.02)
        waiting = thread.is_alive()
        self.say(Command("stop"))
        thread.join(10)
        return waiting and got == [0]


def test_a_free_run_goes_in_chunks():
    assert Steered().turn() == CHUNK


def test_a_paced_run_gets_what_is_due():
    steered = Steered(Pace(100.0))
    steered.clock.now += 0.5
    assert steered.go() == 50
    steered.clock.now += 0.25
    assert steered.go() == 25


def test_market_time_is_paced_by_candles():
    steered = Steered(Pace(36_000.0, market=True))
    steered.clock.now += 1.0
    assert steered.go() == 10


def test_what_an_interruption_left_undone_is_still_due():
    steered = Steered(Pace(100.0))
    steered.clock.now += 0.5
    assert steered.go(20) == 20
    assert steered.go() == 30


def test_after_a_long_sleep_a_paced_run_does_not_race():
    steered = Steered(Pace(100.0))
    steered.clock.now += 3600
    assert steered.turn() == 1


@pytest.mark.parametrize("pace", [Pace(5e-324), Pace(1e-300, market=True), Pace(1e-9)])
def test_a_pace_next_to_nothing_can_be_waited_for(pace):
    steered = Steered(pace)
    candles, patience = steered.control._allowance(steered.run)
    assert (candles, patience) == (0, PATIENCE_S)


def test_steps_are_exact_and_leave_the_run_paused():
    steered = Steered()
    steered.say(Command("step", 7))
    assert steered.go(3) == 3
    assert steered.go() == 4
    steered.say(Command("step", CHUNK + 3))
    assert [steered.go(), steered.go()] == [CHUNK, 3]
    assert steered.stands()
    assert steered.run.told == [
        ("paused", "step: 7 bars at hour 6"),
        ("paused", f"step: {CHUNK + 3} bars at hour {CHUNK + 9}"),
    ]


def test_a_step_during_a_step_makes_it_longer():
    steered = Steered(bar=10)
    steered.say(Command("step", 5))
    steered.go(2)
    steered.say(Command("step"), Command("step"))
    assert steered.go() == 5
    assert steered.stands()


def test_a_pause_drops_a_step():
    steered = Steered()
    steered.say(Command("step", 500))
    steered.go(100)
    steered.say(Command("pause"))
    assert steered.stands()
    assert steered.run.engine.bar == 100


def test_a_pause_holds_until_resume_and_each_is_told_once():
    steered = Steered()
    steered.say(Command("pause"), Command("pause"), Command("resume"), Command("resume"))
    assert steered.go() == CHUNK
    assert steered.run.told == [("paused", None), ("running", None)]
    steered.say(Command("pause"))
    assert steered.stands()


@pytest.mark.parametrize("paused", [False, True])
def test_stop_ends_at_once(paused):
    steered = Steered()
    if paused:
        steered.say(Command("pause"))
    steered.say(Command("stop"), Command("resume"))
    assert steered.turn() == 0


def test_speed_changes_count_from_the_change():
    steered = Steered()
    steered.clock.now += 50
    steered.say(Command("speed", 10.0))
    assert steered.control._allowance(steered.run)[0] == CHUNK
    steered.control._obey_all(steered.run, 0.0)
    steered.clock.now += 1.0
    assert steered.go() == 10
    steered.say(Command("speed", 7200.0, "x"))
    steered.control._obey_all(steered.run, 0.0)
    steered.clock.now += 1.0
    assert steered.go() == 2
    steered.say(Command("speed", None))
    assert steered.go() == CHUNK


def test_each_command_interrupts_the_engine():
    steered = Steered()
    calls: list[int] = []
    steered.control.interrupt = lambda: calls.append(1)
    steered.say(Command("pause"), Command("resume"))
    assert len(calls) == 2


def test_until_bars_goes_on_from_a_pause_and_stands_still_there():
    steered = Steered(bar=5)
    steered.say(Command("pause"), Command("run_until", until=Until(bars=20)))
    assert steered.go() == 20
    assert steered.stands()
    assert steered.run.told == [
        ("paused", None),
        ("running", None),
        ("paused", "run_until: 20 bars at hour 24"),
    ]


@pytest.mark.parametrize(
    ("time", "bar"), [("1970-01-01T10:00:00Z", 11), ("1970-01-01T10:00:01Z", 12)]
)
def test_until_time_ends_after_the_first_candle_that_opens_then_or_later(time, bar):
    steered = Steered(bar=5)
    steered.say(Command("run_until", until=Until(time=time)))
    assert steered.go() == bar - 5
    assert steered.stands()
    assert steered.run.told[-1][1].startswith("run_until: time 1970-01-01T10:00:0")


def test_until_a_time_that_is_past_stands_still_and_says_so():
    steered = Steered(bar=50)
    steered.say(Command("run_until", until=Until(time="1970-01-02T00:00:00Z")))
    assert steered.stands()
    assert steered.run.told == [
        ("paused", "run_until: time 1970-01-02T00:00:00Z is past, the run is at hour 49")
    ]


def test_until_trades_counts_from_the_command():
    steered = Steered(bar=5)
    steered.run.engine.filled = 3
    steered.say(Command("run_until", until=Until(trades=2)))
    assert steered.go(10) == 10
    assert steered.run.engine.watch.filled == 5
    steered.run.engine.filled = 5
    assert steered.stands()
    assert steered.run.told == [("paused", "run_until: 2 trades at hour 14")]


def test_until_drawdown_needs_a_further_candle():
    steered = Steered(bar=5)
    steered.run.engine.performance.drawdown = -0.2
    steered.say(Command("run_until", until=Until(drawdown=0.1)))
    assert steered.go(1) == 1
    assert steered.run.engine.watch.drawdown == 0.1
    steered.run.engine.performance.drawdown = -0.1034
    assert steered.stands()
    assert steered.run.told == [("paused", "run_until: drawdown -0.1034 at hour 5")]


@pytest.mark.parametrize("action", ["pause", "resume"])
def test_a_new_command_takes_the_place_of_run_until(action):
    steered = Steered()
    steered.say(Command("run_until", until=Until(bars=20)), Command(action))
    if action == "resume":
        assert steered.go() == CHUNK
        assert steered.run.told == []
    else:
        assert steered.stands()
        assert steered.run.told == [("paused", None)]


def test_a_change_of_speed_does_not():
    steered = Steered()
    steered.say(Command("run_until", until=Until(bars=20)), Command("speed", 0.0))
    assert steered.go() == 20
    assert steered.stands()


def test_turns_grow_while_they_are_quick_and_shrink_when_they_are_slow():
    now = 0.0
    turns = Turns(lambda: now)
    bar, asked = 0, []
    for a_candle in (0.0, 0.0, 0.0, TURN_S, 0.0, TURN_S / 8):
        turns.begin(bar)
        bar += turns.candles
        now += a_candle * turns.candles
        asked.append(turns.candles)
        turns.end(bar)
    assert asked == [FIRST, 2 * FIRST, 4 * FIRST, 8 * FIRST, 1, 2]
    assert turns.candles == 4
    for _ in range(20):
        turns.begin(bar)
        bar += turns.candles
        turns.end(bar)
    assert turns.candles == MOST


def test_a_turn_cut_short_does_not_make_the_next_longer():
    turns = Turns(lambda: 0.0)
    turns.begin(0)
    turns.end(3)
    assert turns.candles == FIRST
