"""Candles against a brute-force oracle, which keeps all trades and sorts them."""

from __future__ import annotations

from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.data.aggregate import Aggregator
from workbench.data.growing import Span
from workbench.data.troubles import Trouble
from workbench.timeframes import Timeframe

T0 = 1_705_312_800_000
SECOND = 1000
SETS = (["1M"], ["1M", "5M", "15M"], ["2M", "1H", "6M", "10M"], ["5M", "1D", "1W"])


class Given(NamedTuple):
    time: int
    price: float | None
    size: float
    number: int


@st.composite
def comings(draw: st.DrawFn) -> list[Given]:
    """Trades and moments (price None), mostly onward, some back; some trades twice."""
    steps = st.integers(-150, 400) | st.just(0) | st.integers(600, 3000)
    found: list[Given] = []
    time = T0
    for number in range(draw(st.integers(1, 40))):
        time += draw(steps) * SECOND
        price = draw(st.none() | st.floats(90, 110))
        # Binary fractions, so that sums are exact in any order.
        found.append(Given(time, price, draw(st.integers(0, 64)) / 8, number))
        if price is not None and draw(st.integers(0, 9)) == 0:
            found.append(found[-1])
    return found


def oracle(came: list[Given], timeframe: str, base: str, upto: int | None = None):
    """Return bars by open time of all trades that were not late, and how many were late."""
    grid, length = Timeframe.parse(base), Timeframe.parse(timeframe)
    now, began, late, taken, seen = 0, False, 0, [], set()
    for one in came:
        if one.price is None:
            now = max(now, one.time)
            continue
        if one.number in seen:
            continue
        seen.add(one.number)
        if one.time < grid.floor(now):
            late += began
            continue
        began, now = True, max(now, one.time)
        taken.append(one)
    bars = {}
    for opened in sorted({length.floor(one.time) for one in taken}):
        inside = sorted(
            (one for one in taken if length.floor(one.time) == opened),
            key=lambda one: (one.time, one.number),
        )
        prices = [one.price for one in inside]
        volume = sum(one.size for one in inside)
        bars[opened] = (
            opened, prices[0], max(prices), min(prices), prices[-1], volume, len(inside),
        )  # fmt: skip
    return bars, late, now


@given(comings(), st.sampled_from(SETS))
def test_all_timeframes_are_what_sorting_all_trades_gives(
    came: list[Given], timeframes: list[str]
) -> None:
    aggregator = Aggregator(timeframes)
    made: list[Span | Trouble] = []
    for one in came:
        if one.price is None:
            made += aggregator.moment(one.time)
        else:
            made += aggregator.trade(*one)
    base = aggregator.base
    spans = [one for one in made if isinstance(one, Span)]
    for length in aggregator.timeframes:
        bars, late, now = oracle(came, length.name, base.name)
        closed = [(*s.bar, s.trades) for s in spans if s.timeframe == length.name]
        until = base.floor(now)
        assert closed == [bar for bar in bars.values() if bar[0] + length.ms <= until]
        growing = aggregator.growing(length.name)
        still = [bar for bar in bars.values() if bar[0] + length.ms > until]
        assert still == ([] if growing is None else [(*growing.bar, growing.trades)])
    ends = [(s.bar.time + Timeframe.parse(s.timeframe).ms, -Timeframe.parse(s.timeframe).ms)
            for s in spans]  # fmt: skip
    assert ends == sorted(ends)
    rest = aggregator.moment(now + base.ms)
    assert late == sum(t.many for t in [*made, *rest] if isinstance(t, Trouble))


@settings(max_examples=20)
@given(comings(), st.integers(0, 40))
def test_what_was_made_never_depends_on_what_comes_later(came: list[Given], cut: int) -> None:
    def run(part: list[Given]) -> list[list[object]]:
        aggregator = Aggregator(["1M", "5M"])
        return [
            list(aggregator.moment(x.time) if x.price is None else aggregator.trade(*x))
            for x in part
        ]

    assert run(came[:cut]) == run(came)[:cut]
