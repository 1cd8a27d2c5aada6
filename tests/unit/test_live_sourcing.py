"""Prices of several symbols as inputs: their order, what fails, and what came meanwhile."""

from __future__ import annotations

import asyncio
import random
from collections import deque

import numpy as np
import pytest

from workbench.analysis.bars import Bar
from workbench.data.candles import Candles
from workbench.feeds.replay import ReplaySource
from workbench.feeds.source import BarUpdate, Hole, Moment, Note, Tick
from workbench.feeds.spec import FeedSpec
from workbench.messages import iso_time
from workbench.sessions.mapping import inputs_of
from workbench.sessions.merging import Merging
from workbench.sessions.sourcing import Sourcing
from workbench.sessions.standing import Standing, Trail, fresh
from workbench.timeframes import Timeframe
from workbench.trading.inputs import Bars, Missing, Passed, Ticks, Word

MINUTE = 60_000
START = 1_704_067_200_000


def bar(number, *, closed=True, price=1.0):
    return BarUpdate("1M", Bar(START + number * MINUTE, price, price, price, price, 1.0), closed)


class Scripted:
    """A source that gives batches, and may fail after them."""

    description, synthetic = "scripted", True

    def __init__(self, batches, *, history=None, fail=None):
        self.batches, self.past, self.fail = batches, history or {}, fail
        self.closed = False

    async def history(self, timeframes, count):
        self.wanted = count
        return self.past

    async def items(self):
        for batch in self.batches:
            yield batch
            await asyncio.sleep(0)
        if self.fail is not None:
            raise self.fail

    async def close(self):
        self.closed = True


def candles(first, count):
    time = START + MINUTE * np.arange(first, first + count)
    ones = np.ones(count)
    return Candles("A", Timeframe.parse("1M"), time, ones, ones, ones, ones, ones, "made up")


def sourcing(sources, symbol="A", standing=None, slept=None, now=0):
    made = []

    def make(after):
        made.append(after)
        return sources[len(made) - 1]

    async def sleep(seconds):
        if slept is not None:
            slept.append(seconds)

    spec = FeedSpec(symbol=symbol, timeframes=["1M"], feed="exchange")
    one = Sourcing(spec, make, lambda: standing or Standing("1M"), now=lambda: now, sleep=sleep)
    return one, made


async def all_of(merging, changed, most=7):
    merging.start()
    found = []
    while not merging.over:
        changed.clear()
        got = merging.take(most)
        merging.done()
        found += got
        merging.check()
        if not got:
            async with asyncio.timeout(10):
                await changed.wait()
    await merging.close()
    return found


def cut(items, seed):
    draw, left, batches = random.Random(seed), deque(items), []
    while left:
        batches.append([left.popleft() for _ in range(min(len(left), draw.randint(1, 9)))])
    return batches


@pytest.mark.parametrize("seed", range(5))
def test_stored_prices_come_by_market_time_however_they_are_cut(seed):
    first = [Note("live", "a"), *(bar(n) for n in range(30)), Note("ended", "a")]
    second = [Note("live", "b"), *(bar(n) for n in range(0, 60, 3)), Note("ended", "b")]

    def merged(seed):
        changed = asyncio.Event()
        lanes = [
            sourcing([Scripted(cut(first, seed))], "A")[0],
            sourcing([Scripted(cut(second, seed + 1))], "B")[0],
        ]
        return asyncio.run(all_of(Merging(lanes, True, changed), changed, 1 + seed))

    found = merged(seed)
    assert found == merged(seed + 100)
    times = [item.bar.time for _, item in found if isinstance(item, BarUpdate)]
    assert times == sorted(times)
    assert len(times) == 50
    together = [symbol for symbol, item in found if isinstance(item, BarUpdate)][:4]
    assert together == ["A", "B", "A", "A"]


def test_by_the_clock_nobody_waits_for_a_quiet_symbol():
    async def run():
        changed = asyncio.Event()

        class Quiet(Scripted):
            async def items(self):
                await asyncio.Event().wait()
                yield []

        lanes = [
            sourcing([Quiet([])], "A")[0],
            sourcing([Scripted([[bar(0)], [bar(1)]])], "B")[0],
        ]
        merging = Merging(lanes, False, changed)
        merging.start()
        found = []
        while len(found) < 2:
            changed.clear()
            found += merging.take(10)
            merging.done()
            async with asyncio.timeout(10):
                await changed.wait()
        await merging.close()
        return found

    assert [symbol for symbol, _ in asyncio.run(run())] == ["B", "B"]


def test_a_source_that_fails_goes_on_after_what_was_taken_and_tells_what_came_meanwhile():
    standing = Standing("1M")
    slept: list[float] = []
    first = Scripted([[bar(0), bar(1), bar(2)]], fail=OSError("gone"))
    second = Scripted([[bar(6), Note("ended", "over")]], history={"1M": candles(0, 6)})
    one, made = sourcing([first, second], standing=standing, slept=slept, now=START + 7 * MINUTE)

    async def run():
        changed = asyncio.Event()
        merging = Merging([one], False, changed)
        merging.start()
        found = []
        while not merging.over:
            changed.clear()
            for symbol, item in merging.take(1):
                found.append(item)
                if isinstance(item, BarUpdate):
                    standing.closed[symbol] = iso_time(item.bar.time)
            merging.done()
            async with asyncio.timeout(10):
                await changed.wait() if not merging.over and not found else await asyncio.sleep(0)
        await merging.close()
        return found

    found = asyncio.run(run())
    bars = [item.bar.time for item in found if isinstance(item, BarUpdate)]
    assert bars == [START + n * MINUTE for n in range(7)]
    origins = [item.origin for item in found if isinstance(item, BarUpdate)]
    assert origins == ["live"] * 3 + ["backfill"] * 3 + ["live"]
    assert made == [None, START + 2 * MINUTE]
    assert second.wanted == 5
    assert slept == [1.0]
    (failed,) = [item for item in found if isinstance(item, Note) and item.code]
    assert failed.state == "reconnecting"
    assert "gone" in failed.message
    assert first.closed
    assert second.closed


def test_what_a_source_does_not_know_any_more_is_told_as_missing():
    standing = Standing("1M", closed={"A": iso_time(START)})
    source = Scripted([[bar(9)]], history={"1M": candles(5, 4)})
    one, _ = sourcing([source], standing=standing, now=START + 10 * MINUTE)

    async def run():
        return [item async for batch in one.items(lambda: None) for item in batch]

    hole, *bars, last = asyncio.run(run())
    assert hole == Hole(
        "candles", 4, START + MINUTE, START + 5 * MINUTE, False, timeframe="1M"
    )  # fmt: skip
    assert [item.bar.time for item in bars] == [START + n * MINUTE for n in range(5, 9)]
    assert last == bar(9)


def test_trades_that_were_taken_are_not_given_again():
    ticks = [Tick(10, 1.0, 1.0, 1), Tick(20, 1.0, 1.0, 2), Tick(20, 1.0, 1.0, 3)]
    later = [Tick(20, 1.0, 1.0, 4), Tick(30, 1.0, 1.0, 5), Tick(30, 1.0, 1.0, 6)]
    trail = Trail(-1, 0, None).beyond([tuple(one) for one in ticks])
    assert trail == Trail(20, 2, 3)
    found, left = fresh([Note("live", ""), *ticks, *later], trail)
    assert found == [Note("live", ""), *later]
    assert left is None
    bare = [one._replace(number=None) for one in [*ticks, *later]]
    assert fresh(bare, Trail(20, 2, None)) == (bare[3:], None)
    # Numbers that begin anew hide nothing that is new.
    anew = [Tick(40, 1.0, 1.0, 1)]
    assert fresh(anew, trail) == (anew, None)


def test_a_trail_counts_trades_of_one_time_over_batches():
    trail = Trail(-1, 0, None).beyond([(5, 1.0, 1.0, None)])
    trail = trail.beyond([(5, 1.0, 1.0, None), (5, 1.0, 1.0, None)])
    assert trail == Trail(5, 3, None)
    assert trail.beyond([(5, 1.0, 1.0, None), (6, 1.0, 1.0, 9)]) == Trail(6, 1, 9)
    assert trail.beyond([]) == trail


def test_neighbours_of_a_kind_become_one_input():
    items = [
        ("A", Tick(1, 1.0, 2.0, 7)), ("A", Tick(2, 1.5, 2.0)), ("B", Tick(2, 3.0, 2.0)),
        ("B", Moment(5)), ("B", bar(0, closed=False)), ("B", bar(0)),
        ("B", Note("live", "well")),
        ("B", Hole("trades", 3, 1, 2, False)),
    ]  # fmt: skip
    opened = START
    assert inputs_of(items, 9) == [
        Ticks(9, "A", [(1, 1.0, 2.0, 7), (2, 1.5, 2.0, None)]),
        Ticks(9, "B", [(2, 3.0, 2.0, None)]),
        Passed(9, "B", 5),
        Bars(9, "B", [(opened, 1.0, 1.0, 1.0, 1.0, 1.0, closed) for closed in (False, True)]),
        Word(9, "B", "live", "well"),
        Missing(9, "B", "trades", 3, 1, 2, False),
    ]


def test_no_history_is_none_also_where_a_longer_candle_has_begun():
    past = {"1M": candles(0, 30), "1H": candles(0, 0)}
    spec = FeedSpec(symbol="A", timeframes=["1M", "1H"], feed="synthetic", history=0)
    source = Scripted([], history=past)
    one = Sourcing(spec, lambda after: source, lambda: Standing("1M"), now=lambda: 0)
    assert asyncio.run(one.open())[0] == {}
    assert source.wanted == 0


@pytest.mark.parametrize("start", ["2024-01-10T00:00:00Z", "2024-01-10T10:30:00Z"])
def test_no_history_of_a_replay_is_none(start):
    spec = FeedSpec(
        symbol="BTC-USD", timeframes=["15M", "1H"], feed="replay", start=start,
        end="2024-01-12", history=0,
    )  # fmt: skip
    one = Sourcing(spec, lambda after: ReplaySource(spec), lambda: Standing("15M"), now=lambda: 0)
    assert asyncio.run(one.open())[0] == {}
