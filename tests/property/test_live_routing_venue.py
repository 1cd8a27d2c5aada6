"""Routing upon the paper venue: whatever is decided, book and venue agree when it is quiet."""

from __future__ import annotations

from typing import Any

import pytest
from fake_book import FakeBook
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.engine.rules.layout import BY_COMMAND
from workbench.engine.settings import Settings
from workbench.messages import FINAL_ORDER_STATUSES
from workbench.trading.brokering import Place, Report, Rules
from workbench.trading.routing import Routing
from workbench.trading.venue import Venue

level = st.integers(90, 110).map(float)
entry = st.fixed_dictionaries(
    {"sign": st.sampled_from([1.0, -1.0]), "units": st.sampled_from([0.5, 1.0, 2.5])},
    optional={
        "limit": level, "stop": level, "distance": st.integers(1, 8),
        "targets": st.integers(1, 2), "trailing": st.sampled_from([2.0, 5.0]),
        "expires": st.integers(1, 3),
    },
)  # fmt: skip
step = st.one_of(
    entry,
    entry,
    st.tuples(st.just("close"), st.sampled_from([0.5, 1.0])),
    st.tuples(st.just("cancel"), st.integers(1, 9)),
    st.tuples(st.just("trade"), level, st.integers(1, 3)),
    st.tuples(st.just("trade"), level, st.integers(1, 3)),
    st.just(("candle",)),
)


class Both:
    """A book, its routing and the venue, and all that the venue said."""

    def __init__(self, rules: Rules, latency: float, part: float | None) -> None:
        self.rules, self.latency, self.part = rules, latency, part
        self.book = FakeBook()
        self.routing = Routing("s", {"X": self.book}, {"X": rules})
        self.venue = Venue(Settings(commission=0.001, lot_size=0.1), latency, part)
        self.time = 0
        self.last: dict[str, Report] = {}
        self.sides: dict[str, Place] = {}

    def send(self, commands: list[Any]) -> None:
        for one in commands:
            if isinstance(one, Place):
                assert one.client_order_id not in self.sides
                self.sides[one.client_order_id] = one
            self.venue.send(one, self.time)

    def trade(self, price: float, size: float) -> None:
        self.time += 100
        for report in self.venue.trade("X", self.time, price, size, self.time):
            before = self.last.get(report.client_order_id)
            assert before is None or before.status not in FINAL_ORDER_STATUSES
            self.last[report.client_order_id] = report
            self.send(self.routing.report(report))
            # Told again, it is nothing new.
            known = self.book.bought
            assert self.routing.report(report) == []
            assert self.book.bought == known
        self.send(self.routing.price("X", self.time, price, self.time))

    def decided(self) -> None:
        self.book.bar += 1
        self.send(self.routing.decided("X", self.time))

    def save(self) -> None:
        other = Routing("s", {"X": self.book}, {"X": self.rules})
        other.load(self.routing.save())
        self.routing = other

    def at_venue(self) -> tuple[float, float]:
        """Return signed units, and money, by the venue's last words on each order."""
        units = cash = 0.0
        for name, report in self.last.items():
            sign = 1.0 if self.sides[name].side == "buy" else -1.0
            units += sign * report.filled
            cash -= sign * report.filled * (report.average_price or 0.0) + report.fees
        return units, cash


@settings(max_examples=60, deadline=None)
@given(
    steps=st.lists(step, min_size=8, max_size=40),
    rules=st.sampled_from(
        [Rules(lot=0.1), Rules(lot=0.1, native=True), Rules(lot=0.1, native=True, targets=True)]
    ),
    latency=st.sampled_from([0.0, 0.25]),
    part=st.sampled_from([None, 0.25]),
    saved=st.booleans(),
)
def test_book_and_venue_agree_and_all_can_be_flattened(
    steps: list[Any], rules: Rules, latency: float, part: float | None, saved: bool
) -> None:
    both = Both(rules, latency, part)
    both.trade(100.0, 1.0)
    price = 100.0
    for one in steps:
        if saved:
            both.save()
        if isinstance(one, dict):
            asked = dict(one)
            if "limit" in asked:
                asked.pop("stop", None)
            distance = asked.pop("distance", None)
            rungs = asked.pop("targets", 0)
            sign = asked["sign"]
            near = asked.get("limit", asked.get("stop", price))
            if distance is not None:
                asked["stop_loss"] = near - sign * distance
            asked["targets"] = tuple(near + sign * 3 * at for at in range(1, rungs + 1))
            both.book.enter(**asked)
        elif one[0] == "close":
            both.book.close(part=one[1])
        elif one[0] == "cancel":
            both.book.cancel(one[1])
        elif one[0] == "trade":
            price = one[1]
            both.trade(price, float(one[2]))
            continue
        both.decided()
        units, _ = both.at_venue()
        assert both.routing.held()["X"] == pytest.approx(units, abs=1e-9)
        if both.routing._routes["X"].state.stray == 0.0:
            assert both.book.bought == pytest.approx(units, abs=1e-9)
    both.send(both.routing.flatten("X", BY_COMMAND, both.time))
    for _ in range(60):
        both.trade(price, 40.0)
    assert both.routing.flat("X")
    assert both.routing.open() == []
    assert both.at_venue()[0] == pytest.approx(both.routing.held()["X"], abs=1e-9)
    assert all(one.status in FINAL_ORDER_STATUSES for one in both.last.values())
    assert both.sides.keys() == both.last.keys()
    assert both.book.ended.keys() == set(range(1, both.book.count + 1))
    assert both.book.cash == pytest.approx(both.at_venue()[1], abs=1e-6)
    assert both.routing.held()["X"] == pytest.approx(0.0, abs=1e-9)
