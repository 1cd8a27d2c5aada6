"""Holding a user's detector to what all detectors promise, finding by finding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from numbers import Integral, Real
from typing import Any, get_args

import msgspec

from workbench.analysis.bars import Bar
from workbench.analysis.detecting import Detector, Finding, PatternFinding, StructureFinding
from workbench.analysis.structure.names import LATER, STATUSES
from workbench.errors import DetectorError
from workbench.messages import Bias, iso_time
from workbench.timeframes import Timeframe

_BIASES = get_args(Bias)
_TIMES = ("bar_time", "confirmed_at")


class Guarded:
    """Calls a user's detector and holds it to what all detectors promise.

    Parameters
    ----------
    detector
        The user's; `peek` may be missing.
    timeframe
        Of its candles.
    """

    def __init__(self, detector: Any, timeframe: str) -> None:
        self.detector: Detector = detector
        self.name = type(detector).__name__
        self.timeframe = timeframe
        self._ms = Timeframe.parse(timeframe).ms

    def update(self, bar: Bar) -> Sequence[Finding]:
        """Take the next closed candle.

        Returns
        -------
        list of findings
            Their numbers are Python's, whatever they were made of.

        Raises
        ------
        DetectorError
            It raised, or what it returned is no finding of this candle.
        """
        return self._checked("update", bar)

    def peek(self, bar: Bar) -> Sequence[Finding]:
        """Look at a candle that still grows.

        Raises
        ------
        DetectorError
            As of `update`.
        """
        return self._checked("peek", bar) if hasattr(self.detector, "peek") else ()

    def _checked(self, method: str, bar: Bar) -> Sequence[Finding]:
        try:
            given = getattr(self.detector, method)(bar)
            found = [] if given is None else list(given)
        except (Exception, SystemExit) as error:
            text = f"raised {type(error).__name__}: {error}"
            raise self._error(method, bar, text) from error
        try:
            return [self._check(plain(one), method, bar) for one in found]
        except ValueError as error:
            raise self._error(method, bar, str(error)) from error

    def _check(self, one: Finding, method: str, bar: Bar) -> Finding:
        close = bar.time + self._ms
        if one.timeframe != self.timeframe:
            raise ValueError(f"returned a finding of {one.timeframe!r}")
        if one.confirmed_at != close or one.bar_time > bar.time:
            raise ValueError(
                f"returned a finding on the candle at {_when(one.bar_time)} confirmed at "
                f"{_when(one.confirmed_at)}: it is known at the close of the candle given, "
                f"{iso_time(close)}"
            )
        grows = isinstance(one, PatternFinding) and one.provisional
        if method == "peek" and not grows:
            text = "returned a finding that is not provisional: a candle that grows proves nothing"
            raise ValueError(text)
        if method == "update" and isinstance(one, PatternFinding) and grows and one.strength:
            text = "returned a provisional pattern: on a closed candle it is one or it has gone (0)"
            raise ValueError(text)
        return one

    def _error(self, method: str, bar: Bar, text: str) -> DetectorError:
        when = iso_time(bar.time)
        msg = f"Detector {self.name}, {method} of the {self.timeframe} candle at {when}, {text}"
        return DetectorError(
            msg, field="detectors", value=self.name, timeframe=self.timeframe, time=when
        )


def plain(one: Any) -> Finding:
    """Return a finding that can be told: Python's own numbers, and words the stream knows.

    Raises
    ------
    ValueError
        It is none, or says what cannot be told.
    """
    if not isinstance(one, (PatternFinding, StructureFinding)):
        raise ValueError(f"returned {one!r}, which is no finding: use self.pattern, self.structure")
    _known("direction", one.direction, _BIASES)
    changes: dict[str, Any] = {name: _whole(name, getattr(one, name)) for name in _TIMES}
    changes["direction"] = str(one.direction)
    if isinstance(one, PatternFinding):
        changes["pattern"] = _named("pattern", one.pattern)
        changes["strength"] = _whole("strength", one.strength)
        changes["provisional"] = bool(one.provisional)
    else:
        _known("kind", one.kind, tuple(LATER))
        _known("status", one.status, STATUSES)
        changes |= {"kind": str(one.kind), "status": str(one.status), "id": _named("id", one.id)}
        changes["price"] = _number("price", one.price)
        for name in ("top", "bottom"):
            edge = getattr(one, name)
            changes[name] = None if edge is None else _number(name, edge)
        if not isinstance(one.numbers, Mapping):
            raise ValueError(f"returned numbers {one.numbers!r}: write {{'size': 1.5}}")
        changes["numbers"] = {
            _named("numbers", name): _number(f"numbers[{name!r}]", value)
            for name, value in one.numbers.items()
        }
    same = all(
        type(value) is type(getattr(one, name)) for name, value in changes.items()
        if name != "numbers"
    ) and all(type(value) is float for value in getattr(one, "numbers", {}).values())  # fmt: skip
    return one if same else msgspec.structs.replace(one, **changes)


def _known(name: str, value: Any, allowed: tuple[str, ...]) -> None:
    if not (isinstance(value, str) and value in allowed):
        raise ValueError(f"returned {name} {value!r}: it must be one of {', '.join(allowed)}")


def _named(name: str, value: Any) -> str:
    if not (isinstance(value, str) and 0 < len(value) <= 200):
        raise ValueError(f"returned {name} {value!r}: it must be a text of 1 to 200 characters")
    return str(value)


def _number(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, Real) or not isfinite(value):
        raise ValueError(f"returned {name} {value!r}: it must be a finite number")
    return float(value)


def _whole(name: str, value: Any) -> int:
    number: Any = value if isinstance(value, Integral) else _number(name, value)
    if isinstance(value, bool) or number != int(number) or abs(number) >= 1 << 53:
        raise ValueError(f"returned {name} {value!r}: it must be a whole number")
    return int(number)


def _when(time: int) -> str:
    """Say a time, also one that a calendar does not have."""
    try:
        return iso_time(time)
    except (ValueError, OverflowError, OSError):
        return f"{time} ms"
