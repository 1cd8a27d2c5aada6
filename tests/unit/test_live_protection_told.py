"""What protects a position is told as accepted when the venue has it, by the id it has there."""

from __future__ import annotations

from typing import Any

from sessions_in_hand import InHand

from workbench.engine import Strategy
from workbench.trading.inputs import Passed, Ticks

MINUTE = 60_000
LATENCY = 0.1


class Moves(Strategy):
    """Buys, and moves the stop two candles later."""

    bars = 0

    def next(self) -> None:
        self.bars += 1
        if self.bars == 2:
            self.buy(quantity=1.0, stop_loss=90.0, take_profit=[120.0])
        for position in self.positions:
            if self.bars == 5:
                position.move_stop(95.0)


def traded(minutes: int) -> Any:
    hand = InHand(Moves, ["X"], ["1M"], live={"latency": LATENCY}, initial_capital=10_000.0)
    for minute in range(minutes):
        for part in (0, 20_000, 40_000):
            at = minute * MINUTE + part
            hand.take([Ticks(at, "X", [(at, 100.0, 1e6, None)])])
        end = (minute + 1) * MINUTE
        hand.take([Passed(end, "X", end)])
    return hand


def told(hand: Any, name: str) -> list[tuple[str, str | None, float | None]]:
    return [
        (one.data.status, one.data.client_order_id or None, one.data.price)
        for one in hand.said
        if one.type == "order" and one.data.order_id == name
    ]


def test_it_is_accepted_once_the_venue_has_it_and_told_again_when_another_stands_for_it() -> None:
    hand = traded(8)
    stop = told(hand, "trade_1:stop")
    assert [one[0] for one in stop] == ["new", "accepted", "accepted", "accepted"]
    # The wish to move it, then the order that does.
    assert [one[1:] for one in stop[1:]] == [
        ("live_1-2", 90.0), ("live_1-2", 95.0), ("live_1-4", 95.0)
    ]  # fmt: skip
    assert [one[:2] for one in told(hand, "trade_1:target_1")][1:] == [("accepted", "live_1-3")]


def test_an_order_that_is_open_was_told_by_its_id() -> None:
    hand = traded(8)
    said = {
        one.data.client_order_id
        for one in hand.said
        if one.type == "order" and one.data.status == "accepted"
    }
    assert {one.place.client_order_id for one in hand.session.orders_open()} <= said
