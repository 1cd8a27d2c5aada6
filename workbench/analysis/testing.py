"""Holding a detector to what all detectors promise; for its author's tests."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from workbench.analysis.bars import bars_of
from workbench.analysis.given import candles_given
from workbench.analysis.trials import Row, Trial, difference, growing, maker_of, same
from workbench.data.candles import Candles
from workbench.errors import InvalidRequest
from workbench.messages import iso_time

_28_YEARS = 1461 * 7 * 86_400_000
"""After so many weeks every date falls on its weekday again, leap years as well."""
_END_OF_CYCLE = 4_102_444_800_000
"""2100 is no leap year: there the cycle ends."""


def check_detector(
    make: Any,
    candles: Any,
    *,
    cuts: int = 20,
    seed: int = 0,
    allow_nothing: bool = False,
    dated: bool = False,
) -> list[Any]:
    """Check that a detector knows nothing before its time; return all it finds.

    What is checked:

    - *prefix*: over the first t candles it finds what it finds over all of them up to then, at
      `cuts` random t and at those right after its first findings; and so it does where other
      candles follow;
    - each finding is confirmed at the close of the candle that was given;
    - *append-only*: nothing that was returned is changed later;
    - it finds the same when it is made and run again;
    - it finds the same in the same candles 28 years on (when each date has its weekday again):
      what a detector has brought along and looks up by time may know what comes after;
    - `peek` leaves no trace in what is found at closes, however often and with whatever it is
      called.

    What it has brought along and looks up otherwise, such as by counting candles, cannot be told
    from what it remembers: give it candles it has never seen.

    Parameters
    ----------
    make
        Best a function, which is called with the candles (all of them, or the first t) and
        returns a detector for them, or what it finds: findings, or a table (a pandas DataFrame or
        Series, an array) with a row for each candle, known at its close, or with a column
        ``confirmed_at``. Or a class of detector or a `functools.partial` of one, which is called
        with the timeframe's name; a detector, which is copied; or the name of an entry point.
    candles
        To check it on; a few thousand of real ones show most. As `workbench.detect` takes them.
    cuts, seed
        How many t, and which.
    allow_nothing
        Whether it may find nothing at all, which shows nothing.
    dated
        Whether it knows dates by itself, such as of holidays: it is not asked 28 years on.

    Returns
    -------
    list
        Its findings; of a table the rows as tuples.

    Raises
    ------
    AssertionError
        It breaks one of these; the message says at which candle and how.
    InvalidRequest, InvalidCandles
        There is nothing to check, or nothing to check it on.
    """
    data = candles_given(candles)
    if isinstance(cuts, bool) or not isinstance(cuts, int) or cuts < 1:
        text = f"cuts is {cuts!r}: write a whole number from 1"
        raise InvalidRequest(text, field="cuts", value=repr(cuts), allowed="from 1")
    trial = Trial(maker_of(make), data.timeframe)
    whole = trial.run(data)
    again = trial.run(data)
    if not same(whole, again):
        raise AssertionError(f"It is not the same twice: {difference(whole, again)}")
    draw = random.Random(seed)
    counts = _counts(whole, data, cuts, draw)
    for count in counts:
        _check_prefix(trial, data, count, whole)
    for count in counts[:: max(1, len(counts) // 3)]:
        _check_future(trial, data, count, whole, draw)
    if trial.steps:
        if not dated:
            _check_date(trial, data, whole)
        _check_peek(trial, data, whole, counts, draw)
    if not allow_nothing and not any(row.said for row in whole):
        raise AssertionError(
            f"It finds nothing in {len(data):,} candles, which shows nothing: give it more, or "
            f"others, or say allow_nothing=True"
        )
    return [row.value for row in whole]


def _counts(whole: Sequence[Row], candles: Candles, cuts: int, draw: random.Random) -> list[int]:
    chosen = {draw.randint(1, len(candles)) for _ in range(cuts)}
    place = {int(time): number for number, time in enumerate(candles.time)}
    # What leaks shows where something was found: with the candle it lies on as the last one.
    said = [row for row in whole if row.said]
    for row in said[:: max(1, len(said) // cuts)]:
        chosen.add(place.get(row.time, 0) + 1)
    return sorted(chosen)


def _close(candles: Candles, count: int) -> int:
    return int(candles.time[count - 1]) + candles.timeframe.ms


def _check_prefix(trial: Trial, candles: Candles, count: int, whole: Sequence[Row]) -> None:
    close = _close(candles, count)
    part = trial.run(candles[:count])
    known = [row for row in whole if row.known <= close]
    if not same(part, known):
        raise AssertionError(
            f"It looks ahead, or repaints: over the first {count} candles, up to "
            f"{iso_time(close)}, it does not find what it finds up to then over all "
            f"{len(candles)}. {difference(part, known)}"
        )


def _check_future(
    trial: Trial, candles: Candles, count: int, whole: Sequence[Row], draw: random.Random
) -> None:
    """Let other candles follow: those there were, turned upside down and moved."""
    if count == len(candles):
        return
    close = _close(candles, count)
    level = float(candles.close[count - 1])
    columns = {name: getattr(candles, name).copy() for name in ("open", "high", "low", "close")}
    push = draw.uniform(0.8, 1.25)
    for name, other in (("open", "open"), ("high", "low"), ("low", "high"), ("close", "close")):
        columns[name][count:] = push * level**2 / getattr(candles, other)[count:]
    plain = dict.fromkeys(("ask_open", "ask_high", "ask_low", "ask_close"))
    found = trial.run(candles.replace(**columns, **plain))
    part = [row for row in found if row.known <= close]
    known = [row for row in whole if row.known <= close]
    if not same(part, known):
        raise AssertionError(
            f"It looks ahead: where other candles follow the first {count}, it finds other things "
            f"up to {iso_time(close)}. {difference(part, known)}"
        )


def _check_date(trial: Trial, candles: Candles, whole: Sequence[Row]) -> None:
    shift = _28_YEARS if _close(candles, len(candles)) + _28_YEARS < _END_OF_CYCLE else -_28_YEARS
    moved = candles.replace(time=candles.time + shift)
    told = (
        "Given the same candles 28 years on, it {}: it looks something up by time that it has "
        "brought along, which may know what comes after. Make it of the candles it is checked on "
        "(check_detector(lambda candles: …)); dated=True if it knows nothing but dates"
    )
    try:
        found = [row.moved(-shift) for row in trial.run(moved)]
    except AssertionError as error:
        raise AssertionError(told.format(f"fails ({error})")) from error
    undated = [row.moved(0) for row in whole]
    if not same(found, undated):
        what = f"finds other things ({difference(found, undated)})"
        raise AssertionError(told.format(what))


def _check_peek(
    trial: Trial,
    candles: Candles,
    whole: Sequence[Row],
    counts: Sequence[int],
    draw: random.Random,
) -> None:
    def run(part: Candles) -> list[Row]:
        shown = {bar.time: growing(bar, draw) for bar in bars_of(part)}
        return trial.run(part, shown)

    for count in (len(candles), len(candles), counts[len(counts) // 2]):
        close = _close(candles, count)
        known = [row for row in whole if row.known <= close]
        found = run(candles[:count])
        if not same(found, known):
            raise AssertionError(f"peek leaves a trace: {difference(found, known)}")
