"""The paper venue, case by case: latency, partial fills, limits, stops, cancellations, fees."""

from __future__ import annotations

import pytest

from workbench.engine.account import settings_row
from workbench.engine.rules.costs import commission, slipped
from workbench.engine.settings import Commission, Settings, Slippage
from workbench.trading.brokering import Cancel, Place, Report
from workbench.trading.venue import Venue

PLAIN = Settings()


def place(name: str = "s-1", side: str = "buy", kind: str = "market", quantity: float = 1.0,
          price: float | None = None, reduce: bool = False) -> Place:  # fmt: skip
    return Place(name, "X", side, kind, quantity, price, reduce, 0)  # type: ignore[arg-type]


def tell(reports: list[Report]) -> list[tuple[str, str, float, float | None]]:
    return [(r.client_order_id, r.status, r.filled, r.average_price) for r in reports]


def test_a_market_order_fills_at_the_first_trade_that_comes_after_its_latency() -> None:
    venue = Venue(PLAIN, latency=0.5)
    venue.send(place(), 1000)
    assert venue.trade("X", 1499, 100.0, 5.0, 7) == []
    told = venue.trade("X", 1501, 101.0, 5.0, 8)
    assert tell(told) == [("s-1", "accepted", 0.0, None), ("s-1", "filled", 1.0, 101.0)]
    assert [(one.time, one.at) for one in told] == [(1500, 8), (1501, 8)]


def test_it_gets_its_part_of_each_trade_and_no_more() -> None:
    venue = Venue(Settings(lot_size=0.1), participation=0.25)
    venue.send(place(quantity=1.0), 0)
    venue.send(place("s-2", quantity=1.0), 0)
    first = venue.trade("X", 0, 100.0, 4.2, 0)
    # A quarter of 4.2 is 1.05, cut to lots for the second.
    assert tell(first)[2:] == [("s-1", "filled", 1.0, 100.0)]
    second = venue.trade("X", 1, 102.0, 2.0, 0)
    assert tell(second) == [("s-2", "partially_filled", 0.5, 102.0)]
    assert tell(venue.trade("X", 2, 104.0, 2.0, 0)) == [("s-2", "filled", 1.0, 103.0)]


@pytest.mark.parametrize(("participation", "fills"), [(None, True), (1.0, False)])
def test_a_limit_is_filled_at_its_price_or_only_beyond_it_where_others_wait(
    participation: float | None, fills: bool
) -> None:
    venue = Venue(PLAIN, participation=participation)
    venue.trade("X", 0, 105.0, 1.0, 0)
    venue.send(place(kind="limit", price=100.0), 1)
    assert tell(venue.trade("X", 2, 101.0, 9.0, 0)) == [("s-1", "accepted", 0.0, None)]
    at_it = venue.trade("X", 3, 100.0, 9.0, 0)
    assert bool(at_it) == fills
    if not fills:
        assert tell(venue.trade("X", 4, 99.0, 9.0, 0)) == [("s-1", "filled", 1.0, 100.0)]


def test_a_limit_the_market_is_beyond_takes_what_is_there_but_never_beyond_itself() -> None:
    settings = Settings(slippage=0.02, commission=Commission(maker=0.001, taker=0.002))
    venue = Venue(settings, participation=0.5)
    venue.trade("X", 0, 99.0, 1.0, 0)
    venue.send(place(kind="limit", price=100.0, quantity=2.0), 1)
    first = venue.trade("X", 2, 99.0, 2.0, 0)[-1]
    assert (first.filled, first.average_price) == (1.0, 100.0)
    assert first.fees == pytest.approx(100.0 * 0.002)
    venue.trade("X", 3, 101.0, 2.0, 0)
    last = venue.trade("X", 4, 98.0, 2.0, 0)[-1]
    # By now it waits, so it is a maker.
    assert last.status == "filled"
    assert last.fees == pytest.approx(100.0 * 0.002 + 100.0 * 0.001)


def test_a_stop_is_a_market_order_from_the_trade_on_that_reaches_it() -> None:
    venue = Venue(Settings(slippage=0.01), participation=1.0)
    venue.send(place(side="sell", kind="stop", price=95.0, quantity=2.0), 0)
    assert len(venue.trade("X", 1, 96.0, 9.0, 0)) == 1
    assert tell(venue.trade("X", 2, 94.0, 1.0, 0)) == [
        ("s-1", "partially_filled", 1.0, pytest.approx(94.0 * 0.99))
    ]
    # The price has come back: it is a market order all the same.
    assert venue.trade("X", 3, 97.0, 1.0, 0)[0].status == "filled"


def test_a_fill_wins_the_race_against_a_cancellation_on_its_way() -> None:
    venue = Venue(PLAIN, latency=0.1, participation=0.5)
    venue.send(place(kind="limit", price=100.0, quantity=2.0), 0)
    venue.trade("X", 100, 101.0, 1.0, 0)
    venue.send(Cancel("s-1", "X"), 150)
    assert tell(venue.trade("X", 200, 99.0, 2.0, 0)) == [("s-1", "partially_filled", 1.0, 100.0)]
    assert tell(venue.trade("X", 250, 99.0, 2.0, 0)) == [("s-1", "cancelled", 1.0, 100.0)]
    venue.send(Cancel("s-1", "X"), 260)
    assert venue.passed("X", 9000, 0) == []


def test_what_may_only_reduce_is_cut_to_what_is_held() -> None:
    venue = Venue(PLAIN)
    venue.send(place(quantity=1.0), 0)
    venue.trade("X", 0, 100.0, 1.0, 0)
    venue.send(place("s-2", "sell", "stop", 1.0, 90.0, True), 1)
    venue.send(place("s-3", "sell", "market", 0.75, None, True), 1)
    told = tell(venue.trade("X", 2, 89.0, 1.0, 0))[2:]
    assert told == [("s-2", "filled", 1.0, 89.0), ("s-3", "cancelled", 0.0, None)]


def test_fees_and_slippage_are_those_of_the_candle_rules() -> None:
    fees = Commission(percent=0.001, per_unit=0.01, per_order=0.5, minimum=1.0)
    settings = Settings(commission=fees, slippage=Slippage(0.001, 0.02, 0.1), tick_size=0.01,
                        spread=0.5)  # fmt: skip
    row = settings_row(settings)
    for quantity in (0.1, 3.0):
        venue = Venue(settings)
        venue.send(place(quantity=quantity), 0)
        told = venue.trade("X", 0, 100.0, 4.0, 0)[-1]
        assert told.average_price == slipped(row, 100.5, 1.0, quantity, 4.0)
        assert told.fees == pytest.approx(commission(row, told.average_price, quantity, False))


def test_what_a_partial_fill_costs_once_it_costs_once() -> None:
    venue = Venue(Settings(commission=Commission(per_order=1.0)), participation=1.0)
    venue.send(place(quantity=2.0), 0)
    assert [venue.trade("X", at, 100.0, 1.0, 0)[-1].fees for at in (0, 1)] == [1.0, 1.0]
