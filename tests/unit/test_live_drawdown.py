"""The highest equity of a session, what it has come down from it, and when that begins anew."""

from __future__ import annotations

import numpy as np
import pytest
from sessions_in_hand import InHand, timeframes_of

from workbench.data.candles import Candles
from workbench.engine import Strategy
from workbench.timeframes import Timeframe
from workbench.trading.inputs import Asked, Bars, Clock, Ticks

MINUTE = 60_000
DAY = 86_400_000
START = 1_704_412_800_000
"""2024-01-05T00:00Z."""


class Buys(Strategy):
    """Buys a unit on each candle whose number is in `on`."""

    on: tuple[int, ...] = (0,)

    def next(self) -> None:
        if len(self.close) - 1 in self.on:
            self.enter_long(quantity=1.0)


class BuysTwice(Buys):
    on = (0, 3)


def candle(number, price):
    time = START + number * MINUTE
    return Bars(time + MINUTE, "TEST", [(time, price, price, price, price, 1.0, True)])


def closes(*prices):
    return [candle(number, price) for number, price in enumerate(prices)]


def session(kind=Buys, limits=None, live=None, **more):
    return InHand(
        kind, timeframes=["1M"], live={"limits": limits or {}, **(live or {})},
        initial_capital=1000.0, leverage=10.0, max_positions=3, check_lookahead=False, **more,
    )  # fmt: skip


def breaches(made):
    return [one.data.breach for one in made.of("risk") if hasattr(one.data.breach, "limit")]


def ends(made):
    return [one.data.code for one in made.of("signal")]


@pytest.mark.parametrize("limits", [{}, {"max_drawdown": 0.9}])
def test_the_highest_equity_is_that_of_every_price_not_of_those_told(limits):
    made = session(limits=limits, real_time=True, at=START)
    made.take(closes(100.0))
    later = START + MINUTE
    made.take([
        Ticks(later + 600 + n, "TEST", [(later + 600 + n, price, 1.0, n)])
        for n, price in enumerate((100.0, 150.0, 120.0))
    ])  # fmt: skip
    assert max(one.data.equity for one in made.of("risk")) < 1050.0
    made.take([Clock(later + 5_000)])
    last = made.of("risk")[-1].data
    assert last.drawdown == pytest.approx(1020 / 1050 - 1)
    assert [one.value for one in last.limits] == [-last.drawdown] * len(limits)


def test_pausing_and_resuming_gives_no_drawdown_back():
    made = session(BuysTwice, {"max_drawdown": 0.02}).take(closes(100, 100, 85))
    made.take([Asked(START, "pause_entries", 1), Asked(START, "resume_entries", 2)])
    last = made.of("risk")[-1].data
    assert (last.drawdown, last.limits[0].value) == pytest.approx((-0.015, 0.015))
    made.take([candle(3, 75.0)])
    assert [one.limit for one in breaches(made)] == ["max_drawdown", "max_drawdown"]
    assert ends(made) == ["max_drawdown"]


def test_a_lifted_breach_begins_the_limit_anew_and_the_measure_goes_on():
    made = session(limits={"max_drawdown": 0.01}).take(closes(100, 100, 85))
    made.take([Asked(START, "resume_entries", 1)])
    last = made.of("risk")[-1].data
    assert (last.drawdown, last.limits[0].value) == pytest.approx((-0.015, 0.0))


@pytest.mark.parametrize("live", [{}, {"feed": {"feed": "replay", "start": "2024-01-05"}}])
def test_the_first_words_of_a_replay_are_of_its_time(live):
    told = session(live=live, at=START + 700 * DAY, histories={} if live else {
        "TEST": timeframes_of(Candles(
            "TEST", Timeframe.parse("1M"), np.array([START - MINUTE]), *np.ones((5, 1)), "test"
        ))
    })  # fmt: skip
    assert told.of("pnl")[0].data.time == told.of("risk")[0].data.time == "2024-01-05T00:00:00Z"
