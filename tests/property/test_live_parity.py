"""A live engine does what a backtest does, however the candles reach it, and whoever goes on."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from live_runs import Feed, Told, asks_of, assert_same, backtest, history, live
from random_runs import ANY, MoreOrders, RandomOrders, Run, runs

from workbench.analysis.series import crossed_above
from workbench.data.bars import bars_of
from workbench.data.candles import Candles
from workbench.data.resample import resample
from workbench.engine.live_engine import LiveEngine
from workbench.engine.live_parts import needs_whole
from workbench.engine.rules.layout import (
    E_BAR,
    E_KIND,
    E_ORDER,
    E_STRATEGY,
    ENDED,
    ENTERED,
    SIGNALS,
)
from workbench.engine.settings import Settings
from workbench.timeframes import Timeframe


class Largest:
    """The greatest value so far: incremental."""

    def __init__(self, factor: float = 1.0) -> None:
        self.most = 0.0
        self.factor = factor

    def update(self, value: float) -> float | None:
        self.most = max(self.most, value)
        return self.factor * self.most if self.most > 100 else None


class Looks(RandomOrders):
    """Looks at all there is to see on two timeframes, and tells what it saw in its reasons."""

    def init(self) -> None:
        super().init()
        hour = self.on("1H")
        self.quick = self.I("SMA", self.close, 3)
        self.bands = self.I("BBANDS", self.close, 5)
        self.most = self.I(Largest, self.high)
        self.calm = hour.I("EMA", hour.close, 2)

    def next(self) -> None:
        crossed = crossed_above(self.close, self.quick)
        seen = (crossed, self.structure.trend, len(self.structure.zones), self.confluence.score,
                self.on("1H").structure.swing_high, self.patterns.values, self.volume[-1],
                self.position.bars, self.on("1H").close[-1], self.calm[-1])  # fmt: skip
        if crossed or self.rng.random() < 0.2:
            self.decline(f"saw {seen!r}")
        super().next()


def columns_of(run: Run) -> tuple[dict[str, Candles], Candles | None]:
    candles, shorter = run.candles()
    hours = resample(candles, Timeframe.parse("1H"))
    return {"15M": candles, "1H": hours}, shorter


def kinds_of(run: Run, looks: bool) -> list[Any]:
    first = Looks if looks else RandomOrders
    return [first, MoreOrders] if run.several else [first]


def options_of(run: Run) -> dict[str, Any]:
    settings = Settings(**run.settings, check_lookahead=False)
    return {"settings": settings, "seed": run.seed}


PACES = st.lists(st.tuples(st.booleans(), st.integers(1, 40)), min_size=1, max_size=6)
"""Whether many at once, and how many; then the next."""


@settings(max_examples=20)
@given(runs(ANY), st.floats(0, 0.5), PACES, st.booleans())
def test_whole_candles_one_by_one_and_many_at_once(
    run: Run, part: float, paces: list[tuple[bool, int]], looks: bool
) -> None:
    columns, _ = columns_of(run)
    first = int(part * len(columns["15M"]))
    kinds, options = kinds_of(run, looks), options_of(run)
    told = live(columns, kinds, first, **options)
    feed = Feed(told.engine, columns, first)
    while feed.left:
        at_once, count = paces[feed.left % len(paces)]
        (feed.bulk if at_once else feed.candles)(count)
    assert_same(told, backtest(columns, kinds, first, **options))


@settings(max_examples=30)
@given(runs(ANY, 80), st.floats(0, 0.5))
def test_candles_in_parts(run: Run, part: float) -> None:
    run = Run(run.seed, run.count, run.spread, run.several, True, run.settings)
    columns, shorter = columns_of(run)
    assert shorter is not None
    first = int(part * len(columns["15M"]))
    kinds, options = kinds_of(run, False), options_of(run)
    if needs_whole(options["settings"]):
        return
    told = live(columns, kinds, first, **options)
    Feed(told.engine, columns, first).parts(len(columns["15M"]), shorter)
    assert_same(told, backtest(columns, kinds, first, inside=shorter, **options))


@settings(max_examples=20)
@given(runs(ANY, 80), st.floats(0, 0.5), st.lists(st.integers(0, 400), min_size=1, max_size=3),
       st.booleans())  # fmt: skip
def test_saved_and_loaded_anywhere_it_goes_on_as_if_it_had_not_been(
    run: Run, part: float, places: list[int], looks: bool
) -> None:
    run = Run(run.seed, run.count, run.spread, run.several, True, run.settings)
    columns, shorter = columns_of(run)
    assert shorter is not None
    first = int(part * len(columns["15M"]))
    kinds, options = kinds_of(run, looks), options_of(run)
    whole = needs_whole(options["settings"]) is not None
    expected = live(columns, kinds, first, **options)
    told = live(columns, kinds, first, **options)
    feeds = [Feed(one.engine, columns, first) for one in (expected, told)]
    steps = 0
    inside = bars_of(shorter), asks_of(shorter)
    while feeds[0].left:
        if whole:
            for one in feeds:
                one.candles(1)
            ways: Any = [None]
        else:
            ways = zip(*(one.steps(*inside) for one in feeds), strict=True)
        for _ in ways:
            steps += 1
            if steps in places:
                saved = told.engine.save()
                engine = LiveEngine(kinds, history(columns, first), **options)
                engine.load(saved)
                told.engine = feeds[1].engine = engine
                engine.listener = told
                if not whole and engine.open:
                    _finish(feeds, inside)
                    break
    assert_same(told, expected)


def _finish(feeds: list[Feed], inside: Any) -> None:
    """Give both the rest of the candle that is open, in one part."""
    for feed in feeds:
        feed.rest()


@settings(max_examples=30)
@given(runs(ANY, 100), st.floats(0, 1))
def test_what_comes_later_changes_nothing(run: Run, part: float) -> None:
    columns, _ = columns_of(run)
    count = len(columns["15M"])
    cut, options = int(part * count), options_of(run)
    told = [live(columns, [Looks], 0, **options) for _ in range(2)]
    other = Run(run.seed + 1, run.count, run.spread, settings=run.settings).candles()[0]
    bars, asks = bars_of(columns["15M"]), asks_of(columns["15M"])
    for one in told:
        Feed(one.engine, columns, 0).candles(cut)
    before = [list(one.rows) for one in told]
    if cut < count:
        told[0].engine.candle(bars[cut], ask=asks[cut])
        later = bars_of(other)[cut % len(other)]
        odd = later._replace(time=bars[cut].time)
        told[1].engine.candle(odd, ask=None if asks[cut] is None else odd)
    for one, rows in zip(told, before, strict=True):
        np.testing.assert_array_equal(np.array(one.rows[: len(rows)]), np.array(before[0]))
        assert one.marks[:cut] == told[0].marks[:cut]


@settings(max_examples=20)
@given(runs(ANY), st.floats(0, 0.5), st.booleans())
def test_every_order_ends_in_exactly_one_final_row(run: Run, part: float, gated: bool) -> None:
    columns, _ = columns_of(run)
    first, options = int(part * len(columns["15M"])), options_of(run)
    rng = np.random.default_rng(run.seed)

    def gate(wanted: Any) -> tuple[int, float, float] | None:
        assert wanted.units >= 0
        assert wanted.price > 0
        return (28, wanted.notional, 1.0) if rng.random() < 0.3 else None

    told = live(columns, kinds_of(run, False), first, gate=gate if gated else None, **options)
    feed = Feed(told.engine, columns, first)
    while feed.left:
        feed.candles(7)
        feed.bulk(9)
        waiting = [one.order for one in told.engine.orders()]
        assert len(waiting) == told.engine.account().open_orders
        final = ended(told)
        assert sorted({*final, *waiting}) == list(range(1, placed(told) + 1))
        assert not set(final) & set(waiting)
    told.engine.finish(11)
    assert ended(told) == list(range(1, placed(told) + 1))
    assert not told.engine.orders()
    assert not told.engine.positions()
    account = told.engine.account()
    assert account.equity == account.balance == told.rows[-1][23] if told.rows else True


def placed(told: Told) -> int:
    """Return how many orders there have been."""
    return int(told.engine._driver.broker.a[SIGNALS])


def ended(told: Told) -> list[int]:
    """Return the orders that are over; an exit may have several rows, an order of its own one."""
    entries = [int(row[E_ORDER]) for row in told.rows if row[E_KIND] in (ENTERED, ENDED)]
    assert len(set(entries)) == len(entries)
    return sorted({int(row[E_ORDER]) for row in told.rows} - {0})


def test_rows_name_candles_and_strategies() -> None:
    run = Run(1, 60, several=True)
    columns, _ = columns_of(run)
    told = live(columns, kinds_of(run, False), 20, seed=1)
    Feed(told.engine, columns, 20).candles(40)
    assert {row[E_STRATEGY] for row in told.rows} == {0.0, 1.0}
    assert all(20 <= row[E_BAR] < 60 for row in told.rows)
