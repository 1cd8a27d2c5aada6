"""The kill switch: whatever was filled unheard, the log comes to what the venue's ledger has."""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from live_books import check
from msgspec import structs
from random_runs import SEEDS, MoreOrders, RandomOrders, walk
from sessions_in_hand import InHand, trades_in

from workbench.messages import Message
from workbench.runs.spec import RunSpec
from workbench.sessions.closing_at import VenueClosing
from workbench.sessions.remains import Remains
from workbench.sessions.winding import Winding
from workbench.trading.brokering import (
    Agreement,
    Cancel,
    Cleared,
    Command,
    Found,
    Place,
    Report,
    Rules,
)
from workbench.trading.venue import Venue

CAPITAL = 10_000.0
FEE = 0.001
NOW = "2024-02-01T00:00:00.000Z"


class Exchange:
    """A venue that keeps books of its own, and a broker that asks it once the session is dead."""

    name = "fake"

    def __init__(self, account: Any, participation: float) -> None:
        self.venue = Venue(account, 0.0, participation)
        self.places: dict[str, Place] = {}
        self.last: dict[str, Report] = {}
        self._out: asyncio.Queue[list[Report]] = asyncio.Queue()

    def take(self, reports: list[Report]) -> list[Report]:
        for one in reports:
            self.last[one.client_order_id] = one
        return reports

    def order(self, command: Command, time: int) -> None:
        if isinstance(command, Place):
            assert command.client_order_id not in self.places
            self.places[command.client_order_id] = command
        self.venue.send(command, time)

    # --- as a broker ----------------------------------------------------------------------

    async def start(self, symbols: Any) -> dict[str, Rules]:
        return {symbol: Rules() for symbol in symbols}

    async def reconcile(self, orders: Any, positions: Any) -> Agreement:
        return Agreement([], [])

    def send(self, command: Command) -> None:
        name, symbol = command.client_order_id, command.symbol
        if isinstance(command, Place):
            self.places[name] = command
            report = Report(
                0, symbol, name, "filled", command.quantity, 90.0, command.quantity * 90.0 * FEE, 0
            )
        else:
            known = self.last.get(name) or Report(0, symbol, name, "accepted", 0.0, None, 0.0, 0)
            report = known
            if known.status in ("accepted", "partially_filled"):
                report = structs.replace(known, status="cancelled")
        self.last[name] = report
        self._out.put_nowait([report])

    async def reports(self) -> Any:
        while True:
            yield await self._out.get()

    async def clear(self, since: int, highest: int) -> Cleared:
        for name, place in self.places.items():
            if name not in self.last or self.last[name].status in ("accepted", "partially_filled"):
                self.send(Cancel(name, place.symbol))
        held: dict[str, float] = defaultdict(float)
        for name, one in self.last.items():
            place = self.places[name]
            held[place.symbol] += one.filled if place.side == "buy" else -one.filled
        return Cleared(held, [Found(self.places[name], one) for name, one in self.last.items()])

    async def close(self) -> None:
        pass


def traded(
    exchange: Exchange, made: InHand, inputs: list[Any], deaf: int, draw: random.Random
) -> None:
    """Trade; the last `deaf` inputs are the market's alone."""
    heard: list[Report] = []
    for number, one in enumerate(inputs):
        alive = number < len(inputs) - deaf
        if alive:
            made.take([one])
            commands, made.commands[:] = list(made.commands), []
            for command in commands:
                exchange.order(command, one.at)
        for time, price, size, _ in getattr(one, "trades", ()):
            heard += exchange.take(exchange.venue.trade(one.symbol, time, price, size, one.at))
        # Reports come late, in order.
        while alive and heard and draw.random() < 0.7:
            made.take([heard.pop(0)])
            commands, made.commands[:] = list(made.commands), []
            for command in commands:
                exchange.order(command, one.at)


def close(exchange: Exchange, spec: RunSpec, said: list[Message], symbols: list[str]) -> Remains:
    remains = Remains("live_1")
    remains.take(said)
    winding = Winding(spec, remains, "it died", NOW)

    async def run() -> None:
        await VenueClosing(exchange, remains, winding, said.append, lambda: 0, 10.0).run(symbols)

    asyncio.run(run())
    said += winding.end()
    return remains


@settings(max_examples=25, deadline=None)
@given(
    seed=SEEDS,
    count=st.integers(2, 25),
    symbols=st.sampled_from([["TEST"], ["A", "B"]]),
    several=st.booleans(),
    hedging=st.booleans(),
    participation=st.sampled_from([0.05, 0.5]),
    deaf=st.integers(0, 25),
    named=st.booleans(),
)
def test_the_log_comes_to_what_the_ledger_has(
    seed: int, count: int, symbols: list[str], several: bool, hedging: bool, participation: float,
    deaf: int, named: bool,
) -> None:  # fmt: skip
    kinds = [RandomOrders, MoreOrders] if several else [RandomOrders]
    made = InHand(
        kinds, symbols, live={"broker": "exchange", "exchange": "fake"}, initial_capital=CAPITAL,
        check_lookahead=False, hedging=hedging, leverage=3.0, commission=FEE,
    )  # fmt: skip
    for book in made.session.books.values():
        # Of a session of before, that told client order ids with the venue's answers.
        book.ledger.orders.ahead = named
    inputs: list[Any] = []
    for number, symbol in enumerate(symbols):
        inside = walk(seed + number, 5 * count, timeframe="3M", sigma=0.002)
        inputs += trades_in(inside.replace(volume=inside.volume / 20), symbol)
    inputs.sort(key=lambda one: one.at)
    spec = made.session._spec
    exchange = Exchange(spec, participation)
    traded(exchange, made, inputs, deaf, random.Random(seed))
    said = made.said
    close(exchange, spec, said, symbols)  # type: ignore[arg-type]
    check(said, CAPITAL)
    agrees(said, exchange)


def agrees(said: list[Message], exchange: Exchange) -> None:
    """Units, money and fees of orders, and the balance, are the ledger's.

    Longs and shorts that stand beside each other are closed by one order for what they come to.
    """
    there: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])
    mine: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])
    for name, one in exchange.last.items():
        add(there, exchange.places[name].symbol, exchange.places[name].side, one)
    last: Any = {one.data.order_id: one.data for one in said if one.type == "order"}  # type: ignore[attr-defined]
    for data in last.values():
        add(mine, data.symbol, data.side, data)
    for symbol in {*there, *mine}:
        assert mine[symbol] == pytest.approx(there[symbol], rel=1e-7, abs=1e-5), symbol
        assert there[symbol][0] == pytest.approx(0.0, abs=1e-6)
    end: Any = [one for one in said if one.type == "pnl"][-1]
    cash = sum(paid - fees for _, paid, fees in there.values())
    assert end.data.balance - CAPITAL == pytest.approx(cash, rel=1e-7, abs=1e-5)


def add(rows: dict[str, list[float]], symbol: str, side: str, one: Any) -> None:
    sign = 1.0 if side == "sell" else -1.0
    row, paid = rows[symbol], one.filled * (one.average_price or 0.0)
    row[:] = [row[0] - sign * one.filled, row[1] + sign * paid, row[2] + one.fees]
