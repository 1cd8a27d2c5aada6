from __future__ import annotations

import numpy as np
import pytest

from workbench.analysis.indicators import crossed_above, crossed_below, sma
from workbench.analysis.series import Clock, Series


def series(*values: float, count: int | None = None, name: str = "close") -> Series:
    clock = Clock(len(values) if count is None else count)
    return Series(np.array(values, dtype=np.float64), clock, name)


def test_counts_back_from_now_in_plain_floats() -> None:
    now = series(1.0, 2.0, 3.0, 4.0, count=3)
    assert (now[-1], now[-2], now[-3], len(now)) == (3.0, 2.0, 1.0, 3)
    assert type(now[-1]) is float
    assert list(now) == [1.0, 2.0, 3.0]
    assert float(now) == 3.0


@pytest.mark.parametrize(
    ("index", "words"),
    [
        (0, "counts from the start"),
        (2, "counts from the start"),
        (-4, "before the first candle: 3"),
    ],
)
def test_the_future_and_the_time_before_are_refused(index: int, words: str) -> None:
    with pytest.raises(IndexError, match=words):
        series(1.0, 2.0, 3.0, 4.0, count=3)[index]


def test_nothing_can_be_read_before_the_first_candle() -> None:
    unseen = series(1.0, 2.0, count=0)
    with pytest.raises(IndexError, match=r"not in init\(\)"):
        unseen[-1]
    with pytest.raises(IndexError, match="No candle"):
        np.asarray(unseen)


def test_slices_end_now_and_cannot_be_written() -> None:
    now = series(1.0, 2.0, 3.0, 4.0, count=3)
    assert now[-2:].tolist() == [2.0, 3.0]
    assert now[-20:].tolist() == [1.0, 2.0, 3.0]
    assert now[:-1].tolist() == [1.0, 2.0]
    with pytest.raises(ValueError, match="read-only"):
        now[-2:][0] = 9.0
    for future in (slice(0, None), slice(None, 4)):
        with pytest.raises(IndexError, match="counts from the start"):
            now[future]


def test_other_indexes_are_type_errors() -> None:
    with pytest.raises(TypeError, match="write an integer"):
        series(1.0)[-1.0]  # type: ignore[call-overload]


def test_compares_as_its_present_value() -> None:
    clock = Clock(2)
    fast = Series(np.array([1.0, 3.0, 0.0]), clock)
    slow = Series(np.array([2.0, 2.0, 9.0]), clock)
    assert fast > slow
    assert slow < fast
    assert fast >= 3
    assert fast <= 3.0


def test_numpy_sees_the_past_only() -> None:
    now = series(1.0, 2.0, 3.0, 40.0, count=3)
    assert np.asarray(now).tolist() == [1.0, 2.0, 3.0]
    assert sma(now, 3)[-1] == 2.0


@pytest.mark.parametrize("shared", [True, False])
def test_crossings(shared: bool) -> None:
    first, second = [1.0, 2.0, 3.0, 2.0, 2.0, 1.0, np.nan], [2.0] * 7
    clock = Clock()
    other = clock if shared else Clock()
    a, b = Series(np.array(first), clock), Series(np.array(second), other)
    above, below, level = [], [], []
    for count in range(8):
        clock.count = other.count = count
        above.append(crossed_above(a, b))
        below.append(crossed_below(a, b))
        level.append((crossed_above(a, 2), crossed_below(a, 2.0)))
    assert [at for at, crossed in enumerate(above) if crossed] == [3]
    assert [at for at, crossed in enumerate(below) if crossed] == [6]
    assert level == list(zip(above, below, strict=True))
