"""A user's own detectors: what to write, how they are found, and what is asked of them."""

from __future__ import annotations

import copy
import difflib
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from workbench.analysis.bars import Bar
from workbench.analysis.detecting import Finding, PatternFinding, StructureFinding
from workbench.analysis.guarding import Guarded
from workbench.errors import DetectorError, InvalidRequest
from workbench.messages import Bias, StructureKind
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
        name
            Any.
        direction
            ``bullish``, ``bearish`` or ``neutral``.
        strength
            As TA-Lib counts; 100, -100 or 0 by `direction` when left out.
        provisional
            Whether the candle still grows.
        """
        if strength is None:
            strength = {"bullish": 100, "bearish": -100}.get(direction, 0)
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
        kind
            One of those there are (docs/detectors.md), which charts can draw; what fits none of
            them is a pattern.
        price
            The level.
        id
            Of the thing it speaks of; later facts repeat it. Of the candle, when left out.
        bar_time
            Open time of the candle it lies on (epoch ms, UTC), if that is an earlier one.
        status
            ``confirmed``; of later facts ``broken``, ``mitigated``, ``filled``, ``swept``,
            ``touched``, ``extended``, ``superseded`` or ``expired``.
        top, bottom
            Edges, where it has a height.
        numbers
            What decided, by name.
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
    DetectorError
        One raised when it was made.
    """
    return [_made(timeframe, one) for one in detectors]


def several(detectors: Any) -> list[Any]:
    """Return the detectors asked for as a list: one alone will do.

    Raises
    ------
    InvalidRequest
        It is neither a detector nor several.
    """
    if isinstance(detectors, str) or callable(detectors) or _detects(detectors):
        return [detectors]
    if isinstance(detectors, Iterable) and not isinstance(detectors, Mapping):
        return list(detectors)
    text = f"Detectors are {detectors!r}: write a list of classes, instances or names"
    raise InvalidRequest(text, field="detectors", value=repr(detectors), allowed="a list")


def _detects(one: Any) -> bool:
    # A dict and a set can be updated too.
    return hasattr(one, "update") and not isinstance(one, (Mapping, set))


def _made(timeframe: str, one: Any) -> Guarded:
    found = named(one) if isinstance(one, str) else one
    try:
        if not isinstance(found, type) and _detects(found):
            detector = copy.deepcopy(found)
            if isinstance(detector, OwnDetector):
                OwnDetector.__init__(detector, timeframe)
        else:
            detector = found(timeframe) if callable(found) else None
    except Exception as error:
        name = getattr(found, "__name__", type(found).__name__)
        text = (
            f"Detector {name} could not be made for {timeframe}: {type(error).__name__}: {error}. "
            f"A class is called with the timeframe's name"
        )
        raise DetectorError(text, field="detectors", value=name, timeframe=timeframe) from error
    if not _detects(detector):
        text = f"Detector {one!r} has no update(bar): write a class with one"
        raise InvalidRequest(text, field="detectors", value=repr(one), allowed="update(bar)")
    return Guarded(detector, timeframe)
