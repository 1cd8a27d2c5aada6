"""Handing controls to a program that publishes: its gate at once, its function when it can."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from queue import SimpleQueue

from workbench.runs.gate import Gate
from workbench.runs.publishing import Command

log = logging.getLogger(__name__)

PATIENCE_S = 5.0


class Controls:
    """Obeys each control, and calls a function with it in a thread that nothing waits for.

    So the function may take its time, and may tell: what is told can have to wait until the
    server has taken something, which the publisher's own threads must not do.

    Parameters
    ----------
    gate
        Where the program stands still.
    function
        Called with one control after the other; None for nothing. An exception of its is
        logged, and that is all.
    """

    def __init__(self, gate: Gate, function: Callable[[Command], None] | None) -> None:
        self._gate = gate
        self._function = function
        self._commands: SimpleQueue[Command | None] = SimpleQueue()
        self._thread: threading.Thread | None = None

    def begin(self) -> None:
        """Call from now on, first with what was taken until now."""
        if self._function is not None:
            self._thread = threading.Thread(target=self._call, name="controls", daemon=True)
            self._thread.start()

    def take(self, command: Command) -> None:
        """Take a control in, from any thread. Returns at once."""
        self._gate.command(command)
        self._commands.put(command)

    def end(self) -> None:
        """Call no more after what was taken; wait for that, five seconds at most.

        Called from the function itself, it does not wait.
        """
        self._commands.put(None)
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(PATIENCE_S)

    def _call(self) -> None:
        assert self._function is not None
        while (command := self._commands.get()) is not None:
            try:
                self._function(command)
            except Exception:
                log.exception("on_control failed at %s", command.action)
