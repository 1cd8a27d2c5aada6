"""What holds of a market's columns, whatever the candles."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as with_settings
from hypothesis import strategies as st

from workbench.data.candles import ASKS, VALUES, Candles
from workbench.data.resample import resample
from workbench.data.sessions import find_gaps, gaps_as_met
from workbench.engine.market import market
from workbench.engine.rules import layout
from workbench.engine.settings import Convention, Settings
from workbench.messages import parse_time
from workbench.timeframes import HOUR_MS, Timeframe

PATHS: Any = ["pessimistic", "optimistic", "ohlc", "olhc", "adaptive"]
BID = (layout.M_OPEN, layout.M_HIGH, layout.M_LOW, layout.M_CLOSE)
ASK = (layout.M_ASK_OPEN, layout.M_ASK_HIGH, layout.M_ASK_LOW, layout.M_ASK_CLOSE)
SIDES = [(BID, layout.I_OPEN), (ASK, layout.I_ASK_OPEN)]


quick = with_settings(max_examples=60, deadline=None)


@st.composite
def short_candles(draw: st.DrawFn) -> Candles:
    tf = Timeframe.parse("15M")
    steps = draw(st.lists(st.sampled_from([1, 1, 1, 1, 2, 5, 60, 200]), min_size=1, max_size=60))
    count = len(steps)
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    opens, close = 100 + rng.integers(-40, 40, (2, count)) / 4
    high = np.maximum(opens, close) + rng.integers(0, 9, count) / 4
    low = np.minimum(opens, close) - rng.integers(0, 9, count) / 4
    columns = (opens, high, low, close)
    sided = draw(st.booleans())
    asks = dict(zip(ASKS, (column + 0.5 for column in columns), strict=True)) if sided else {}
    start = parse_time("2024-01-01") + draw(st.integers(0, 700)) * tf.ms
    time = start + np.cumsum(steps) * tf.ms
    return Candles("X", tf, time, *columns, np.ones(count), "made", **asks)


def holed(candles: Candles, kept: np.ndarray[Any, Any]) -> Candles:
    return candles.replace(**{name: getattr(candles, name)[kept] for name in candles.names})


@st.composite
def markets(draw: st.DrawFn) -> tuple[Candles, Settings, Candles | None]:
    short = draw(short_candles())
    hours = resample(short, Timeframe.parse("1H"))
    spread = draw(st.sampled_from([0.0, 0.25]))
    settings = Settings(
        spread=spread,
        funding_hours=draw(st.sampled_from([0.5, 1.0, 8.0])),
        convention=Convention(path=draw(st.sampled_from(PATHS))),
    )
    if draw(st.booleans()):
        return hours, settings, None
    lost = draw(st.sets(st.integers(0, len(short) - 1), max_size=len(short) // 2))
    kept = np.setdiff1d(np.arange(len(short)), sorted(lost))
    return hours, settings, holed(short, kept)


@quick
@given(markets())
def test_what_happened_within_a_candle_is_the_candle(
    case: tuple[Candles, Settings, Candles | None],
) -> None:
    m = market(*case)
    first = m[layout.M_FIRST]
    assert first[0] == 0
    assert (np.diff(first) >= 1).all()
    for own, inside in SIDES:
        opens, high, low, close = m[inside : inside + 4]
        assert len(opens) == len(high) == len(low) == len(close) == first[-1]
        assert opens[first[:-1]].tolist() == m[own[0]].tolist()
        assert np.maximum.reduceat(high, first[:-1]).tolist() == m[own[1]].tolist()
        assert np.minimum.reduceat(low, first[:-1]).tolist() == m[own[2]].tolist()
        assert close[first[1:] - 1].tolist() == m[own[3]].tolist()
    for bid, ask in zip(BID, ASK, strict=True):
        assert (m[ask] >= m[bid]).all()


@quick
@given(markets())
def test_a_path_goes_one_way_at_a_time_and_never_jumps(
    case: tuple[Candles, Settings, Candles | None],
) -> None:
    candles, settings, inside = case
    path = settings.rules.path
    m = market(candles, settings, inside)
    if path not in ("ohlc", "olhc", "adaptive"):
        return
    for _, at in SIDES:
        opens, high, low, close = m[at : at + 4]
        assert (high == np.maximum(opens, close)).all()
        assert (low == np.minimum(opens, close)).all()
        within = np.arange(len(opens) - 1) % 3 != 2
        assert (close[:-1] == opens[1:])[within].all()
        up = close[::3] > opens[::3]
        if path != "adaptive":
            assert not (up if path == "olhc" else close[::3] < opens[::3]).any()


@quick
@given(markets(), st.data())
def test_no_row_depends_on_a_later_candle(
    case: tuple[Candles, Settings, Candles | None], data: st.DataObject
) -> None:
    candles, settings, inside = case
    count = data.draw(st.integers(1, len(candles)))
    end = int(candles.time[count - 1]) + candles.timeframe.ms
    begun = None if inside is None else inside.slice(0, end)
    if begun is not None and not len(begun):
        return
    whole, part = market(*case), market(candles[:count], settings, begun)
    rows = int(part[layout.M_FIRST][-1])
    for at, (all_, some) in enumerate(zip(whole, part, strict=True)):
        length = {layout.M_FIRST: count + 1}.get(at, rows if at >= layout.I_OPEN else count)
        assert len(some) == length
        assert all_[:length].tolist() == some.tolist(), at


@quick
@given(short_candles(), st.sampled_from([0.5, 1.0, 8.0]))
def test_no_funding_time_is_lost_or_counted_twice(candles: Candles, hours: float) -> None:
    m = market(candles, Settings(funding_hours=hours))
    step = round(hours * HOUR_MS)
    times = candles.time.tolist()
    expected = [0] + [
        len(range(-(-(before + 1) // step) * step, now + 1, step))
        for before, now in pairwise(times)
    ]
    assert m[layout.M_FUNDINGS].tolist() == expected
    years = (times[-1] - times[0]) / (365.25 * 24 * HOUR_MS)
    assert m[layout.M_YEARS].sum() == pytest.approx(years)


@quick
@given(short_candles(), st.data())
def test_gaps_are_sorted_by_what_came_before(candles: Candles, data: st.DataObject) -> None:
    count = data.draw(st.integers(1, len(candles)))
    for all_, some in zip(
        gaps_as_met(candles.time, candles.timeframe),
        gaps_as_met(candles.time[:count], candles.timeframe),
        strict=True,
    ):
        assert all_[all_ < count].tolist() == some.tolist()
    closed, others = gaps_as_met(candles.time, candles.timeframe)
    gaps = find_gaps(candles.time, candles.timeframe)
    assert sorted([*closed, *others]) == np.flatnonzero(gaps.lengths).tolist()
    assert set(gaps.weekends) <= set(closed)


@quick
@given(short_candles())
def test_a_frame_and_back(candles: Candles) -> None:
    again = Candles.from_frame(candles.to_frame(), "X", candles.timeframe)
    assert again.names == candles.names
    for name in ("time", *VALUES, *(ASKS if candles.has_ask else ())):
        assert getattr(again, name).tolist() == getattr(candles, name).tolist()
