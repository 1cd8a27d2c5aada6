"""That what a run tells goes forward, as the engine's own streams do: pure."""

from __future__ import annotations

from workbench.errors import InvalidRequest
from workbench.messages import Equity, LogMessage, Progress, iso_time, parse_time


class Course:
    """How far a run has told that it is, by its equity points and its progress."""

    def __init__(self) -> None:
        self._point: int | None = None
        self._bar = -1
        self._percent = 0.0
        self._time: int | None = None

    def check(self, message: LogMessage) -> None:
        """Check that a message does not go back.

        Raises
        ------
        InvalidRequest
            It is an equity point that is not after the one before, in time or by its candle, or a
            progress that is before it, in time or in percent.
        """
        if isinstance(message, Equity):
            time = moment(message.data.time)
            if self._point is not None and time <= self._point:
                raise _back("time", iso_time(time), f"after {iso_time(self._point)}", "equity")
            bar = message.extra.bar if message.extra else None
            if isinstance(bar, int) and bar <= self._bar:
                raise _back("bar", bar, f"after {self._bar}", "equity")
        elif isinstance(message, Progress):
            time, percent = moment(message.data.current_time), message.data.progress
            if percent < self._percent:
                raise _back("percent", percent, f"{self._percent:g} or more", "progress")
            if self._time is not None and time < self._time:
                raise _back("time", iso_time(time), f"{iso_time(self._time)} or later", "progress")

    def take(self, message: LogMessage) -> None:
        """Note a message that was told."""
        if isinstance(message, Equity):
            self._point = moment(message.data.time)
            bar = message.extra.bar if message.extra else None
            self._bar = bar if isinstance(bar, int) else self._bar
        elif isinstance(message, Progress):
            self._time = moment(message.data.current_time)
            self._percent = message.data.progress


def moment(text: str, field: str = "time") -> int:
    """Return a message's time as epoch ms, UTC.

    Raises
    ------
    InvalidRequest
        It is none.
    """
    try:
        return parse_time(text)
    except (ValueError, OverflowError):
        msg = f"{field} is {text[:40]!r}, expected ISO 8601"
        raise InvalidRequest(msg, field=field, value=text[:40], allowed="ISO 8601") from None


def _back(field: str, value: object, allowed: str, kind: str) -> InvalidRequest:
    msg = f"{field} is {value}, expected {allowed}: what was told of {kind} before goes that far"
    return InvalidRequest(msg, field=field, value=value, allowed=allowed)
