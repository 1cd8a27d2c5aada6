"""How far a run goes: paused, stepping, paced, free, or until something happens.

Commands come from any thread and only queue up; they are obeyed in the engine's thread, between
two candles, where the run's position is exact. The clock is handed in.
"""

from __future__ import annotations

from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from workbench.runs.goal import Goal
from workbench.runs.publishing import Command
from workbench.runs.turns import Turns
from workbench.streams import Pace

if TYPE_CHECKING:
    from workbench.engine import StreamingBacktestEngine

TICK_S = 0.02
PATIENCE_S = 3600.0
SLOWEST = 1e-9


class Control:
    """State of a run's controls.

    Parameters
    ----------
    pace
        How fast to go at the start.
    clock
        Seconds, monotonic.

    Attributes
    ----------
    interrupt
        Called after each command, from its thread: ends what the engine is at.
    """

    def __init__(self, pace: Pace, clock: Callable[[], float]) -> None:
        self.interrupt: Callable[[], None] = _nothing_to_interrupt
        self._pace = pace
        self._clock = clock
        self._commands: SimpleQueue[Command] = SimpleQueue()
        self._goal: Goal | None = None
        self._standing = self._stopped = False
        self._told = "running"
        self._turns = Turns(clock)
        self._pace_from(0)

    def command(self, command: Command) -> None:
        """Take a command in, from any thread."""
        self._commands.put(command)
        self.interrupt()

    def turn(self, run: StreamingBacktestEngine) -> int:
        """Wait until the run may go on; return for how many candles, 0 when it is to stop.

        Tells the stream when the run comes to stand still and when it goes on.
        """
        patience: float | None = 0.0
        self._turns.end(run.engine.bar)
        while True:
            self._look(run)
            self._obey_all(run, patience)
            if self._stopped:
                return 0
            candles, patience = self._allowance(run)
            if candles:
                run.engine.watch = None if self._goal is None else self._goal.watch
                self._turns.begin(run.engine.bar)
                return candles

    def _obey_all(self, run: StreamingBacktestEngine, patience: float | None) -> None:
        """Obey what has come in; wait `patience` seconds for the first, for ever if None."""
        try:
            command = self._commands.get(timeout=patience)
            while not self._stopped:
                self._obey(command, run)
                command = self._commands.get_nowait()
        except Empty:
            pass

    def _obey(self, command: Command, run: StreamingBacktestEngine) -> None:
        bar = run.engine.bar
        match command.action:
            case "pause":
                self._stand(run)
            case "resume":
                self._go(run, None)
            case "run_until" if command.until is not None:
                goal = Goal.until(command.until, run.engine)
                if goal.past:
                    self._stand(run, goal.past)
                else:
                    self._go(run, goal)
            case "step":
                candles = int(command.value or 1)
                if self._goal is not None and self._goal.steps:
                    self._goal = self._goal.further(candles)
                else:
                    self._goal = Goal.step(candles, bar)
                self._standing = False
            case "speed":
                self._pace = Pace.of(command.value, command.unit)
            case "stop":
                self._stopped = True
        self._pace_from(bar)

    def _look(self, run: StreamingBacktestEngine) -> None:
        """Stand still if the run is where it was to go."""
        goal = self._goal
        if goal is not None and goal.met(run.engine):
            self._stand(run, goal.reason(run.engine))

    def _stand(self, run: StreamingBacktestEngine, reason: str | None = None) -> None:
        self._goal, self._standing = None, True
        if reason is not None or self._told != "paused":
            self._told = "paused"
            run.tell("paused", reason)

    def _go(self, run: StreamingBacktestEngine, goal: Goal | None) -> None:
        self._goal, self._standing = goal, False
        if self._told != "running":
            self._told = "running"
            run.tell("running")

    def _allowance(self, run: StreamingBacktestEngine) -> tuple[int, float | None]:
        """Return the candles due now, or for how long none will be."""
        if self._standing:
            return 0, None
        bar, goal = run.engine.bar, self._goal
        most = self._turns.candles
        left = most if goal is None or goal.bar is None else goal.bar - bar
        rate = self._pace.candles(run.engine.candles.timeframe.ms)
        if rate is None or (goal is not None and goal.steps):
            return min(most, left), None
        rate = max(rate, SLOWEST)
        elapsed = self._clock() - self._started
        due = int(elapsed * rate) - (bar - self._from)
        if due > max(1.0, rate):
            # Asleep for over a second (a closed laptop): go on from here, do not race after.
            self._pace_from(bar)
            self._started -= 1 / rate
            due = 1
        if due <= 0:
            wait = (bar - self._from + 1) / rate - elapsed
            return 0, min(max(TICK_S, wait), PATIENCE_S)
        return min(due, left), None

    def _pace_from(self, bar: int) -> None:
        self._started = self._clock()
        self._from = bar


def _nothing_to_interrupt() -> None:
    pass
