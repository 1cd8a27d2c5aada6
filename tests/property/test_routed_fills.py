"""Reports of a venue, in any order and in parts: no money and no order is lost or doubled."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from live_runs import Feed, Told, history, live
from random_runs import SEEDS, RandomOrders, walk

from workbench.engine.live_engine import LiveEngine
from workbench.engine.live_parts import point
from workbench.engine.rules.layout import (
    BY_REVERSAL,
    BY_SIGNAL,
    BY_STOP,
    CANCELLED,
    E_COMMISSION,
    E_KIND,
    E_ORDER,
    E_PNL,
    E_PRICE,
    E_QUANTITY,
    E_REMAINING,
    E_SIGN,
    E_TRADE,
    ENDED,
    ENTERED,
    EXITED,
    SIGNALS,
)
from workbench.engine.settings import Settings
from workbench.errors import InvalidOrder


class Venue:
    """Fills what waits at random, keeps its own accounts of it."""

    def __init__(self, told: Told, seed: int) -> None:
        self.told, self.rng = told, np.random.default_rng(seed)
        self.cash = 0.0
        self.fees = 0.0
        self.units = 0.0

    @property
    def engine(self) -> Any:
        return self.told.engine

    def work(self) -> None:
        """Report something on each order, and stop something out."""
        for order in self.engine.orders():
            if order.kind == "close":
                self._close(order)
            elif order.cancelling or self.rng.random() < 0.1:
                self.engine.refuse(order.order, CANCELLED)
            elif order.units > 0:
                self._enter(order)
        for held in self.engine.positions():
            if self.rng.random() < 0.1 and held.remaining > 0:
                part = held.remaining if self.rng.random() < 0.7 else held.remaining / 2
                self._exit(held, part, BY_STOP, 0, True)

    def _enter(self, order: Any) -> None:
        for held in self.engine.positions():
            if held.sign != order.sign and held.remaining > 0:
                self._exit(held, held.remaining, BY_REVERSAL, order.order, True)
        done = bool(self.rng.random() < 0.5)
        quantity, price, fee = order.units * self.rng.uniform(0.1, 0.5), self._price(), self._fee()
        self._pay(order.sign, quantity, price, fee)
        self.engine.fill(order.order, price, quantity, fee, done)

    def _close(self, order: Any) -> None:
        done = bool(self.rng.random() < 0.6)
        if all(held.bar > order.decided for held in self.engine.positions()):
            self.engine.refuse(order.order, CANCELLED)
        for held in self.engine.positions():
            if held.bar > order.decided:
                continue  # entered after it was placed
            if order.trade in (0, held.trade) and held.remaining > 0:
                part = held.remaining * (order.part if done else 0.2)
                self._exit(held, part, BY_SIGNAL, order.order, done)
            elif order.trade in (0, held.trade):
                self.engine.fill_exit(
                    held.trade, 1.0, 0.0, 0.0, BY_SIGNAL, order=order.order, done=True
                )

    def _exit(self, held: Any, quantity: float, code: int, order: int, done: bool) -> None:
        price, fee = self._price(), self._fee()
        self._pay(-held.sign, quantity, price, fee)
        self.engine.fill_exit(held.trade, price, quantity, fee, code, order=order, done=done)

    def _pay(self, sign: float, quantity: float, price: float, fee: float) -> None:
        self.cash -= sign * quantity * price + fee
        self.fees += fee
        self.units += sign * quantity

    def _price(self) -> float:
        return float(self.engine.account().bid * self.rng.uniform(0.999, 1.001))

    def _fee(self) -> float:
        return float(self.rng.uniform(0, 1))


OPTIONS = st.fixed_dictionaries({
    "max_positions": st.sampled_from([1, 3]), "leverage": st.sampled_from([1.0, 3.0]),
})  # fmt: skip


@settings(max_examples=15)
@given(SEEDS, OPTIONS, st.integers(0, 39))
def test_the_books_are_those_of_the_venue(seed: int, given_: dict[str, Any], place: int) -> None:
    columns = {"15M": walk(seed, 60)}
    options: dict[str, Any] = {
        "settings": Settings(**given_), "seed": seed, "routed": True
    }  # fmt: skip
    told = live(columns, [RandomOrders], 20, **options)
    feed, venue = Feed(told.engine, columns, 20), Venue(told, seed)
    for step in range(40):
        feed.candles(1)
        venue.work()
        if step == place:
            saved = told.engine.save()
            told.engine = feed.engine = LiveEngine(RandomOrders, history(columns, 20), **options)
            told.engine.load(saved)
            told.engine.listener = told
        account = told.engine.account()
        assert account.longs - account.shorts == pytest.approx(venue.units, abs=1e-6)
        worth = 10_000 + venue.cash + venue.units * account.bid
        assert account.equity == pytest.approx(worth, abs=1e-6)
    _close_all(told, venue)
    _check_rows(told, venue)


def _close_all(told: Told, venue: Venue) -> None:
    for order in told.engine.orders():
        told.engine.refuse(order.order, CANCELLED)
    for held in told.engine.positions():
        venue._exit(held, held.remaining, BY_STOP, 0, True)
    assert not told.engine.orders()
    assert not told.engine.positions()


def _check_rows(told: Told, venue: Venue) -> None:
    rows, entered, left = told.rows, set[float](), dict[float, float]()
    for row in rows:
        if row[E_KIND] == ENTERED:
            assert row[E_TRADE] not in entered  # one entry each, and before its exits
            entered.add(row[E_TRADE])
            left[row[E_TRADE]] = row[E_QUANTITY]
        elif row[E_KIND] == EXITED:
            left[row[E_TRADE]] -= row[E_QUANTITY]
            assert row[E_REMAINING] == pytest.approx(left[row[E_TRADE]], abs=1e-6)
    assert all(abs(rest) < 1e-6 for rest in left.values())
    orders = [int(row[E_ORDER]) for row in rows if row[E_KIND] in (ENTERED, ENDED)]
    assert len(set(orders)) == len(orders)
    every = {int(row[E_ORDER]) for row in rows} - {0}
    assert every == set(range(1, int(told.engine._driver.broker.a[SIGNALS]) + 1))
    profit = sum(row[E_PNL] for row in rows if row[E_KIND] == EXITED)
    assert profit == pytest.approx(venue.cash, abs=1e-5)
    assert told.engine.account().balance == pytest.approx(10_000 + venue.cash, abs=1e-6)
    assert told.engine.performance.total_commissions == pytest.approx(venue.fees, abs=1e-6)


class Once(RandomOrders):
    """Enters once, with a target and a stop that is to go to the entry."""

    def next(self) -> None:
        if len(self.close) == 21:
            self.enter_long(
                quantity=10, stop_loss=self.close[-1] * 0.9, trailing=5.0,
                take_profit=[self.close[-1] * 1.1, self.close[-1] * 1.2],
            )  # fmt: skip


def test_partial_fills_make_one_position_at_their_average() -> None:
    columns = {"15M": walk(1, 40)}
    told = live(columns, Once, 20, routed=True)
    engine, feed = told.engine, Feed(told.engine, columns, 20)
    feed.candles(1)
    (order,) = engine.orders()
    assert (order.kind, order.sign, order.quantity, order.units) == ("entry", 1.0, 10.0, 10.0)
    engine.fill(order.order, 100.0, 4.0, 1.0, False)
    engine.fill(order.order, 103.0, 2.0, 1.0, False)
    (order,), (held,) = engine.orders(), engine.positions()
    assert (order.filled, order.average_price) == (6.0, 101.0)
    assert (held.remaining, held.price, held.commission) == (6.0, 101.0, 2.0)
    assert not told.rows  # nothing is told while the order may get more
    engine.fill_exit(held.trade, 90.0, 6.0, 1.0, BY_STOP, level=91.0)
    assert not told.rows
    engine.refuse(order.order, CANCELLED)
    entry, stop = told.rows
    assert [entry[k] for k in (E_KIND, E_SIGN, E_PRICE, E_QUANTITY, E_COMMISSION)] == [
        ENTERED, 1.0, 101.0, 6.0, 2.0
    ]  # fmt: skip
    assert (stop[E_PRICE], stop[E_REMAINING], stop[E_PNL]) == (90.0, 0.0, -69.0)
    assert engine.account().balance == 10_000 - 69
    with pytest.raises(InvalidOrder, match="has ended"):
        engine.refuse(order.order, CANCELLED)
    with pytest.raises(InvalidOrder, match="not open"):
        engine.fill_exit(1, 90.0, 6.0, 1.0, BY_STOP)


def test_a_trail_follows_the_parts_of_the_market() -> None:
    columns = {"15M": walk(1, 40)}
    told = live(columns, Once, 20, routed=True)
    feed = Feed(told.engine, columns, 20)
    feed.candles(1)
    told.engine.fill(1, 100.0, 10.0, 0.0, True)
    time = int(columns["15M"].time[21])
    told.engine.begin(time, 100.0)
    for price in (103.0, 101.0):
        told.engine.within(point(time, price))
    (held,) = told.engine.positions()
    assert (held.stop_loss, held.stop_code, held.mark) == (98.0, 8, 101.0)
