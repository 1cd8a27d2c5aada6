"""A session from its first word to its last, and what limits and commands do to it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from live_books import check
from sessions_in_hand import InHand, timeframes_of

from workbench.data.candles import Candles
from workbench.engine import Strategy
from workbench.messages import parse_time
from workbench.timeframes import Timeframe
from workbench.trading.inputs import Asked, Bars, Clock, Missing, Others, Passed, Ticks, Word

MINUTE = 60_000
DAY = 86_400_000
START = 1_704_412_800_000
"""2024-01-05T00:00Z."""


class Buys(Strategy):
    """Buys `units` on each candle whose number is in `on`, and sells all on those in `off`."""

    units: float = 1.0
    on: tuple[int, ...] = (0,)
    off: tuple[int, ...] = ()
    limit: float = 0.0

    def next(self) -> None:
        bar = len(self.close) - 1
        if bar in self.off:
            self.position.close()
        if bar in self.on:
            asked = {"limit": self.limit} if self.limit else {}
            self.enter_long(quantity=self.units, **asked)


def buys(**attributes):
    return type("Buys", (Buys,), attributes)


class Breaks(Buys):
    def next(self) -> None:
        super().next()
        if len(self.close) == 4:
            raise RuntimeError("no idea")


def candle(number, close, opened=None, start=START):
    opened = close if opened is None else opened
    high, low = max(opened, close), min(opened, close)
    return Bars(
        start + (number + 1) * MINUTE, "TEST",
        [(start + number * MINUTE, opened, high, low, close, 1.0, True)],
    )  # fmt: skip


def closes(*prices, start=START):
    return [candle(number, price, start=start) for number, price in enumerate(prices)]


def of_symbol(given, symbol):
    return Bars(given.at, symbol, given.bars, given.origin)


def session(kind=Buys, limits=None, account=None, **more):
    live = {"limits": limits or {}, "account_limits": account or {}, **more.pop("live", {})}
    more = {
        "timeframes": ["1M"],
        "initial_capital": 1000.0,
        "leverage": 10.0,
        "max_positions": 3,
    } | more
    return InHand(kind, live=live, check_lookahead=False, **more)


def breaches(made):
    return [one.data.breach for one in made.of("risk") if hasattr(one.data.breach, "limit")]


def ends(made):
    return [one.data.code for one in made.of("signal")]


def filled(made):
    return [one.data.trade_id for one in made.of("trade") if not hasattr(one.data, "exit_price")]


# --- its story --------------------------------------------------------------------------------


def test_the_first_words_say_what_it_is():
    history = Candles(
        "TEST", Timeframe.parse("1M"), START - np.arange(400, 0, -1) * MINUTE,
        *np.full((4, 400), 100.0), np.ones(400), "test",
    )  # fmt: skip
    made = session(histories={"TEST": timeframes_of(history, "5M")}, timeframes=["5M", "1M"])
    first, *rest = made.said
    assert (first.type, first.data.status) == ("status", "running")
    facts = first.data.live
    assert (facts.symbols, facts.broker, facts.warm_up) == (["TEST"], "paper", {"TEST": 400})
    assert first.data.timeframes == ["1M", "5M"]
    told = [one for one in rest if one.type == "candle"]
    assert {one.extra.origin for one in told} == {"history"}
    assert sum(one.data.timeframe == "1M" for one in told) == 400
    ends = [parse_time(one.data.time) + Timeframe.parse(one.data.timeframe).ms for one in told]
    assert ends == sorted(ends)
    made.take(closes(100.0, 101.0))
    assert [one.data.entry_price for one in made.of("trade")] == []  # it waits for its 401st
    assert len(made.of("equity")) == 2


def test_a_position_from_its_order_to_its_close():
    made = session(buys(off=(2,))).take(closes(100, 101, 102, 103))
    story = [
        (one.type, getattr(one.data, "status", None) or getattr(one.data, "event", None))
        for one in made.said if one.type in ("order", "position", "trade")
    ]  # fmt: skip
    assert story == [
        ("order", "new"), ("order", "accepted"), ("trade", None), ("order", "filled"),
        ("position", "open"), ("order", "new"), ("order", "accepted"), ("position", "modify"),
        ("trade", None), ("order", "filled"), ("position", "close"),
    ]  # fmt: skip
    order = made.of("order")[0].data
    assert order.reasoning.decision == "enter_long"
    closed = made.of("position")[-1].data
    assert (closed.exit_reason, closed.realized_pnl) == ("signal", 2.0)
    check(made.said, 1000.0)


def test_stamps_are_those_of_the_inputs():
    made = session().take(closes(100, 101))
    assert made.said[-1].timestamp == "2024-01-05T00:02:00.000Z"


def test_with_several_symbols_equity_is_told_once_for_a_time():
    made = session(symbols=["A", "B"])
    for given in closes(100, 110, 120):
        made.take([of_symbol(given, "A"), of_symbol(given, "B")])
    told = made.of("equity")
    assert [one.data.time for one in told] == [
        f"2024-01-05T00:0{minute}:00Z" for minute in range(3)
    ]  # fmt: skip
    assert told[-1].data.equity == 1000.0 + 2 * 10.0
    assert [one.data.trade_id for one in made.of("trade")] == ["trade_1", "trade_2"]
    assert [one.extra.signal for one in made.of("trade")] == ["A:signal_1", "B:signal_1"]
    check(made.said, 1000.0, over=False)


def test_a_symbol_without_candles_keeps_the_others_equity_waiting_for_one():
    made = session(symbols=["A", "B"])
    first, second = closes(100, 110)
    made.take([of_symbol(first, "A"), of_symbol(second, "A")])
    assert len(made.of("equity")) == 1
    made.take([Passed(0, "B", START + 3 * MINUTE)])
    assert len(made.of("equity")) == 2


def test_when_all_feeds_have_ended_it_is_complete():
    made = session(symbols=["A", "B"])
    made.take([of_symbol(one, "A") for one in closes(100, 101)])
    made.take([Word(0, "A", "ended", "over")])
    assert not made.session.ended
    made.take([Word(0, "B", "ended", "over")])
    assert made.session.ended
    assert made.said[-1].extra.status == "complete"
    check(made.said, 1000.0)


def test_until_the_first_close_the_feed_s_word_says_what_is_waited_for():
    word = Word(START, "TEST", "live", "replaying it")
    made = session().take([word, *closes(100), word])
    said = [one.data.message for one in made.of("feed")]
    wait = "; the first decision comes with the first closed candle of 1M"
    assert said == [f"replaying it{wait}", "replaying it"]


def test_a_strategy_that_raises_leaves_nothing_behind():
    made = session(Breaks).take(closes(100, 101, 102, 103, 104))
    assert made.session.ended
    assert made.said[-1].type == "error"
    assert "no idea" in made.said[-1].data.error
    assert made.session.held() == {"TEST": 0.0}
    check(made.said, 1000.0)


def test_what_grows_is_told_twice_a_second_at_most():
    made = session(real_time=True)
    before = len(made.said)
    for number in range(20):
        at = START + 100 * number
        made.take([Ticks(at, "TEST", [(at, 100.0 + number, 1.0, number)])])
    grown = [one for one in made.said[before:] if one.type == "candle"]
    assert len(grown) == 4
    assert all(not one.data.closed for one in grown)


def test_what_is_missing_is_told():
    made = session().take(
        [Missing(0, "TEST", "candles", 3, START, START + 3 * MINUTE, False, "1M")]
    )
    assert made.of("data_gap")[0].data.missing == 3


# --- commands ---------------------------------------------------------------------------------


def test_flatten_closes_cancels_and_lets_nothing_in_until_resumed():
    made = session(buys(on=(0, 2, 4))).take(closes(100, 101))
    made.take([Asked(START + 130_000, "flatten", 1)])
    assert made.session.held() == {"TEST": 0.0}
    assert made.of("trade")[-1].data.exit_reason == "flattened"
    made.take([candle(2, 102.0), candle(3, 103.0)])
    assert ends(made) == ["entries_paused"]
    assert made.of("risk")[-1].data.entries == "paused"
    made.take([Asked(START + 250_000, "resume_entries", 2), candle(4, 104.0), candle(5, 105.0)])
    assert made.session.held() == {"TEST": 1.0}
    check(made.said, 1000.0, over=False)


def test_pausing_entries_ends_those_that_wait_and_keeps_what_is_held():
    made = session(buys(on=(0,), limit=90.0)).take(closes(100, 101))
    assert made.session.own().open_orders == 1
    made.take([Asked(0, "pause_entries", 1)])
    assert ends(made) == ["entries_paused"]
    made.take([candle(2, 80.0)])
    assert filled(made) == []
    check(made.said, 1000.0)


@pytest.mark.parametrize(("keep", "held"), [(False, 0.0), (True, 1.0)])
def test_stop_closes_what_is_held_unless_it_is_to_be_kept(keep, held):
    made = session(live={"keep": keep}).take(closes(100, 101))
    made.take([Asked(0, "stop", 1)])
    assert made.session.held() == {"TEST": held}
    assert made.said[-1].extra.status == "stopped"
    check(made.said, 1000.0, kept=keep)


# --- limits, each at its number and just beyond -----------------------------------------------

PRICES = (100.0, 100.0, 100.0)
TRIPS = {
    "max_position": ({}, PRICES, 100.0),
    "max_exposure": ({}, PRICES, 100.0),
    "max_leverage": ({}, PRICES, 0.1),
    "max_daily_loss": ({"on": (0, 2)}, (100.0, 100.0, 90.0, 90.0), 10.0),
    "max_drawdown": ({"on": (0, 2)}, (100.0, 100.0, 90.0, 90.0), 0.01),
    "max_orders_per_minute": ({}, PRICES, 1),
    "max_open_orders": ({}, PRICES, 1),
    "price_band": ({"limit": 75.0}, PRICES, 0.25),
}


@pytest.mark.parametrize("scope", ["limits", "account"])
@pytest.mark.parametrize("name", TRIPS)
def test_a_limit_trips_just_beyond_its_number_and_not_at_it(name, scope):
    attributes, prices, value = TRIPS[name]
    less = value - 1 if isinstance(value, int) else np.nextafter(value, 0.0).item()
    at = session(buys(**attributes), **{scope: {name: value}}).take(closes(*prices))
    assert ends(at) == []
    beyond = session(buys(**attributes), **{scope: {name: less}}).take(closes(*prices))
    assert ends(beyond) == [name]
    last = beyond.of("order")[-1].data
    assert (last.status, last.code) == ("rejected", name)
    (told,) = [one for one in breaches(beyond) if one.order_id == last.order_id]
    prefix = "" if scope == "limits" else "account."
    assert (told.limit, told.value, told.allowed) == (prefix + name, value, less)
    assert told.order_id == last.order_id
    check(at.said, 1000.0, over=False)
    check(beyond.said, 1000.0, over=False)


@pytest.mark.parametrize(("after", "codes"), [(30.0, []), (29.999, ["stale_after"])])
def test_a_decision_that_comes_late_is_stale(after, codes):
    made = session(limits={"stale_after": after}, real_time=True, at=START)
    (bar,) = closes(100.0)
    made.take([Bars(bar.at + 30_000, "TEST", bar.bars, "backfill")])
    assert ends(made) == codes


@pytest.mark.parametrize(("seconds", "count"), [(30, 0), (31, 1)])
def test_a_market_without_prices_is_told_of_once(seconds, count):
    made = session(limits={"stale_after": 30.0}, real_time=True, at=START).take(closes(100.0))
    made.take([Clock(START + MINUTE + 1000 * seconds)] * 2)
    assert len(breaches(made)) == count


def test_a_breach_can_flatten():
    limits = {"max_daily_loss": 5.0, "action": "flatten"}
    made = session(buys(on=(0, 3)), limits).take(closes(100, 100, 90, 90, 90))
    assert made.of("trade")[-1].data.exit_reason == "risk_limit"
    assert made.session.held() == {"TEST": 0.0}
    assert [(one.limit, one.action) for one in breaches(made)] == [
        ("max_daily_loss", "flatten"), ("max_daily_loss", "reject"),
    ]  # fmt: skip
    check(made.said, 1000.0, over=False)


def test_the_next_day_counts_from_its_own_equity():
    start = START + DAY - 4 * MINUTE
    made = session(buys(on=(0, 2, 4)), {"max_daily_loss": 5.0})
    made.take(closes(100, 100, 90, 90, 90, 90, start=start))
    assert ends(made) == ["max_daily_loss"]
    assert made.session.held() == {"TEST": 2.0}
    lost = made.of("risk")[-1].data.daily_pnl
    # No minus before nothing: it would be told as -0.0.
    assert (lost, math.copysign(1, lost)) == (0.0, 1.0)


def test_closing_orders_wait_while_the_orders_of_a_minute_are_used_up():
    made = session(buys(on=(0, 1), off=(1,)), {"max_orders_per_minute": 1})
    made.take(closes(100, 101, 102))
    assert made.session.held() == {"TEST": 2.0}
    assert [one.kind for one in made.session.books["TEST"].engine.orders()] == ["close"]
    made.take([candle(3, 103.0)])
    assert made.session.held() == {"TEST": 0.0}
    check(made.said, 1000.0, over=False)


def test_other_sessions_count_for_the_account():
    others = Others(0, 500.0, 950.0, 0.0, 0, 0, {"TEST": 950.0}, 500.0)
    made = session(account={"max_position": 1000.0}).take([others, *closes(100.0, 100.0)])
    assert [one.limit for one in breaches(made)] == ["account.max_position"]


# --- its memory -------------------------------------------------------------------------------


def test_a_month_of_minutes_keeps_candles_and_nothing_else():
    """Counts, not bytes: what is kept beside candles has a size that does not follow theirs."""
    rng = np.random.default_rng(1)
    prices = 100 * np.exp(np.cumsum(rng.normal(0, 0.001, 800)))
    made = session(buys(on=tuple(range(0, 10**5, 4)), off=tuple(range(2, 10**5, 4))))
    made.take(closes(*prices[:400].tolist()))
    half = len(made.session.save())
    made.said.clear()
    made.take([candle(n, price) for n, price in enumerate(prices.tolist()) if n >= 400])
    kept = len(made.session.save())
    assert kept - half < 400 * 120
