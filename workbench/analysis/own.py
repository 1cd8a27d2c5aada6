"""A user's own detectors: what to write, how they are found, and what is asked of them."""

from __future__ import annotations

import copy
import difflib
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from workbench.analysis.bars import Bar
from workbench.analysis.detecting import Detector, Finding, PatternFinding, StructureFinding
from workbench.errors import DetectorError, InvalidRequest, WorkbenchError
from workbench.messages import Bias, StructureKind, iso_time
from workbench.timeframes import Timeframe

GROUP = "workbench.detectors"


class OwnDetector:
    """Base of a user's detector: write `update`, and `peek` if it has something to say early.

    One is made for each timeframe, with its name. `update` is called at the close of each candle
    and returns what that candle made known; a detector sees nothing but the candles it is given.

    Attributes
    ----------
    timeframe
        Of its candles, such as ``1H``.

    Examples
    --------
    >>> class Marubozu(OwnDetector):
    ...     def update(self, bar):
    ...         whole = bar.high - bar.low
    ...         if whole > 0 and bar.close - bar.open == whole:
    ...             return [self.pattern(bar, "full_body", "bullish")]
    ...         return []
    """

    def __init__(self, timeframe: str) -> None:
        parsed = Timeframe.parse(timeframe)
        self.timeframe = parsed.name
        self._ms = parsed.ms

    def update(self, bar: Bar) -> Sequence[Finding]:
        """Take the next closed candle; return what it made known."""
        raise NotImplementedError(f"{type(self).__name__} has no update(self, bar): write one")

    def peek(self, bar: Bar) -> Sequence[Finding]:
        """Look at a candle that still grows; keep nothing of it."""
        return ()

    def pattern(
        self,
        bar: Bar,
        name: str,
        direction: Bias,
        strength: int | None = None,
        *,
        provisional: bool = False,
    ) -> PatternFinding:
        """Return the finding of a pattern on a candle.

        Parameters
        ----------
        strength
            As TA-Lib counts; 100, -100 or 0 by `direction` when left out.
        provisional
            Whether the candle still grows.
        """
        if strength is None:
            strength = {"bullish": 100, "bearish": -100, "neutral": 0}[direction]
        return PatternFinding(
            self.timeframe, name, direction, strength, bar.time, bar.time + self._ms, provisional
        )

    def structure(
        self,
        bar: Bar,
        kind: StructureKind,
        direction: Bias,
        price: float,
        *,
        id: str | None = None,
        status: str = "confirmed",
        bar_time: int | None = None,
        top: float | None = None,
        bottom: float | None = None,
        numbers: Mapping[str, float] | None = None,
    ) -> StructureFinding:
        """Return the finding of a fact of structure that a closed candle made known.

        Parameters
        ----------
        id
            Of the thing it speaks of; later facts repeat it. Of the candle, when left out.
        bar_time
            Open time of the candle it lies on (epoch ms, UTC), if that is an earlier one.
        """
        when = bar.time if bar_time is None else bar_time
        label = id or f"{type(self).__name__}_{kind}_{when // 1000}"
        return StructureFinding(
            self.timeframe, label, kind, direction, status, when, bar.time + self._ms, price,
            top, bottom, dict(numbers or {}),
        )  # fmt: skip


def named(name: str) -> Any:
    """Return what is registered under a name in the group ``workbench.detectors``.

    Raises
    ------
    InvalidRequest
        There is none, or it cannot be imported.
    """
    points: dict[str, EntryPoint] = {one.name: one for one in entry_points(group=GROUP)}
    if name not in points:
        near = difflib.get_close_matches(name, points, 1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        known = ", ".join(sorted(points)) or "none"
        text = f"Unknown detector {name!r}: registered in {GROUP} are {known}.{hint}"
        raise InvalidRequest(text, field="detectors", value=name, allowed=sorted(points))
    try:
        return points[name].load()
    except (ImportError, AttributeError) as error:
        text = f"Detector {name!r} is registered as {points[name].value}, which fails: {error}"
        raise InvalidRequest(text, field="detectors", value=name) from error


def made_for(timeframe: str, detectors: Iterable[Any]) -> list[Guarded]:
    """Return detectors of a timeframe, one for each that was asked for.

    Parameters
    ----------
    detectors
        Each the name of an entry point, a class or function that takes the timeframe's name, or
        an instance, of which a copy is used.

    Raises
    ------
    InvalidRequest
        One is none of these.
    """
    made = []
    for one in [detectors] if isinstance(detectors, str) else detectors:
        found = named(one) if isinstance(one, str) else one
        if not isinstance(found, type) and hasattr(found, "update"):
            detector = copy.deepcopy(found)
            if isinstance(detector, OwnDetector):
                OwnDetector.__init__(detector, timeframe)
        else:
            detector = found(timeframe) if callable(found) else None
        if not hasattr(detector, "update"):
            text = f"Detector {one!r} has no update(bar): write a class with one"
            raise InvalidRequest(text, field="detectors", value=repr(one), allowed="update(bar)")
        made.append(Guarded(detector, timeframe))
    return made


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
            found = list(getattr(self.detector, method)(bar) or ())
        except WorkbenchError:
            raise
        except Exception as error:
            text = f"raised {type(error).__name__}: {error}"
            raise self._error(method, bar, text) from error
        for one in found:
            self._check(one, method, bar)
        return found

    def _check(self, one: Any, method: str, bar: Bar) -> None:
        if not isinstance(one, Finding):
            raise self._error(method, bar, f"returned {one!r}, which is no finding")
        close = bar.time + self._ms
        if one.timeframe != self.timeframe:
            raise self._error(method, bar, f"returned a finding of {one.timeframe}")
        if one.confirmed_at != close or one.bar_time > bar.time:
            text = (
                f"returned a finding on the candle at {iso_time(one.bar_time)} confirmed at "
                f"{iso_time(one.confirmed_at)}: it is known at the close of the candle given, "
                f"{iso_time(close)}"
            )
            raise self._error(method, bar, text)
        if method == "peek" and not (isinstance(one, PatternFinding) and one.provisional):
            text = "returned a finding that is not provisional: a candle that grows proves nothing"
            raise self._error(method, bar, text)
        if method == "update" and isinstance(one, PatternFinding) and one.provisional:
            if not one.strength:
                return
            text = "returned a provisional pattern: on a closed candle it is one or it has gone (0)"
            raise self._error(method, bar, text)

    def _error(self, method: str, bar: Bar, text: str) -> DetectorError:
        when = iso_time(bar.time)
        msg = f"Detector {self.name}, {method} of the {self.timeframe} candle at {when}, {text}"
        return DetectorError(
            msg, field="detectors", value=self.name, timeframe=self.timeframe, time=when
        )
