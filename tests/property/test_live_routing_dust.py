"""Lots: none is lost by rounding, and nothing is held that no order could close."""

from __future__ import annotations

import pytest
from fake_book import FakeBook
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.trading.brokering import Cancel, Command, Place, Report, Rules
from workbench.trading.routing import Routing
from workbench.trading.tickets import small, whole

LOTS = st.sampled_from([1e-8, 1e-5, 3e-4, 0.001, 0.01, 0.1, 0.25, 0.5, 1.0, 10.0])


@given(lot=LOTS, many=st.integers(1, 10**12))
def test_a_whole_number_of_lots_is_kept_whole(lot: float, many: int) -> None:
    rules = Rules(lot=lot)
    quantity = whole(rules, many * lot)
    assert round(quantity / lot) == many
    assert whole(rules, quantity) == quantity


@given(lot=LOTS, many=st.floats(0.0, 1e6))
def test_what_is_no_whole_number_is_rounded_down(lot: float, many: float) -> None:
    quantity = whole(Rules(lot=lot), many * lot)
    assert quantity <= many * lot + 2e-9 * lot
    assert many * lot - quantity < lot * (1 + 1e-9)


class Spot:
    """A routing whose venue keeps stops and targets, and says what a test has it say."""

    def __init__(self, rules: Rules) -> None:
        self.book = FakeBook()
        self.rules = rules
        self.routing = Routing("s", {"X": self.book}, {"X": rules})
        self.out: dict[str, Place] = {}
        self.filled: dict[str, float] = {}

    def carry_out(self, commands: list[Command]) -> None:
        for one in commands:
            if isinstance(one, Cancel):
                if one.client_order_id in self.out:
                    del self.out[one.client_order_id]
                    self.tell(one.client_order_id, "cancelled", 0.0)
            else:
                self.out[one.client_order_id] = one
                self.tell(one.client_order_id, "accepted", 0.0)

    def tell(self, name: str, status: str, more: float, price: float | None = 100.0) -> None:
        total = self.filled[name] = self.filled.get(name, 0.0) + more
        report = Report(0, "X", name, status, total, price if total else None, 0.0, 0)  # type: ignore[arg-type]
        self.carry_out(self.routing.report(report))

    def fill(self, name: str, part: float = 1.0) -> None:
        """Fill what is left of an order, or a part of it in whole lots."""
        place = self.out[name]
        left = place.quantity - self.filled.get(name, 0.0)
        units = left if part == 1.0 else whole(self.rules, part * left)
        over = units >= left * (1 - 1e-9)
        if over:
            del self.out[name]
        if units > 0.0:
            self.tell(name, "filled" if over else "partially_filled", units, place.price)


@settings(max_examples=60, deadline=None)
@given(
    lot=st.sampled_from([0.1, 0.25]),
    lots=st.integers(1, 60),
    fee=st.sampled_from([0.0, 0.001, 0.05]),
    targets=st.integers(0, 2),
    both=st.booleans(),
    order=st.lists(
        st.tuples(st.integers(0, 9), st.sampled_from([0.3, 0.5, 1.0])), min_size=4, max_size=12
    ),
)
def test_protection_leaves_nothing_that_no_order_could_close(
    lot: float, lots: int, fee: float, targets: int, both: bool,
    order: list[tuple[int, float]],
) -> None:  # fmt: skip
    rules = Rules(lot=lot, least=lot, native=True, targets=both, shorts=both)
    venue = Spot(rules)
    levels = tuple(105.0 + number for number in range(targets))
    venue.book.enter(1.0, lots * lot, stop_loss=95.0, targets=levels)
    (place,) = (one for one in venue.routing.decided("X", 0) if isinstance(one, Place))
    name = place.client_order_id
    # Of what was bought a fee was taken.
    venue.tell(name, "filled", place.quantity * (1 - fee))
    whole_of = sum(one.remaining for one in venue.book.positions())
    venue.carry_out(venue.routing.price("X", 0, 100.0, 0))
    for at, part in order:
        resting = sorted(venue.out)
        if resting:
            venue.fill(resting[at % len(resting)], part)
        venue.carry_out(venue.routing.price("X", 0, 100.0, 0))
    sold = sum(units for one, units in venue.filled.items() if one != name)
    for held in venue.book.positions():
        # Where nothing was ever sold, there may be too little for any order.
        if sold:
            assert small(rules, whole(rules, held.remaining), None) is None
        assert held.remaining == pytest.approx(whole_of - sold)
