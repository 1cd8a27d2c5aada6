"""Finding out whether indicators look ahead: they are computed again over parts of the candles."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain, islice, zip_longest
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.analysis.series import Series, whole
from workbench.data.candles import Candles
from workbench.engine.carrying import carried_column, moved_ahead
from workbench.engine.compiled import compiled_next
from workbench.engine.declaring import Declaration, Extent, compute
from workbench.engine.signals import gives_signals
from workbench.engine.strategy import Strategy
from workbench.errors import InvalidRequest, LookAhead
from workbench.messages import iso_time

LEAST = 30
"""Candles there must be for a look at a part of them to tell anything."""
EVEN, MOST = 16, 48
"""Places an indicator is cut at: these evenly, where the candles are not many; all in all."""
SECONDS = 0.02
"""What looking at all indicators of a strategy may take, beyond `even` and the last place."""
SLOW = 1.0
"""An indicator that has taken so long is looked at in no further place."""
OFF = "(check_lookahead=False turns this check off)"

Clock = Callable[[], float]


def audit(declared: Sequence[Declaration], candles: Candles, clock: Clock = perf_counter) -> None:
    """Compute indicators again on the first candles, cut at as many places as there is time for.

    A value that then differs depends on later candles (or on chance). What is updated candle by
    candle cannot, and is passed over.

    Raises
    ------
    LookAhead
        One does; the message names the candle and both values.
    """
    count = len(candles)
    looked = [one for one in declared if not hasattr(one.function, "update")]
    if count < LEAST or not looked:
        return
    # The last place is among the sure ones: what fails there alone is found at no other.
    least, share = len(even(count)) + 1, SECONDS / len(looked)
    for one in looked:
        refuse_carried(f"Indicator {one.label}", one.function, candles, one)
        within(islice(cuts(candles), MOST), least, share, partial(look, one, candles), clock)


def within(
    places: Iterable[int], least: int, seconds: float, see: Callable[[int], None], clock: Clock
) -> None:
    """Look at the first `least` places, and at more while there is time."""
    began = clock()
    for number, place in enumerate(places):
        spent = clock() - began
        if (number >= least and spent > seconds) or (number > 1 and spent > SLOW):
            return
        see(place)


def even(count: int) -> list[int]:
    """Return the places each indicator is cut at: up to `EVEN`, fewer of many candles."""
    parts = min(EVEN, max(2, 400_000 // count))
    # Not all at the same place of a longer candle or a week.
    return [min(count - 1, count * one // (parts + 1) + one % 3) for one in range(1, parts + 1)]


def cuts(candles: Candles) -> Iterator[int]:
    """Yield where to cut, each place once: evenly, then ever nearer to both ends, then anywhere.

    The places are the same for the same candles.
    """
    count = len(candles)
    ends = (count - (1 << power) for power in range(count.bit_length()))
    begins = (LEAST << power for power in range(count.bit_length()))
    pairs = chain.from_iterable(zip_longest(ends, begins, fillvalue=0))
    rng = seeded(candles)
    anywhere = (int(rng.integers(LEAST, count)) for _ in range(LEAST, count))
    seen = set(even(count))
    yield from sorted(seen)
    for place in chain(pairs, anywhere):
        if LEAST <= place < count and place not in seen:
            seen.add(place)
            yield place


def seeded(candles: Candles) -> np.random.Generator:
    """Return random numbers that are the same for the same candles."""
    some = candles.close[:: max(1, len(candles) // 4096)]
    return np.random.default_rng(zlib.crc32(some.tobytes()))


def refuse_carried(
    what: str, function: Any, candles: Candles, one: Declaration | None = None
) -> None:
    """Refuse a function that brings a whole column of prices along, which no cut shortens.

    Parameters
    ----------
    what
        Its name, as it is told.
    one
        Where it is an indicator: what it is given is looked at, too.

    Raises
    ------
    LookAhead
        It does.
    """
    found = carried_column(function, candles)
    if found is not None:
        name, column = found
        text = (
            f"{what} reads {name!r}, which holds the {column} of all {len(candles)} candles, later "
            f"ones too: take it from self.{column}, which ends with the present candle. Where its "
            f"times or other columns are needed, bring those alone: times = frame.index, "
            f"mood = frame['mood'] {OFF}"
        )
        raise LookAhead(text, field="indicator", value=name, allowed="what it is given")
    given = () if one is None else (*enumerate(one.args, 1), *one.kwargs.items())
    for place, value in given:
        ahead = None if isinstance(value, Series) else moved_ahead(value, candles)
        if ahead is not None:
            text = (
                f"{what} is given, as argument {place}, the {ahead.column} of {ahead.ahead} "
                f"candles later: take it from self.{ahead.column} {OFF}"
            )
            raise LookAhead(text, field="indicator", value=str(place), allowed="self.close")


def refuse_brought(strategy: Strategy) -> None:
    """Refuse a strategy whose decisions read a whole column of prices.

    Raises
    ------
    LookAhead
        They do.
    """
    kind, candles = type(strategy), strategy._view.candles
    if gives_signals(kind):
        refuse_carried(f"{kind.__name__}.signals()", strategy.signals, candles)  # type: ignore[attr-defined]
        return
    function = compiled_next(kind)
    if function is None:
        refuse_carried(f"{kind.__name__}.next()", strategy.next, candles)
        return
    state = partial(np.asarray, getattr(strategy, "state", None))
    refuse_carried(f"{kind.__name__}.next", function.function, candles)
    refuse_carried(f"{kind.__name__}.state", state, candles)


def look(one: Declaration, candles: Candles, cut: int) -> None:
    """Compute an indicator over the first `cut` candles, and compare.

    Raises
    ------
    LookAhead
        It differs, or there are not as many values.
    """
    count = len(one.columns[0])

    def short(arg: Any) -> Any:
        arg = whole(arg)
        return arg[:cut] if isinstance(arg, np.ndarray) and arg.shape[:1] == (count,) else arg

    try:
        _, again = compute(
            one.label, one.function, [short(arg) for arg in one.args],
            {key: short(arg) for key, arg in one.kwargs.items()}, Extent(cut, candles.timeframe),
        )  # fmt: skip
    except InvalidRequest as error:
        if error.details.get("field") == "indicator" and "returned shape" in error.message:
            raise _kept(one, cut, f"it does not give {cut} values") from error
        return
    except Exception as error:
        if cut == count - 1:  # it works with one more: that is no lack of candles
            raise _kept(one, cut, f"it fails with {type(error).__name__}: {error}") from error
        return
    for before, after in zip(one.columns, again, strict=False):
        at = _differs(before[:cut], after)
        if at is not None:
            when = iso_time(int(candles.time[at]))
            text = (
                f"Indicator {one.label} looks ahead: at {when} it is {before[at]:g} over all "
                f"{count} candles, and {after[at]:g} over the first {cut}; a value may only depend "
                f"on its candle and earlier ones {OFF}"
            )
            raise LookAhead(text, field="indicator", value=one.label, allowed="earlier candles")


def _kept(one: Declaration, cut: int, what: str) -> LookAhead:
    text = (
        f"Indicator {one.label} looks ahead, or keeps values of its own: over the first {cut} "
        f"candles alone {what}. Make it of its arguments {OFF}"
    )
    allowed = "a function of its arguments"
    return LookAhead(text, field="indicator", value=one.label, allowed=allowed)


def _differs(one: NDArray[np.float64], other: NDArray[np.float64]) -> int | None:
    """Return where columns first differ by more than roundings; None for nowhere."""
    one, other = np.ascontiguousarray(one), np.ascontiguousarray(other)
    if np.array_equal(one.view(np.int64), other.view(np.int64)):  # usual, and ten times as fast
        return None
    same = np.isclose(one, other, rtol=1e-7, atol=1e-12, equal_nan=True)
    return None if same.all() else int(same.argmin())
