"""Taking orders back and closing positions at a venue, for a session that cannot do it itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress

from workbench.errors import WorkerLost
from workbench.messages import FINAL_ORDER_STATUSES, Message, OrderSide
from workbench.sessions.remains import Remains
from workbench.sessions.winding import Deal, Winding
from workbench.trading.brokering import Broker, Cancel, Place, Report

CRUMB = 1e-9


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
        Seconds the venue has for taking back, and for closing.
    """

    def __init__(
        self,
        broker: Broker,
        remains: Remains,
        winding: Winding,
        tell: Callable[[Message], None],
        now: Callable[[], int],
        patience: float,
    ) -> None:
        self._broker, self._remains, self._winding = broker, remains, winding
        self._tell, self._now, self._patience = tell, now, patience
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
        await self._broker.start(symbols)
        agreed = await self._broker.reconcile(self._remains.open(), self._remains.held())
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
        placed = self._place()
        await self._until(set(placed.values()))
        self._tell_all(self._deals(placed), placed)
        left = {symbol: units for symbol, units in self._held.items() if abs(units) > CRUMB}
        if stuck or left:
            msg = (
                f"Session {self._remains.session} could not be closed at {self._broker.name}: "
                f"orders {stuck} are not known to be taken back, {left} units are still held. "
                "Look after them there"
            )
            raise WorkerLost(msg, orders=stuck, held=left)
        for message in self._winding.cancelled():
            self._tell(message)

    def _place(self) -> dict[str, str]:
        """Order what closes each symbol; return the client order ids by symbol."""
        placed = {}
        number = 0
        for symbol, units in sorted(self._held.items()):
            if abs(units) <= CRUMB:
                continue
            number += 1
            while f"{self._remains.session}-K{number}" in self._remains.sent:
                number += 1
            name = placed[symbol] = f"{self._remains.session}-K{number}"
            side: OrderSide = "sell" if units > 0 else "buy"
            place = Place(name, symbol, side, "market", abs(units), None, True, self._now())
            self._places[name] = place
            self._broker.send(place)
        return placed

    async def _hear(self) -> None:
        # In a task of its own: waiting for a report with a bound would end the broker's reports.
        async for reports in self._broker.reports():
            self._take(reports)
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

    def _deals(self, placed: dict[str, str]) -> dict[str, Deal]:
        """Give each position its part of what closed its symbol."""
        deals = {}
        for name, one in self._remains.positions.items():
            report = self._last.get(placed.get(one.symbol, ""))
            if report is None or report.average_price is None or report.filled <= 0.0:
                continue
            units = self._remains.held()[one.symbol]
            whole = abs(units) or one.quantity
            part = min(1.0, report.filled / whole)
            fee = report.fees * one.quantity / whole
            deals[name] = Deal(report.average_price, one.quantity * part, fee)
        return deals

    def _tell_all(self, deals: dict[str, Deal], placed: dict[str, str]) -> None:
        clients = {
            name: placed[self._remains.positions[name].symbol]
            for name in deals
        }  # fmt: skip
        for message in self._winding.closed(deals, clients):
            self._tell(message)
