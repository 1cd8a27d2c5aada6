"""Routing case by case: entries, protection here and at the venue, exits, reversals, refusals."""

from __future__ import annotations

import pytest
from fake_book import FakeBook

from workbench.engine.rules.layout import (
    BY_COMMAND,
    BY_REVERSAL,
    BY_SIGNAL,
    BY_STOP,
    BY_TARGET,
    BY_TRAIL,
    CANCELLED,
    EXPIRED,
    NOT_SENT,
    TOO_SMALL,
    VENUE_REFUSED,
)
from workbench.errors import InvalidRequest
from workbench.trading.brokering import Cancel, Command, Place, Report, Rules
from workbench.trading.routing import Purpose, Routing

HERE = Rules()
SPOT = Rules(native=True, shorts=False)
BOTH = Rules(native=True, targets=True)


class Desk:
    """A routing of one symbol, and reports as a test wants them."""

    def __init__(self, rules: Rules = HERE) -> None:
        self.book = FakeBook()
        self.routing = Routing("live_20261123_071500", {"X": self.book}, {"X": rules})
        self.at = 0
        self.placed: dict[str, Place] = {}

    def note(self, commands: list[Command]) -> list[Command]:
        for one in commands:
            if isinstance(one, Place):
                self.placed[one.client_order_id] = one
        return commands

    def decided(self) -> list[Command]:
        self.book.bar += 1
        return self.note(self.routing.decided("X", self.at))

    def price(self, price: float) -> list[Command]:
        return self.note(self.routing.price("X", 0, price, self.at))

    def tell(
        self, name: str, status: str, filled: float = 0.0, price: float | None = None,
        fees: float = 0.0, code: str | None = None,
    ) -> list[Command]:  # fmt: skip
        report = Report(self.at, "X", name, status, filled, price, fees, 0, code=code)  # type: ignore[arg-type]
        return self.note(self.routing.report(report))

    def entered(self, price: float = 100.0, **asked: object) -> int:
        order = self.book.enter(1.0, 2.0, **asked)  # type: ignore[arg-type]
        name = ids(self.decided())[0]
        self.commands = self.tell(name, "filled", 2.0, price)
        return order


def ids(commands: list[Command]) -> list[str]:
    return [one.client_order_id for one in commands]


def brief(commands: list[Command]) -> list[tuple[object, ...]]:
    return [
        (one.side, one.kind, one.quantity, one.price) if isinstance(one, Place)
        else ("cancel", one.client_order_id.rpartition("-")[2])
        for one in commands
    ]  # fmt: skip


def test_ids_fit_venues_and_are_counted() -> None:
    desk = Desk()
    for _ in range(3):
        desk.book.enter(1.0, 1.0)
    names = ids(desk.decided())
    assert names == [f"live_20261123_071500-{at}" for at in (1, 2, 3)]
    with pytest.raises(InvalidRequest, match="24 characters"):
        Routing("x" * 25, {}, {})


def test_an_entry_fills_in_parts_and_ends_once() -> None:
    desk = Desk()
    order = desk.book.enter(1.0, 2.0)
    (name,) = ids(desk.decided())
    # Filled before it is acknowledged, then the acknowledgement, twice.
    assert desk.tell(name, "partially_filled", 0.5, 100.0, 0.1) == []
    assert desk.tell(name, "accepted") == []
    desk.tell(name, "partially_filled", 0.5, 100.0, 0.1)
    desk.tell(name, "filled", 2.0, 103.0, 0.4)
    desk.tell(name, "filled", 2.0, 103.0, 0.4)
    assert desk.book.ended == {order: ("filled", 0)}
    assert desk.book.bought == 2.0
    assert desk.book.cash == pytest.approx(-2 * 103.0 - 0.4)
    life = desk.routing.life("X", Purpose("order", order))
    assert life is not None
    assert (life.filled, life.average, life.fees, life.client_order_id) == (2.0, 103.0, 0.4, name)


def test_what_is_over_is_forgotten_at_the_second_close() -> None:
    desk = Desk()
    purpose = Purpose("order", desk.entered())
    desk.decided()
    assert desk.routing.life("X", purpose) is not None
    desk.decided()
    assert desk.routing.life("X", purpose) is None


@pytest.mark.parametrize(
    ("status", "code", "ends"),
    [("rejected", None, VENUE_REFUSED), ("rejected", "not_sent", NOT_SENT),
     ("expired", None, EXPIRED), ("cancelled", None, CANCELLED)],
)  # fmt: skip
def test_an_entry_the_venue_does_not_fill_ends_with_a_code(
    status: str, code: str | None, ends: int
) -> None:
    desk = Desk()
    order = desk.book.enter(1.0, 2.0, limit=90.0)
    (name,) = ids(desk.decided())
    desk.tell(name, status, code=code)
    assert desk.book.ended == {order: ("refused", ends)}
    assert desk.routing.open() == []


def test_quantities_and_prices_are_rounded_so_that_nothing_costs_more() -> None:
    desk = Desk(Rules(lot=0.1, tick=0.5, native=True))
    desk.book.enter(1.0, 0.37, limit=99.9)
    desk.book.enter(-1.0, 0.3, limit=100.1)
    desk.book.enter(1.0, 0.3, stop=100.1)
    assert brief(desk.decided()) == [
        ("buy", "limit", 0.3, 99.5), ("sell", "limit", 0.3, 100.5), ("buy", "stop", 0.3, 100.5),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("rules", "units"),
    [(Rules(lot=0.1), 0.09), (Rules(least=0.5), 0.49), (Rules(least_notional=10.0), 0.0999)],
)
def test_what_is_below_a_minimum_is_refused_here(rules: Rules, units: float) -> None:
    desk = Desk(rules)
    desk.price(100.0)
    order = desk.book.enter(1.0, units)
    assert desk.decided() == []
    assert desk.book.ended == {order: ("refused", TOO_SMALL)}


def test_a_stop_that_rests_here_is_a_market_order_when_its_price_has_come() -> None:
    desk = Desk()
    desk.entered(stop_loss=95.0)
    assert desk.commands == []
    assert desk.routing.life("X", Purpose("stop", 1)).emulated  # type: ignore[union-attr]
    assert desk.price(95.1) == []
    commands = desk.price(94.9)
    assert brief(commands) == [("sell", "market", 2.0, None)]
    assert desk.price(90.0) == []
    desk.tell(ids(commands)[0], "filled", 2.0, 94.8)
    assert desk.book.left == [(1, BY_STOP, 94.8, 2.0, True)]


def test_a_stop_at_the_venue_is_taken_back_before_a_target_that_rests_here() -> None:
    desk = Desk(SPOT)
    desk.entered(stop_loss=95.0, targets=(110.0, 120.0))
    assert brief(desk.commands) == [("sell", "stop", 2.0, 95.0)]
    stop = ids(desk.commands)[0]
    desk.tell(stop, "accepted")
    assert brief(desk.price(111.0)) == [("cancel", "2")]
    commands = desk.tell(stop, "cancelled")
    assert brief(commands) == [("sell", "market", 1.0, None)]
    # The rest is protected again.
    assert brief(desk.tell(ids(commands)[0], "filled", 1.0, 111.0)) == [("sell", "stop", 1.0, 95.0)]
    assert desk.book.left == [(1, BY_TARGET, 111.0, 1.0, True)]


def test_a_stop_that_fills_while_it_is_taken_back_is_the_exit() -> None:
    desk = Desk(SPOT)
    desk.entered(stop_loss=95.0, targets=(110.0,))
    stop = ids(desk.commands)[0]
    desk.tell(stop, "accepted")
    desk.price(111.0)
    assert desk.tell(stop, "filled", 2.0, 95.0) == []
    assert desk.book.positions() == []
    assert desk.routing.held() == {"X": 0.0}


def test_both_sides_rest_at_a_venue_that_takes_both() -> None:
    desk = Desk(BOTH)
    desk.entered(stop_loss=95.0, targets=(110.0, 120.0))
    assert brief(desk.commands) == [
        ("sell", "stop", 2.0, 95.0), ("sell", "limit", 1.0, 110.0), ("sell", "limit", 1.0, 120.0),
    ]  # fmt: skip
    assert all(isinstance(one, Place) and one.reduce for one in desk.commands)
    stop, first, second = ids(desk.commands)
    for name in (stop, first, second):
        desk.tell(name, "accepted")
    # The stop follows what is left.
    assert brief(desk.tell(first, "filled", 1.0, 110.0)) == [("cancel", "2")]
    (smaller,) = ids(desk.tell(stop, "cancelled"))
    assert desk.placed[smaller].quantity == 1.0
    desk.tell(smaller, "accepted")
    assert brief(desk.tell(smaller, "filled", 1.0, 95.0)) == []
    assert desk.book.positions() == []
    assert [code for _, code, *_ in desk.book.left] == [BY_TARGET, BY_STOP]


def test_a_protection_the_venue_refuses_rests_here() -> None:
    desk = Desk(SPOT)
    desk.entered(stop_loss=95.0)
    assert desk.tell(ids(desk.commands)[0], "rejected") == []
    assert desk.decided() == []
    assert desk.routing.life("X", Purpose("stop", 1)).emulated  # type: ignore[union-attr]
    assert brief(desk.price(94.0)) == [("sell", "market", 2.0, None)]


def test_further_fills_get_protection_of_their_own() -> None:
    desk = Desk(SPOT)
    desk.book.enter(1.0, 2.0, stop_loss=95.0)
    (name,) = ids(desk.decided())
    assert brief(desk.tell(name, "partially_filled", 0.5, 100.0)) == [("sell", "stop", 0.5, 95.0)]
    assert brief(desk.tell(name, "filled", 2.0, 100.0)) == [("sell", "stop", 1.5, 95.0)]


def test_a_trail_is_followed_here_and_moved_at_the_venue_at_closes() -> None:
    desk = Desk(SPOT)
    desk.entered(trailing=5.0)
    assert brief(desk.commands) == [("sell", "stop", 2.0, 95.0)]
    stop = ids(desk.commands)[0]
    desk.tell(stop, "accepted")
    assert desk.price(110.0) == []
    assert brief(desk.price(104.9)) == [("cancel", "2")]
    commands = desk.tell(stop, "cancelled")
    desk.tell(ids(commands)[0], "filled", 2.0, 104.8)
    assert desk.book.left == [(1, BY_TRAIL, 104.8, 2.0, True)]


def test_at_a_close_the_venue_gets_the_trailed_stop() -> None:
    desk = Desk(SPOT)
    desk.entered(trailing=5.0)
    stop = ids(desk.commands)[0]
    desk.tell(stop, "accepted")
    desk.price(110.0)
    assert brief(desk.decided()) == [("cancel", "2")]
    assert brief(desk.tell(stop, "cancelled")) == [("sell", "stop", 2.0, 105.0)]


def test_a_closing_order_frees_what_is_held_first() -> None:
    desk = Desk(SPOT)
    desk.entered(stop_loss=95.0)
    stop = ids(desk.commands)[0]
    desk.tell(stop, "accepted")
    close = desk.book.close(part=0.5)
    assert brief(desk.decided()) == [("cancel", "2")]
    (name,) = ids(desk.tell(stop, "cancelled"))
    assert desk.placed[name].quantity == 1.0
    assert brief(desk.tell(name, "filled", 1.0, 99.0)) == [("sell", "stop", 1.0, 95.0)]
    assert desk.book.ended[close] == ("filled", 0)
    assert desk.book.left == [(1, BY_SIGNAL, 99.0, 1.0, True)]


def test_an_exit_that_is_refused_is_sent_again_ever_later() -> None:
    desk = Desk()
    desk.entered()
    desk.book.close()
    name = ids(desk.decided())[0]
    for wait in (500, 1000, 2000):
        assert desk.tell(name, "rejected") == []
        desk.at += wait - 1
        assert desk.price(100.0) == []
        desk.at += 1
        (name,) = ids(desk.price(100.0))
    desk.tell(name, "filled", 2.0, 99.0)
    assert desk.book.positions() == []


def test_a_reversal_closes_first_and_enters_then() -> None:
    desk = Desk(BOTH)
    desk.entered(stop_loss=95.0)
    stop = ids(desk.commands)[0]
    desk.tell(stop, "accepted")
    desk.book.enter(-1.0, 3.0)
    assert brief(desk.decided()) == [("cancel", "2")]
    (out,) = ids(desk.tell(stop, "cancelled"))
    assert desk.placed[out].quantity == 2.0
    assert brief(desk.tell(out, "filled", 2.0, 99.0)) == [("sell", "market", 3.0, None)]
    assert desk.book.left == [(1, BY_REVERSAL, 99.0, 2.0, True)]


def test_an_entry_against_what_is_held_rests_here_until_its_price_has_come() -> None:
    desk = Desk(BOTH)
    desk.entered()
    desk.book.enter(-1.0, 1.0, limit=105.0)
    assert desk.decided() == []
    (out,) = ids(desk.price(106.0))
    assert brief(desk.tell(out, "filled", 2.0, 106.0)) == [("sell", "limit", 1.0, 105.0)]


def test_one_that_crosses_what_came_to_be_held_closes_that_with_its_fill() -> None:
    desk = Desk(BOTH)
    desk.book.enter(1.0, 2.0, limit=100.0)
    short = desk.book.enter(-1.0, 3.0, limit=105.0)
    buy, sell = ids(desk.decided())
    assert brief(desk.tell(buy, "filled", 2.0, 100.0)) == [("cancel", "2")]
    desk.tell(sell, "filled", 3.0, 105.0)
    assert desk.book.left == [(1, BY_REVERSAL, 105.0, 2.0, True)]
    assert desk.book.ended[short] == ("filled", 0)
    assert desk.routing.held() == {"X": -1.0}


def test_spot_sells_nothing_it_does_not_hold() -> None:
    desk = Desk(SPOT)
    order = desk.book.enter(-1.0, 1.0)
    assert desk.decided() == []
    assert desk.book.ended == {order: ("refused", VENUE_REFUSED)}


def test_a_strategys_cancellation_can_lose_the_race() -> None:
    desk = Desk()
    order = desk.book.enter(1.0, 2.0, limit=90.0)
    (name,) = ids(desk.decided())
    desk.book.cancel(order)
    assert desk.decided() == [Cancel(name, "X")]
    assert desk.decided() == []
    desk.tell(name, "partially_filled", 0.5, 90.0)
    desk.tell(name, "cancelled", 0.5, 90.0)
    assert desk.book.ended == {order: ("filled", CANCELLED)}
    assert desk.book.bought == 0.5


def test_an_order_expires_after_its_last_candle() -> None:
    desk = Desk()
    order = desk.book.enter(1.0, 2.0, limit=90.0, expires=1)
    (name,) = ids(desk.decided())
    assert desk.decided() == [Cancel(name, "X")]
    desk.tell(name, "cancelled")
    assert desk.book.ended == {order: ("refused", EXPIRED)}


def test_flattening_takes_all_back_closes_all_and_lets_nothing_in() -> None:
    desk = Desk(SPOT)
    desk.entered(stop_loss=95.0)
    stop = ids(desk.commands)[0]
    waiting = desk.book.enter(1.0, 1.0, limit=90.0)
    (limit,) = ids(desk.decided())
    assert brief(desk.note(desk.routing.flatten("X", BY_COMMAND, 0))) == [
        ("cancel", "3"), ("cancel", "2"),
    ]  # fmt: skip
    # It was filled meanwhile: that goes, too.
    desk.tell(limit, "filled", 1.0, 90.0)
    names = [one for one in desk.placed if desk.placed[one].side == "sell" and one != stop]
    names += ids(desk.tell(stop, "cancelled"))
    for name in names:
        desk.tell(name, "filled", desk.placed[name].quantity, 99.0)
    assert desk.routing.flat("X")
    assert desk.book.ended[waiting] == ("filled", 0)
    assert {code for _, code, *_ in desk.book.left} == {BY_COMMAND}
    desk.decided()
    desk.book.enter(1.0, 1.0)
    assert len(desk.decided()) == 1


def test_crumbs_that_no_order_can_be_made_of_leave_the_book() -> None:
    desk = Desk(Rules(lot=0.1))
    desk.book.enter(1.0, 2.0)
    (name,) = ids(desk.decided())
    # A fee was taken in units.
    desk.tell(name, "filled", 1.998, 100.0, 0.2)
    desk.book.close()
    (out,) = ids(desk.decided())
    assert desk.placed[out].quantity == 1.9
    desk.tell(out, "filled", 1.9, 101.0)
    desk.decided()
    assert desk.book.positions() == []


def test_saved_and_loaded_it_goes_on_the_same() -> None:
    desk = Desk(SPOT)
    desk.entered(stop_loss=95.0, targets=(110.0,))
    other = Routing("live_20261123_071500", {"X": desk.book}, {"X": SPOT})
    other.load(desk.routing.save())
    assert other.open() == desk.routing.open()
    assert other.save() == desk.routing.save()
    desk.routing = other
    desk.tell(ids(desk.commands)[0], "accepted")
    assert brief(desk.price(111.0)) == [("cancel", "2")]
