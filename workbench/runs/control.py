"""How fast a run goes: paused, stepping, paced or free. Pure; the clock is handed in."""

from __future__ import annotations

import threading
from collections.abc import Callable

from workbench.runs.publishing import Command

CHUNK = 1_000
TICK_S = 0.02


class Control:
    """State of a run's controls; commands come from any thread.

    Parameters
    ----------
    speed
        Candles a second; None is as fast as possible.
    clock
        Seconds, monotonic.
    """

    def __init__(self, speed: float | None, clock: Callable[[], float]) -> None:
        self._speed = speed
        self._clock = clock
        self._changed = threading.Condition()
        self._paused = False
        self._stopped = False
        self._steps = 0
        self._pace_from(clock())

    @property
    def paused(self) -> bool:
        """Whether the run stands still."""
        return self._paused

    def command(self, command: Command) -> None:
        """Obey a command."""
        with self._changed:
            match command.action:
                case "pause":
                    self._paused = True
                case "resume":
                    self._paused = False
                    self._steps = 0
                case "step":
                    self._paused = True
                    self._steps += max(1, int(command.value or 1))
                case "speed":
                    self._speed = command.value or None
                case "stop":
                    self._stopped = True
            self._pace_from(self._clock())
            self._changed.notify_all()

    def turn(self) -> int:
        """Wait until the run may go on; return for how many candles, 0 when it is to stop."""
        with self._changed:
            while not self._stopped:
                candles, patience = self._allowance()
                if candles:
                    return candles
                self._changed.wait(patience)
            return 0

    def _allowance(self) -> tuple[int, float | None]:
        """Return the candles due now, or for how long none will be."""
        if self._paused:
            steps = min(self._steps, CHUNK)
            self._steps -= steps
            return steps, None
        if self._speed is None:
            return CHUNK, 0.0
        elapsed = self._clock() - self._started
        due = int(elapsed * self._speed) - self._done
        if due > max(1.0, self._speed):
            # Asleep for over a second (a closed laptop): go on from here, do not race after.
            self._pace_from(self._clock() - 1 / self._speed)
            due = 1
        if due <= 0:
            return 0, max(TICK_S, (self._done + 1) / self._speed - elapsed)
        self._done += due
        return due, 0.0

    def _pace_from(self, now: float) -> None:
        self._started = now
        self._done = 0
