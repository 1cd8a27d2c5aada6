"""Where a program that publishes its own run stands still when a viewer says so."""

from __future__ import annotations

import threading

from workbench.runs.publishing import Command

CHECK_S = 0.5


class Gate:
    """Pause, step, resume and stop, for code that asks at each step of its own.

    Commands come from any thread.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._steps = 0
        self.paused = False
        self.stopped = False

    def command(self, command: Command) -> None:
        """Obey a command; what has no meaning here changes nothing."""
        with self._changed:
            match command.action:
                case "pause":
                    self.paused = True
                    self._steps = 0
                case "resume":
                    self.paused = False
                    self._steps = 0
                case "step":
                    self.paused = True
                    self._steps += max(1, int(command.value or 1))
                case "stop":
                    self.stopped = True
            self._changed.notify_all()

    def open(self) -> bool:
        """Tell whether the way is free; a step is used up by it."""
        if not self.paused or self.stopped:
            return True
        with self._changed:
            if self._steps:
                self._steps -= 1
                return True
            return not self.paused or self.stopped

    def wait(self) -> None:
        """Wait until something has changed, or half a second."""
        with self._changed:
            if self.paused and not self._steps and not self.stopped:
                self._changed.wait(CHECK_S)
