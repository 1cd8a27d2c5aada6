"""Taking orders back and closing positions at a venue, for a session that cannot do it itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress

from workbench.errors import WorkerLost
from workbench.messages import FINAL_ORDER_STATUSES, Message, OrderSide
from workbench.sessions.remains import Remains
from workbench.sessions.winding import Deal, Winding
from workbench.trading.brokering import Broker, Cancel, Found, Place, Report, Rules
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
        self._number = 0
        self._places = {one.place.client_order_id: one.place for one in remains.open()}
        self._last: dict[str, Report] = {}
        self._used = set(remains.names)
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
        await self._learn()
        for _ in range(ROUNDS):
            placed = self._place()
            if not placed:
                break
            await self._until(placed)
            for name in sorted(placed):
                self._filled(name)
            if any(not self._final(name) for name in placed):
                break
        self._tell_rest()
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
        self._tell_all(self._winding.cancelled())

    async def _learn(self) -> None:
        """Let the venue say what was filled and is held: the log may lack what was done last."""
        numbers = (name.rpartition("-")[2] for name in self._used)
        highest = max((int(one) for one in numbers if one.isdecimal()), default=0)
        cleared = await self._broker.clear(self._since, highest)
        found = {name: Found(self._places[name], last) for name, last in self._last.items()}
        if cleared is not None:
            found |= {one.place.client_order_id: one for one in cleared.orders}
        self._used |= found.keys()
        self._tell_all(self._winding.found(list(found.values())))
        self._held = self._remains.held()
        if cleared is None:
            return
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
            while f"{self._remains.session}-K{self._number}" in self._used:
                self._number += 1
            name = f"{self._remains.session}-K{self._number}"
            placed.add(name)
            side: OrderSide = "sell" if sign > 0 else "buy"
            place = Place(name, symbol, side, "market", quantity, None, True, self._now())
            self._places[name] = place
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

    def _filled(self, name: str) -> None:
        """Tell what an order has closed: of each position of its symbol the same part."""
        place, last = self._places[name], self._last.get(name)
        if last is None or last.filled <= 0.0:
            return
        sign = 1.0 if place.side == "buy" else -1.0
        there = self._held.get(place.symbol, 0.0) + sign * last.filled
        self._held[place.symbol] = there
        some = [one for one in self._remains.positions.values() if one.symbol == place.symbol]
        net = abs(self._remains.held().get(place.symbol, 0.0))
        part = 1.0
        if self._sold(place.symbol)[0]:
            part = min(1.0, last.filled / net) if net else 0.0
        whole_of = sum(one.quantity for one in some)
        # A venue that does not say at which price has sold them all the same.
        price, seen = last.average_price, self._remains.prices.get(place.symbol)
        deals = {
            one.position_id: Deal(
                (one.price if seen is None else seen) if price is None else price,
                one.quantity * part,
                last.fees * one.quantity / whole_of,
            )
            for one in some
        }
        self._tell_all(self._winding.closed(deals, dict.fromkeys(deals, name)))

    def _tell_rest(self) -> None:
        """Tell of what nothing can be sold of any more, at the last price, without a fee."""
        deals = {
            name: Deal(deal.price, deal.quantity, 0.0)
            for name, deal in self._winding.at_last_prices().items()
            if not self._sold(self._remains.positions[name].symbol)[0]
        }
        self._tell_all(self._winding.closed(deals))

    def _say(self, differences: Iterable[str]) -> None:
        self._tell_all(self._winding.differs(text) for text in differences)

    def _tell_all(self, messages: Iterable[Message]) -> None:
        for message in messages:
            self._tell(message)
