"""Taking orders back and closing positions at a venue, for a session that cannot do it itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress

from workbench.errors import WorkerLost
from workbench.messages import FINAL_ORDER_STATUSES, Message, OrderSide
from workbench.sessions.remains import Remains
from workbench.sessions.winding import Deal, Winding
from workbench.trading.brokering import Broker, Cancel, Place, Report, Rules
from workbench.trading.inputs import Reconciled
from workbench.trading.tickets import small, whole

CRUMB = 1e-9
ROUNDS = 4
"""So many orders to close a symbol are tried, one after the other."""


class VenueClosing:
    """Closes what a session has at a venue.

    Parameters
    ----------
    broker
        Not started yet.
    remains, winding
        What the session has left, and what is told of it.
    tell
        Takes messages.
    now
        Epoch ms.
    patience
        Seconds the venue has for taking back, and for each try to close.
    since
        When the session began, epoch ms.
    """

    def __init__(
        self,
        broker: Broker,
        remains: Remains,
        winding: Winding,
        tell: Callable[[Message], None],
        now: Callable[[], int],
        patience: float,
        since: int = 0,
    ) -> None:
        self._broker, self._remains, self._winding = broker, remains, winding
        self._tell, self._now, self._patience, self._since = tell, now, patience, since
        self._rules: Mapping[str, Rules] = {}
        self._closing: dict[str, list[str]] = {}
        self._number = 0
        self._filled = {one.place.client_order_id: one.filled for one in remains.open()}
        self._places = {one.place.client_order_id: one.place for one in remains.open()}
        self._last: dict[str, Report] = {}
        self._held = remains.held()
        self._heard = asyncio.Event()

    async def run(self, symbols: Sequence[str]) -> None:
        """Take all orders back, then close all positions.

        Raises
        ------
        WorkerLost
            Something is still open: `details` says what.
        WorkbenchError
            The venue cannot be asked.
        """
        self._rules = await self._broker.start(symbols)
        agreed = await self._broker.reconcile(self._remains.open(), self._remains.held())
        self._say(agreed.differences)
        self._take(agreed.reports)
        heard = asyncio.create_task(self._hear())
        try:
            await self._close()
        finally:
            heard.cancel()
            await asyncio.gather(heard, return_exceptions=True)

    async def _close(self) -> None:
        waiting = {name for name in self._places if not self._final(name)}
        for name in sorted(waiting):
            self._broker.send(Cancel(name, self._places[name].symbol))
        await self._until(waiting)
        stuck = sorted(name for name in waiting if not self._final(name))
        await self._clear()
        for _ in range(ROUNDS):
            placed = self._place()
            if not placed:
                break
            await self._until(placed)
            if any(not self._final(name) for name in placed):
                break
        self._tell_closed()
        left = {symbol: units for symbol, units in self._held.items() if self._sold(symbol)[0]}
        if stuck or left:
            msg = (
                f"Session {self._remains.session} could not be closed at {self._broker.name}: "
                f"orders {stuck} are not known to be taken back, {left} units are still held. "
                "Look after them there"
            )
            raise WorkerLost(msg, orders=stuck, held=left)
        dust = {symbol: units for symbol, units in self._held.items() if abs(units) > CRUMB}
        self._say(
            f"{symbol}: {units:g} units are less than {self._broker.name} trades: they stay there"
            for symbol, units in dust.items()
        )
        for message in self._winding.cancelled():
            self._tell(message)

    async def _clear(self) -> None:
        """Let the venue say what is held: the log may lack what the session did last."""
        numbers = (name.rpartition("-")[2] for name in self._remains.sent)
        highest = max((int(one) for one in numbers if one.isdecimal()), default=0)
        cleared = await self._broker.clear(self._since, highest)
        if cleared is None:
            return
        self._remains.sent |= set(cleared.sent)
        for symbol, units in cleared.held.items():
            known = self._held.get(symbol, 0.0)
            if abs(units - known) > CRUMB * max(1.0, abs(units)):
                self._say([
                    f"{symbol}: by its orders at {self._broker.name} the session holds {units:g} "
                    f"units, its log says {known:g}"
                ])  # fmt: skip
            self._held[symbol] = units

    def _sold(self, symbol: str) -> tuple[float, float]:
        """Return the units that can be sold or bought to have none, and a sign: those held."""
        units, rules = self._held.get(symbol, 0.0), self._rules.get(symbol, Rules())
        sign = 1.0 if units > 0 else -1.0
        quantity = whole(rules, abs(units))
        price = self._remains.prices.get(symbol)
        if quantity <= CRUMB or small(rules, quantity, price) is not None:
            return 0.0, sign
        return quantity, sign

    def _place(self) -> set[str]:
        """Order what closes each symbol; return the client order ids."""
        placed = set()
        for symbol in sorted(self._held):
            quantity, sign = self._sold(symbol)
            if not quantity:
                continue
            self._number += 1
            while f"{self._remains.session}-K{self._number}" in self._remains.sent:
                self._number += 1
            name = f"{self._remains.session}-K{self._number}"
            placed.add(name)
            side: OrderSide = "sell" if sign > 0 else "buy"
            place = Place(name, symbol, side, "market", quantity, None, True, self._now())
            self._places[name] = place
            self._closing.setdefault(symbol, []).append(name)
            self._broker.send(place)
        return placed

    async def _hear(self) -> None:
        # In a task of its own: waiting for a report with a bound would end the broker's reports.
        async for told in self._broker.reports():
            for word in (one for one in told if isinstance(one, Reconciled)):
                self._say(word.differences)
            self._take([one for one in told if isinstance(one, Report)])
            self._heard.set()

    async def _until(self, names: set[str]) -> None:
        """Wait until orders are final, or the patience is at its end."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._patience):
                while any(not self._final(name) for name in names):
                    self._heard.clear()
                    await self._heard.wait()

    def _final(self, name: str) -> bool:
        known = self._last.get(name)
        return known is not None and known.status in FINAL_ORDER_STATUSES

    def _take(self, reports: Sequence[Report]) -> None:
        for report in reports:
            name = report.client_order_id
            place = self._places.get(name)
            if place is None or self._final(name):
                continue
            self._last[name] = report
            sign = 1.0 if place.side == "buy" else -1.0
            more = report.filled - self._filled.get(name, 0.0)
            if more > 0.0:
                held = self._held.get(place.symbol, 0.0) + sign * more
                self._held[place.symbol] = held
                self._filled[name] = report.filled
            for message in self._winding.reported(report):
                self._tell(message)

    def _tell_closed(self) -> None:
        """Tell of the positions that are closed: each has its part of what closed its symbol."""
        prices = self._winding.at_last_prices()
        deals, clients = {}, {}
        for name, one in self._remains.positions.items():
            names = self._closing.get(one.symbol, [])
            fills = [self._last[each] for each in names if each in self._last]
            fills = [each for each in fills if each.average_price is not None and each.filled > 0.0]
            units = sum(each.filled for each in fills)
            left = self._sold(one.symbol)[0]
            if not fills and left:
                continue
            # What was closed there before, by an order that nobody knew of, has the last price.
            price, fees = prices[name].price, 0.0
            if fills:
                price = sum(each.filled * (each.average_price or 0.0) for each in fills) / units
                fees = sum(each.fees for each in fills)
                clients[name] = names[-1]
            whole_of = sum(
                each.quantity for each in self._remains.positions.values()
                if each.symbol == one.symbol
            )  # fmt: skip
            share = one.quantity / whole_of
            part = one.quantity if not left else min(one.quantity, units * share)
            deals[name] = Deal(price, part, fees * share)
        for message in self._winding.closed(deals, clients):
            self._tell(message)

    def _say(self, differences: Iterable[str]) -> None:
        for text in differences:
            self._tell(self._winding.differs(text))
