"""Each definition of market structure on candles made by hand."""

from __future__ import annotations

import pickle

import pytest

from workbench.analysis.bars import Bar
from workbench.analysis.detecting import StructureFinding
from workbench.analysis.structure import StructureDetector, StructureSettings
from workbench.analysis.structure.areas import Moment, Shelf
from workbench.analysis.structure.blocks import Impulse
from workbench.analysis.structure.liquidity import Singles
from workbench.analysis.structure.swings import Swing
from workbench.analysis.structure.zones import Zones
from workbench.errors import InvalidRequest

HOUR = 3_600_000
PLAIN = StructureSettings(width=1, atr_period=1)
"""Swings of three candles, and an average true range that is the last one."""


def bars(*prices: tuple[float, float, float, float]) -> list[Bar]:
    """Return hourly candles of (open, high, low, close)."""
    return [Bar(number * HOUR, *row, 1.0) for number, row in enumerate(prices)]


def steps(*closes: float) -> list[Bar]:
    """Return candles that open at the close before; each reaches 0.1 beyond its body."""
    found, before = [], closes[0]
    for number, close in enumerate(closes):
        high, low = max(before, close) + 0.1, min(before, close) - 0.1
        found.append(Bar(number * HOUR, before, high, low, close, 1.0))
        before = close
    return found


def told(given: list[Bar], settings: StructureSettings = PLAIN) -> list[list[StructureFinding]]:
    detector = StructureDetector("1H", settings)
    return [list(detector.update(bar)) for bar in given]


def kinds(found: list[list[StructureFinding]], *wanted: str) -> list[tuple[int, str, str]]:
    """Return candle, kind and status of the findings of some kinds."""
    return [
        (number, one.kind, one.status)
        for number, each in enumerate(found)
        for one in each
        if one.kind in wanted
    ]


def only(found: list[list[StructureFinding]], kind: str, status: str) -> StructureFinding:
    (one,) = [f for each in found for f in each if (f.kind, f.status) == (kind, status)]
    return one


def test_a_swing_is_known_once_enough_candles_have_followed() -> None:
    found = told(steps(10, 11, 12, 11, 10, 9), StructureSettings(width=2, atr_period=1))
    assert kinds(found, "swing_high") == [(4, "swing_high", "confirmed")]
    high = only(found, "swing_high", "confirmed")
    # The candle after the top opens at its close, so both reach as high: the first counts.
    assert (high.price, high.bar_time, high.confirmed_at) == (12.1, 2 * HOUR, 5 * HOUR)
    assert (high.id, high.direction) == (f"swing_high_{2 * 3600}", "bearish")


def test_equal_highs_side_by_side_are_one_swing() -> None:
    flat = bars(*[(5, 6, 4, 5)] * 8)
    found = told(flat, StructureSettings(width=2, atr_period=1))
    assert kinds(found, "swing_high") == [(4, "swing_high", "confirmed")]


def test_a_swing_is_superseded_by_the_next_and_broken_by_a_close() -> None:
    found = told(steps(10, 12, 11, 11.5, 10.5, 11, 11.8))
    # 12.1 is superseded by 11.6, which the last close breaks.
    assert [(n, status) for n, _, status in kinds(found, "swing_high")] == [
        (2, "confirmed"), (5, "superseded"), (5, "confirmed"), (6, "broken"),
    ]  # fmt: skip
    later = only(found, "swing_high", "broken")
    assert (later.bar_time, later.price) == (6 * HOUR, 11.6)


def test_a_wick_beyond_a_swing_breaks_nothing() -> None:
    up = bars((10, 11, 9, 10), (10, 12, 9, 10), (10, 11, 9, 10), (10, 13, 9, 11.9))
    assert kinds(told(up), "bos", "choch") == []
    up[-1] = up[-1]._replace(close=12.5)
    assert kinds(told(up), "bos", "choch") == [(3, "bos", "confirmed")]


def test_breaks_with_the_trend_are_bos_and_against_it_choch() -> None:
    found = told(steps(10, 12, 11, 13, 14, 13, 15, 14, 12, 10, 11, 9))
    breaks = [(n, one.kind, one.direction) for n, each in enumerate(found) for one in each
              if one.kind in ("bos", "choch")]  # fmt: skip
    assert breaks == [
        (3, "bos", "bullish"), (6, "bos", "bullish"), (8, "choch", "bearish"),
        (11, "bos", "bearish"),
    ]  # fmt: skip
    first = next(one for one in found[3] if one.kind == "bos")
    assert (first.price, first.confirmed_at) == (12.1, 4 * HOUR)
    assert first.numbers["beyond"] == pytest.approx(0.9)


GAP = [(10, 11, 9, 10.5), (10.5, 13, 10, 12.8), (12.8, 14, 12, 13.5)]
"""Leaves 11 to 12 open."""


def test_a_fair_value_gap_is_touched_and_filled() -> None:
    found = told(bars(*GAP, (13.5, 13.6, 11.5, 13), (13, 13.2, 11.4, 12.5), (12.5, 13, 10.9, 12)))
    assert kinds(found, "fvg") == [
        (2, "fvg", "confirmed"), (3, "fvg", "mitigated"), (5, "fvg", "filled"),
    ]  # fmt: skip
    gap = only(found, "fvg", "confirmed")
    assert (gap.bottom, gap.top, gap.price) == (11, 12, 12)
    assert (gap.bar_time, gap.confirmed_at, gap.id) == (HOUR, 3 * HOUR, "fvg_3600")
    assert gap.numbers["size_atr"] == pytest.approx(1 / 2)
    assert only(found, "fvg", "filled").bar_time == 5 * HOUR


def test_a_gap_filled_in_one_go_is_not_told_to_be_touched() -> None:
    found = told(bars(*GAP, (13.5, 13.6, 10, 10.5)))
    assert kinds(found, "fvg") == [(2, "fvg", "confirmed"), (3, "fvg", "filled")]


def test_a_small_gap_is_none() -> None:
    assert kinds(told(bars(*GAP), StructureSettings(1, 1, gap=0.6)), "fvg") == []


def test_a_bearish_gap_is_the_mirror() -> None:
    mirrored = bars(*[(30 - o, 30 - lo, 30 - h, 30 - c) for o, h, lo, c in GAP])
    gap = only(told(mirrored), "fvg", "confirmed")
    assert (gap.direction, gap.bottom, gap.top, gap.price) == ("bearish", 18, 19, 18)


BLOCK = steps(10, 12, 11, 10, 11, 13)
"""A swing high at 12.1; from the low at 9.9 the move begins that breaks it with the last candle."""


def test_an_order_block_comes_with_the_break_and_is_the_last_candle_against_it() -> None:
    found = told(BLOCK)
    assert kinds(found, "bos", "order_block") == [
        (5, "bos", "confirmed"), (5, "order_block", "confirmed"),
    ]  # fmt: skip
    block = only(found, "order_block", "confirmed")
    # The candle from 11 to 10.
    assert (block.bar_time, block.confirmed_at) == (3 * HOUR, 6 * HOUR)
    assert (block.bottom, block.top, block.direction) == (9.9, 11.1, "bullish")
    assert block.numbers["impulse_start"] == 9.9


def test_an_order_block_is_mitigated_by_a_touch_and_broken_by_a_close() -> None:
    back = [
        Bar(6 * HOUR, 13, 13.1, 11.0, 12, 1.0), Bar(7 * HOUR, 12, 12.1, 9.5, 10, 1.0),
        Bar(8 * HOUR, 10, 10.1, 9.5, 9.6, 1.0),
    ]  # fmt: skip
    statuses = [(n, s) for n, _, s in kinds(told(BLOCK + back), "order_block")]
    assert statuses[:2] == [(5, "confirmed"), (6, "mitigated")]
    assert (8, "broken") in statuses
    assert (7, "broken") not in statuses


@pytest.mark.parametrize(
    ("after", "lost"),
    [
        ([(10, 11, 9.85, 10.8)], False),
        ([(9, 9.6, 8.9, 9.5)], True),  # opens below it and stays there
        ([(9.9, 10.2, 9.7, 10.1), (9.75, 9.85, 9.72, 9.8)], True),
    ],
)  # fmt: skip
def test_a_block_that_is_closed_through_before_the_break_is_lost(
    after: list[tuple[float, float, float, float]], lost: bool
) -> None:
    impulse, block, *rest = Impulse(1), *bars((12, 12.1, 9.9, 10), *after)
    impulse.update(block)
    for bar in rest:
        impulse.update(bar)
    assert impulse.origin == block
    assert impulse.lost is lost


def test_a_break_tells_no_block_that_was_closed_through() -> None:
    start = [(10, 10.1, 8, 10), (10, 12.1, 9.9, 12), (12, 12.1, 10.9, 11), (11, 11.1, 9.9, 10)]
    end = [(9.5, 11, 9.4, 10.9), (10.9, 13.1, 10.8, 13)]
    for low, told_of in ((9.95, ["bos", "order_block"]), (9.5, ["bos"])):
        found = told(bars(*start, (9.2, 10, 9.1, low), *end))
        assert [kind for n, kind, _ in kinds(found, "bos", "order_block") if n == 6] == told_of


POOL = bars(
    (10, 11, 9, 10), (10, 12, 9, 10), (10, 11, 9, 10), (10, 11.95, 9.2, 10), (10, 11, 9.3, 10),
)  # fmt: skip
"""Highs of 12 and 11.95, known to be level at the fifth candle."""
NEAR = StructureSettings(width=1, atr_period=1, pool=0.1)


def test_level_highs_are_a_pool_once_the_second_is_known() -> None:
    found = told(POOL, NEAR)
    pool = next(one for each in found for one in each if one.kind == "liquidity")
    assert (pool.bar_time, pool.confirmed_at) == (3 * HOUR, 5 * HOUR)
    assert (pool.bottom, pool.top, pool.price, pool.direction) == (11.95, 12, 12, "bearish")
    assert pool.numbers == {"touches": 2}


@pytest.mark.parametrize(("close", "status"), [(11.9, "swept"), (12.3, "broken")])
def test_a_pool_is_swept_by_a_wick_and_broken_by_a_close(close: float, status: str) -> None:
    found = told([*POOL, Bar(5 * HOUR, 10, 12.4, 9.5, close, 1.0)], NEAR)
    pool = only(found, "liquidity", status)
    assert (pool.price, pool.bar_time) == (12, 5 * HOUR)
    assert pool.numbers["beyond"] == pytest.approx(0.4)


def test_highs_that_price_has_gone_through_make_no_pool() -> None:
    through = bars((10, 11, 9, 10), (10, 12, 9, 10), (10, 11, 9, 10), (10, 13, 9, 10),
                   (10, 11, 9, 10), (10, 12.05, 9, 10), (10, 11, 9, 10))  # fmt: skip
    assert [k for k in kinds(told(through, NEAR), "liquidity")
            if k[2] == "confirmed" and k[0] == 6] == []  # fmt: skip


def test_lows_with_a_lower_one_between_them_make_no_pool() -> None:
    first = Swing(1, 0, 10.0)

    def singles(reach: float) -> Singles:
        made = Singles(3)
        made.add(10.0, 9.9, first)
        if reach < made.alarm:
            made.passed(reach)
        return made

    assert singles(10.1).near(10.05, 0.1) == first
    assert singles(9.95).near(9.95, 0.1) == first  # the second goes beyond the first itself
    assert singles(9.95).near(10.0, 0.1) is None
    assert singles(9.8).near(9.9, 0.1) is None


def test_swings_at_one_place_are_a_zone() -> None:
    low, high = (10, 10.5, 9, 10), (10, 11, 9.6, 10)
    turns = [high, low, high, (10, 10.5, 9.2, 10), high, (10, 10.5, 9.3, 10), high]
    found = told(bars(*turns, (10, 10.5, 8.9, 9.0), (9, 9.5, 8, 8.9)))
    zones = [
        (n, one.status, one.direction, one.numbers["touches"], one.bottom, one.top)
        for n, each in enumerate(found) for one in each
        if one.kind == "zone" and one.direction == "bullish"
    ]  # fmt: skip
    assert zones == [
        (4, "confirmed", "bullish", 2, 9, 9.2), (6, "touched", "bullish", 3, 9, 9.3),
        (8, "broken", "bullish", 3, 9, 9.3),
    ]  # fmt: skip


def test_what_is_kept_is_bounded_and_the_oldest_is_forgotten() -> None:
    rising = [(p, p + 1.2, p - 0.1, p + 1.1) for p in (10 + 1.5 * k for k in range(12))]
    found = told(bars(*rising), StructureSettings(width=1, atr_period=1, gap=0.0, open=3))
    statuses = [s for _, _, s in kinds(found, "fvg")]
    assert statuses.count("confirmed") - statuses.count("expired") == 3


def zones_of(*levels: float, limit: int) -> Zones:
    """Return the zones of swing lows, one an hour, at a range of 1."""
    zones = Zones(0.2, limit, {1: Shelf(), -1: Shelf()})
    bar = Bar(0, 100, 101, 99, 100, 1.0)
    for number, level in enumerate(levels):
        now = Moment("1H", bar._replace(time=number * HOUR), (number + 1) * HOUR, 1.0)
        zones.take(Swing(1, number * HOUR, level), now, [])
    return zones


def test_a_zone_that_is_touched_is_young_again() -> None:
    zones = zones_of(10, 10, 20, 20, 10, 30, 30, limit=2)
    assert sorted(area.bottom for area in zones.areas) == [10, 30]


def test_swings_alone_take_no_place_of_a_zone() -> None:
    zones = zones_of(10, 10, 20, 20, 31, 41, 51, 61, limit=2)
    assert sorted(area.bottom for area in zones.areas) == [10, 20]


def test_nothing_is_measured_before_there_is_a_range() -> None:
    assert kinds(told(bars(*GAP), StructureSettings(width=1)), "fvg") == []


def test_it_goes_on_where_it_was_saved() -> None:
    given = steps(*(10 + (k * 7 % 11) / 3 for k in range(60)))
    detector = StructureDetector("1H", PLAIN)
    for bar in given[:30]:
        detector.update(bar)
    again = pickle.loads(pickle.dumps(detector))
    after = [list(again.update(bar)) for bar in given[30:]]
    assert after == told(given)[30:]
    assert any(after)


@pytest.mark.parametrize("wrong", [{"width": 0}, {"gap": -1.0}, {"zone": float("nan")}])
def test_settings_out_of_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InvalidRequest) as caught:
        StructureSettings(**wrong)  # type: ignore[arg-type]
    assert caught.value.details["field"] == next(iter(wrong))
