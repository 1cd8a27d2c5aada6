"""Closing a session by what its log tells: the books, the money, and what stays open."""

from __future__ import annotations

import asyncio

import msgspec
import pytest
from ledger_broker import LedgerBroker
from live_jobs import live_job

from workbench.errors import WorkerLost
from workbench.messages import (
    Complete,
    EntryData,
    Error,
    ExitData,
    Message,
    Order,
    OrderData,
    Pnl,
    Position,
    PositionData,
    Reasoning,
    Risk,
    RiskData,
    Trade,
    TradeChecksum,
    TradeExtra,
)
from workbench.sessions.closing_at import VenueClosing
from workbench.sessions.remains import Remains
from workbench.sessions.winding import Winding
from workbench.trading.brokering import Cancel, Found, Place, Report

AT = "2024-01-01T00:00:00Z"
NOW = "2024-01-02T00:00:00.000Z"
WHY = Reasoning("enter_long", 1.0, "because")


def entry(number, direction="long", price=100.0, quantity=2.0, fee=1.0, symbol="A"):
    data = EntryData(f"trade_{number}", symbol, direction, price, AT, quantity, None, [], WHY)
    return Trade(AT, data=data, extra=TradeExtra(quantity, quantity, fee, "s"))


def exit_(number, price, quantity, left, pnl, fee=0.5, direction="long"):
    data = ExitData(
        f"trade_{number}", "A", direction, 100.0, AT, price, AT, "take_profit_1", pnl, 1.0, 5.0, 0.0
    )
    return Trade(AT, data=data, extra=TradeExtra(quantity, left, fee, "s"))


def position(number, price, quantity=2.0, direction="long", fees=1.0, event="modify", symbol="A"):
    sign = 1 if direction == "long" else -1
    data = PositionData(
        "live_1", "s", symbol, f"trade_{number}", event, direction, quantity, 100.0, AT, price, AT,
        90.0, [], sign * (price - 100.0) * quantity, 0.0, fees,
    )  # fmt: skip
    return Position(AT, data=data)


def order(name, status, client=None, side="buy", quantity=1.0, symbol="A"):
    data = OrderData(
        "live_1", "s", symbol, name, status, "entry", side, "limit", quantity, 95.0, 0.0, None, 0.0,
        AT, "paper",
    )  # fmt: skip
    if client is not None:
        from msgspec.structs import replace

        data = replace(data, client_order_id=client)
    return Order(AT, data=data)


def risk():
    data = RiskData(
        "live_1", AT, 10_000.0, 1.0, 1.0, 0.1, 1.0, 0.0, 50.0, 1, 1, None, None, 0.95, None, "open",
        [],
    )  # fmt: skip
    return Risk(AT, data=data)


def left(*told: Message, live=None, **spec):
    job = live_job("/nowhere", spec=spec, live={"symbols": ["A"], **(live or {})})
    remains = Remains("live_1")
    remains.take(told)
    return remains, Winding(job.spec, remains, "it hung", NOW)


def by(kind, messages):
    return [one.data for one in messages if isinstance(one, kind)]


def wound(remains, winding):
    return [*winding.cancelled(), *winding.closed(winding.at_last_prices()), *winding.end()]


def test_paper_is_closed_at_the_last_prices_with_the_account_s_costs():
    told = [entry(1), position(1, 103.0), position(1, 110.0), order("signal_2", "accepted"), risk()]
    remains, winding = left(*told, commission=0.01, slippage=0.1)
    messages = wound(remains, winding)
    (trade,) = by(Trade, messages)
    # Sold a tenth below 110, for a hundredth of it; the entry had cost 1.
    price, fee = 99.0, 1.98
    assert trade.exit_price == pytest.approx(price)
    assert trade.pnl == pytest.approx(2 * (price - 100.0) - fee - 1.0)
    assert trade.exit_reason == "session_end"
    assert (trade.mfe, trade.mae) == pytest.approx((20.0, -2.0))
    (gone,) = by(Position, messages)
    assert (gone.event, gone.quantity, gone.exit_reason) == ("close", 0.0, "session_end")
    (pnl,) = by(Pnl, messages)
    assert pnl.balance == pytest.approx(10_000.0 + trade.pnl) == pnl.equity
    assert pnl.by_symbol["A"].realized == pytest.approx(trade.pnl) == pnl.by_strategy["s"].realized
    assert pnl.fees == pytest.approx(1.0 + fee)
    (facts,) = by(Risk, messages)
    assert (facts.exposure, facts.open_orders, facts.entries) == (0.0, 0, "paused")


def test_every_order_ends_in_one_final_status():
    told = [
        entry(1), position(1, 101.0), order("signal_2", "new"), order("signal_3", "accepted"),
        order("trade_1:stop", "accepted", side="sell"), order("signal_4", "accepted"),
        order("signal_4", "filled"),
    ]  # fmt: skip
    remains, winding = left(*told)
    messages = wound(remains, winding)
    final = {one.order_id: one.status for one in by(Order, messages)}
    assert final == {
        "signal_2": "cancelled", "signal_3": "cancelled", "trade_1:stop": "cancelled",
        "trade_1:close": "filled",
    }  # fmt: skip
    assert remains.orders == {}


def test_the_end_proves_all_trades_of_the_log():
    told = [
        entry(1, quantity=4.0), exit_(1, 105.0, 1.0, 3.0, 4.25), position(1, 104.0, 3.0, fees=1.5),
        entry(2, "short", quantity=1.0), position(2, 98.0, 1.0, "short"),
    ]  # fmt: skip
    remains, winding = left(*told)
    messages = wound(remains, winding)
    proof = TradeChecksum()
    for one in [*told, *messages]:
        if isinstance(one, Trade):
            proof.add(one)
    end = messages[-1]
    assert isinstance(end, Complete)
    assert (end.extra.trades, end.extra.crc32) == (proof.count, proof.value)
    assert end.extra.status == "stopped"
    metrics = end.data.metrics
    assert (metrics.total_trades, metrics.winning_trades) == (2, 2)
    exits = [one.pnl for one in by(Trade, [*told, *messages]) if isinstance(one, ExitData)]
    assert end.extra.final_equity == pytest.approx(10_000.0 + sum(exits))


def test_a_failure_is_the_last_word_where_there_was_one():
    _, winding = left(entry(1), position(1, 101.0))
    winding.closed(winding.at_last_prices())
    last = winding.end(WorkerLost("It broke"))[-1]
    assert isinstance(last, Error)
    assert last.data.error == "It broke"


@pytest.mark.parametrize("latest", ["2024-01-01T00:05:00.500Z", "2024-01-01T00:05:00Z"])
def test_times_never_go_back_by_an_order_that_has_waited_for_long(latest):
    from msgspec.structs import replace

    seen = position(1, 104.0)
    seen = Position(AT, data=replace(seen.data, time=latest))
    waits = order("signal_2", "accepted", "live_1-2")
    before = Order(AT, data=replace(waits.data, time="2024-01-01T00:04:59.900Z"))
    # Told after the position, with the time it was given.
    remains, winding = left(entry(1), seen, before, waits, risk())
    place = Place("live_1-2", "A", "buy", "limit", 1.0, 95.0, False, 0)
    filled = Report(0, "A", "live_1-2", "partially_filled", 0.5, 95.0, 0.0, 0)
    messages = [*winding.found([Found(place, filled)]), *wound(remains, winding)]
    times = [one.time for one in by((Order, Position, Pnl, Risk), messages)]
    assert set(times) == {latest}
    found, first, second = by(Trade, messages)
    assert (found.entry_time, found.entry_price, found.quantity) == (latest, 95.0, 0.5)
    assert {one.exit_time for one in (first, second)} == {latest}
    assert (first.exit_price, second.exit_price) == (104.0, 95.0)


def test_a_session_that_has_told_nothing_just_ends():
    (pnl, end) = wound(*left())
    assert isinstance(end, Complete)
    assert pnl.data.equity == end.extra.final_equity == 10_000.0


# --- at a venue -----------------------------------------------------------------------------


class Venue(LedgerBroker):
    """Takes back what it knows of; `deaf` orders are never answered for."""

    def __init__(self, path, deaf=(), late_fill=0.0):
        super().__init__(path)
        self.deaf, self.late_fill, self.sent = deaf, late_fill, []

    async def reconcile(self, orders, positions):
        agreed = await super().reconcile([], positions)
        return agreed._replace(reports=[
            Report(0, one.place.symbol, one.place.client_order_id, "partially_filled",
                   self.late_fill, 1.0, 0.0, 0)
            for one in orders if self.late_fill
        ])  # fmt: skip

    def send(self, command):
        self.sent.append(command)
        name = command.client_order_id
        if isinstance(command, Place):
            super().send(command)
        elif name not in self.deaf:
            report = Report(0, command.symbol, name, "cancelled", self.late_fill, 1.0, 0.0, 0)
            self._told.put_nowait([report])


def close_at(venue, remains, winding, patience=5.0):
    told = []

    async def run():
        try:
            await VenueClosing(
                venue, remains, winding, told.append, lambda: 7, patience
            ).run(["A"])  # fmt: skip
        finally:
            await venue.close()

    asyncio.run(run())
    return told


def test_orders_are_taken_back_before_positions_are_closed(tmp_path):
    told = [entry(1), position(1, 101.0), order("signal_2", "accepted", "live_1-2")]
    remains, winding = left(*told)
    venue = Venue(tmp_path / "ledger")
    messages = close_at(venue, remains, winding)
    first, second = venue.sent
    assert first == Cancel("live_1-2", "A")
    assert second == Place("live_1-K1", "A", "sell", "market", 2.0, None, True, 7)
    assert venue.ledger() == {"live_1-K1": -2.0}
    assert remains.positions == {}
    assert remains.orders == {}
    (trade,) = by(Trade, messages)
    assert trade.exit_price == 1.0
    closing = [one for one in by(Order, messages) if one.order_id == "trade_1:close"]
    assert {one.client_order_id for one in closing} == {"live_1-K1"}


class Priceless(Venue):
    """Says that it has filled, and not at which price."""

    async def reports(self):
        async for told in super().reports():
            yield [msgspec.structs.replace(one, average_price=None) for one in told]


def test_what_was_sold_at_no_price_is_not_sold_again(tmp_path):
    told = [entry(1), position(1, 101.0)]
    remains, winding = left(*told)
    venue = Priceless(tmp_path / "ledger")
    messages = close_at(venue, remains, winding)
    assert venue.ledger() == {"live_1-K1": -2.0}
    (trade,) = by(Trade, messages)
    assert trade.exit_price == 101.0


def test_what_was_filled_while_nobody_looked_is_closed_too(tmp_path):
    remains, winding = left(order("signal_2", "accepted", "live_1-2"))
    venue = Venue(tmp_path / "ledger", late_fill=0.25)
    close_at(venue, remains, winding)
    assert venue.ledger() == {"live_1-K1": -0.25}


def test_what_cannot_be_taken_back_is_said(tmp_path):
    told = [entry(1), position(1, 101.0), order("signal_2", "accepted", "live_1-2")]
    remains, winding = left(*told)
    venue = Venue(tmp_path / "ledger", deaf=["live_1-2"])
    with pytest.raises(WorkerLost, match="live_1-2") as raised:
        close_at(venue, remains, winding, patience=0.2)
    assert raised.value.details == {"orders": ["live_1-2"], "held": {}}
    # The position is closed all the same.
    assert venue.ledger() == {"live_1-K1": -2.0}


def test_a_second_attempt_has_client_order_ids_of_its_own(tmp_path):
    told = [entry(1), position(1, 101.0), order("trade_1:close", "new", "live_1-K1", "sell", 2.0)]
    remains, winding = left(*told)
    venue = Venue(tmp_path / "ledger")
    close_at(venue, remains, winding)
    assert list(venue.ledger()) == ["live_1-K2"]


def test_what_an_unfinished_exit_has_sold_is_booked_and_not_sold_again():
    from msgspec.structs import replace

    stop = order("trade_1:stop", "accepted", "live_1-3", side="sell", quantity=2.0).data
    stop = replace(stop, role="stop_loss", trade_id="trade_1")
    part = replace(
        stop, status="partially_filled", filled=0.5, average_price=94.0, fees=0.25,
        time="2024-01-01T03:00:00Z",
    )  # fmt: skip
    told = [entry(1), position(1, 97.0), Order(AT, data=stop), Order(AT, data=part), risk()]
    _, winding = left(*told)
    messages = [*winding.cancelled(), *winding.booked()]
    messages += [*winding.closed(winding.at_last_prices()), *winding.end()]
    parts = by(Trade, messages)
    assert [(one.exit_price, one.exit_time) for one in parts] == [
        (94.0, "2024-01-01T03:00:00Z"), (94.0, "2024-01-01T03:00:00Z"),
    ]  # fmt: skip
    extras = [one.extra for one in messages if isinstance(one, Trade)]
    assert [(one.quantity, one.remaining) for one in extras] == [(0.5, 1.5), (1.5, 0.0)]
    closes = [one for one in by(Order, messages) if one.order_id == "trade_1:close"]
    assert [(one.status, one.quantity) for one in closes] == [
        ("new", 1.5), ("accepted", 1.5), ("filled", 1.5),
    ]  # fmt: skip
    (pnl,) = by(Pnl, messages)
    assert pnl.balance == pytest.approx(10_000.0 + sum(one.pnl for one in parts))
    assert pnl.fees == pytest.approx(1.0 + 0.25)


def test_what_a_trade_has_told_of_its_exits_is_not_booked_twice():
    from msgspec.structs import replace

    target = order("trade_1:target_1", "filled", "live_1-3", side="sell", quantity=1.0).data
    done = replace(
        target, role="take_profit", trade_id="trade_1", filled=1.0, average_price=105.0, fees=0.5
    )
    told = [entry(1), position(1, 105.0, 1.0), exit_(1, 105.0, 1.0, 1.0, 4.0), Order(AT, data=done)]
    _, winding = left(*told, risk())
    assert winding.booked() == []
