"""Holding a detector to what all detectors promise; for its author's tests."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from workbench.analysis.bars import Bar, bars_of
from workbench.analysis.detecting import Finding
from workbench.analysis.guarding import Guarded
from workbench.data.candles import Candles
from workbench.errors import DetectorError
from workbench.messages import iso_time

Make = Callable[[Any], Any]


def check_detector(make: Make, candles: Candles, *, cuts: int = 20, seed: int = 0) -> list[Finding]:
    """Check that a detector knows nothing before its time; return all it finds.

    What is checked:

    - *prefix*: over the first t candles it finds what it finds over all of them up to then, at
      `cuts` random t and at those right after its first findings;
    - each finding is confirmed at the close of the candle that was given;
    - *append-only*: nothing that was returned is changed later;
    - it finds the same when it is made and run again;
    - `peek` leaves no trace in what is found at closes.

    Parameters
    ----------
    make
        A class of detector, which is called with the timeframe's name; or a function, which is
        called with the candles (all of them, or the first t) and returns a detector for them, or
        the findings themselves, as a function over whole columns would.
    candles
        To check it on; a few thousand of real ones show most.
    cuts, seed
        How many t, and which.

    Raises
    ------
    AssertionError
        It breaks one of these; the message says at which candle and how.
    """
    whole = _run(make, candles)
    again = _run(make, candles)
    if whole != again:
        raise AssertionError(f"It is not the same twice: {_difference(whole, again)}")
    for count in _counts(whole, candles, cuts, seed):
        close = int(candles.time[count - 1]) + candles.timeframe.ms
        part = _run(make, candles[:count])
        known = [one for one in whole if one.confirmed_at <= close]
        if part != known:
            raise AssertionError(
                f"It looks ahead, or repaints: over the first {count} candles, up to "
                f"{iso_time(close)}, it does not find what it finds up to then over all "
                f"{len(candles)}. {_difference(part, known)}"
            )
    _check_peek(make, candles, whole)
    return whole


def _counts(whole: Sequence[Finding], candles: Candles, cuts: int, seed: int) -> list[int]:
    draw = random.Random(seed)
    chosen = {draw.randint(1, len(candles)) for _ in range(cuts)}
    place = {int(time): number for number, time in enumerate(candles.time)}
    # What leaks shows where something was found: with the candle it lies on as the last one.
    for one in whole[:: max(1, len(whole) // cuts)] if whole else ():
        chosen.add(place.get(one.bar_time, 0) + 1)
    return sorted(chosen)


def _made(make: Make, candles: Candles) -> Any:
    return make(candles.timeframe.name if isinstance(make, type) else candles)


def _run(make: Make, candles: Candles) -> list[Finding]:
    made = _made(make, candles)
    if not hasattr(made, "update"):
        return sorted(made, key=lambda one: one.confirmed_at)
    detector = Guarded(made, candles.timeframe.name)
    found: list[Finding] = []
    told: list[bytes] = []
    for bar in bars_of(candles):
        new = _asked(detector.update, bar)
        found.extend(new)
        told.extend(map(msgspec.json.encode, new))
    for one, before in zip(found, told, strict=True):
        if msgspec.json.encode(one) != before:
            was = before.decode()
            raise AssertionError(f"It changes what it has found: {was} became {_short(one)}")
    return found


def _check_peek(make: Make, candles: Candles, whole: list[Finding]) -> None:
    made = _made(make, candles)
    if not hasattr(made, "update") or not hasattr(made, "peek"):
        return
    detector = Guarded(made, candles.timeframe.name)
    found: list[Finding] = []
    for bar in bars_of(candles):
        for growing in _growing(bar):
            _asked(detector.peek, growing)
        found.extend(
            one for one in _asked(detector.update, bar) if not getattr(one, "provisional", False)
        )
    if found != whole:
        raise AssertionError(f"peek leaves a trace: {_difference(found, whole)}")


def _growing(bar: Bar) -> list[Bar]:
    """Return three states the candle may have gone through."""
    middle = (bar.high + bar.low) / 2
    return [
        Bar(bar.time, bar.open, bar.open, bar.open, bar.open, 0.0),
        Bar(bar.time, bar.open, max(bar.open, middle), bar.low, bar.low, bar.volume / 2),
        bar._replace(close=bar.high),
    ]


def _asked(method: Callable[[Bar], Sequence[Finding]], bar: Bar) -> Sequence[Finding]:
    try:
        return method(bar)
    except DetectorError as error:
        raise AssertionError(error.message) from error


def _difference(one: Sequence[Finding], other: Sequence[Finding]) -> str:
    for number in range(max(len(one), len(other))):
        left = one[number] if number < len(one) else None
        right = other[number] if number < len(other) else None
        if left != right:
            return f"First difference: {_short(left)} against {_short(right)}"
    return "No difference"


def _short(one: Finding | None) -> str:
    if one is None:
        return "nothing"
    named = getattr(one, "pattern", None) or getattr(one, "id", None) or "confluence"
    when, known = iso_time(one.bar_time), iso_time(one.confirmed_at)
    return f"{named} of {when} known at {known} ({one.direction})"
