"""A session whose process was killed says from when to when nobody traded, and `diff` names it."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest
from live_jobs import live_job

import workbench as wb
from workbench.data.bars import bars_of
from workbench.data.candles import Candles
from workbench.messages import PROCESS_AWAY, Feed, iso_time, parse_time
from workbench.report.comparing import compare
from workbench.sessions.accounts import Accounts
from workbench.sessions.beginning import begun_of
from workbench.sessions.driving import Driver
from workbench.sessions.job import journal_of
from workbench.sessions.journal import Journal
from workbench.sessions.merging import Merging
from workbench.sessions.running import Running
from workbench.timeframes import Timeframe
from workbench.trading.inputs import Asked, Bars, Missing
from workbench.trading.session import Session

HOUR = 3_600_000


class Flip(wb.Strategy):
    """In on one candle, out on the next."""

    def next(self) -> None:
        if self.position:
            self.position.close()
        else:
            self.buy(quantity=1.0)


class Process:
    """A session's process in hand; one after the other over a journal."""

    def __init__(self, home, told, *, real_time=True):
        self.real_time, self.at = real_time, 0
        job = live_job(home, spec={"strategy_ids": ["Flip"]})
        self.journal = Journal(journal_of(home, "live_1"))
        self.book = Accounts(home, "live_1", job.spec.live)

        def make(begun, emit, route):
            return Session(
                job.spec, "live_1", [Flip], {}, sources={}, real_time=real_time, emit=emit,
                route=route,
            )  # fmt: skip

        def send(one):
            if one.number > len(told):
                told.append(one.message)

        self.running = Running(
            job, self.journal, make, send, lambda: (len(told), len(told)), lambda: 0.0
        )
        self.logged = len(told)

    def begin(self, at):
        self.running.begin(begun_of(at, {"EUR-USD": ("x", True)}, self.real_time, {}, {}))

    def come_back(self, at):
        async def back():
            assert self.running.resume(self.logged)
            changed = asyncio.Event()
            driver = Driver(
                self.running, Merging([], False, changed), changed, None, self.book,
                watched=False, real_time=self.real_time, home=self.journal.path.parent,
                now=lambda: at, clock=lambda: 0.0,
            )  # fmt: skip
            await driver.back()

        asyncio.run(back())

    def see(self, bars):
        for bar in bars:
            self.running.take([Bars(bar[0] + HOUR, "EUR-USD", [(*bar, True)])])

    def die(self):
        self.book.close()
        self.journal.close()


@pytest.fixture
def candles():
    close = 100 + np.random.default_rng(3).normal(0, 1, 40).cumsum()
    opened = np.r_[close[0], close[:-1]]
    high, low = np.maximum(opened, close) + 0.3, np.minimum(opened, close) - 0.3
    time = 1_704_067_200_000 + HOUR * np.arange(40)
    return Candles(
        "EUR-USD", Timeframe.parse("1H"), time, opened, high, low, close, np.ones(40), source="t"
    )


def killed(home, candles, first, second, real_time=True):
    """Return what a session told that was gone between two candles."""
    told: list = []
    rows = [tuple(bar) for bar in bars_of(candles)]
    one = Process(home, told, real_time=real_time)
    one.begin(rows[0][0])
    one.see(rows[:first])
    one.die()
    two = Process(home, told, real_time=real_time)
    back = rows[second][0]
    two.come_back(back)
    hole = Missing(
        back, "EUR-USD", "candles", second - first, rows[first][0], back, False, "1H"
    )  # fmt: skip
    two.running.take([hole])
    two.see(rows[second:])
    two.running.take([Asked(rows[-1][0] + HOUR, "stop", 9)])
    two.die()
    return told


def test_diff_names_the_time_when_the_process_was_killed(tmp_path, candles):
    told = killed(tmp_path, candles, 12, 17)
    (said,) = (one for one in told if isinstance(one, Feed) and one.data.code == PROCESS_AWAY)
    since, back = iso_time(int(candles.time[12])), iso_time(int(candles.time[17]))
    assert said.data.since == since
    assert f"from {since} to {back}" in said.data.message
    found = compare(wb.backtest(Flip, candles).messages, told)
    away = [one for one in found.differences if one.cause == "away"]
    assert away
    assert {one.why for one in away} == {f"the session's process was away from {since} to {back}"}
    assert all(candles.time[10] <= parse_time(one.time) <= candles.time[18] for one in away)
    # Not prices, though they lack as well: nobody was there to see them.
    assert "prices missing" not in found.causes


def test_a_market_that_waits_for_its_reader_has_nobody_away(tmp_path, candles):
    told = killed(tmp_path, candles, 12, 17, real_time=False)
    assert not [one for one in told if isinstance(one, Feed) and one.data.code == PROCESS_AWAY]


def test_a_process_that_dies_again_says_each_time_once(tmp_path, candles):
    told: list = []
    rows = [tuple(bar) for bar in bars_of(candles)]
    one = Process(tmp_path, told)
    one.begin(rows[0][0])
    one.see(rows[:5])
    one.die()
    for number in (7, 9):
        again = Process(tmp_path, told)
        again.come_back(rows[number][0])
        again.die()
    said = [one.data.since for one in told if isinstance(one, Feed)]
    assert said == [iso_time(int(candles.time[5])), iso_time(int(candles.time[7]))]
