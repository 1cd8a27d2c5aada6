"""A broker that keeps its own ledger, and loses what is on its way when its process dies."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

from workbench.trading.brokering import Agreement, Cancel, Command, Open, Place, Report, Rules


class LedgerBroker:
    """Fills what it takes in; the ledger is a file, a line an order, that outlives the process.

    What is sent is taken in one turn of the loop later, and reported another one later, so that
    a process can die before, between and after.
    """

    name = "ledger"

    def __init__(self, path: Path) -> None:
        self._path = path
        self._sent: asyncio.Queue[Command] = asyncio.Queue()
        self._told: asyncio.Queue[list[Report]] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None
        self.reconciled: list[Open] = []

    def ledger(self) -> dict[str, float]:
        """What was filled of each order, by client order id; one that came twice is an error."""
        if not self._path.exists():
            return {}
        rows = [json.loads(line) for line in self._path.read_text().splitlines()]
        assert len({row[0] for row in rows}) == len(rows), "an order came twice"
        return {name: units if side == "buy" else -units for name, side, units in rows}

    async def start(self, symbols: Sequence[str]) -> Mapping[str, Rules]:
        self._task = asyncio.create_task(self._work())
        return {symbol: Rules() for symbol in symbols}

    async def reconcile(self, orders: Sequence[Open], positions: Mapping[str, float]) -> Agreement:
        self.reconciled = list(orders)
        known = self.ledger()
        reports = []
        for order in orders:
            place = order.place
            found = known.get(place.client_order_id)
            if found is None:
                facts = ("rejected", 0.0, None, 0.0, 0, None, "not_sent")
                reports.append(Report(0, place.symbol, place.client_order_id, *facts))
            else:
                reports.append(self._report(place.symbol, place.client_order_id, place.quantity))
        return Agreement(reports, [])

    def send(self, command: Command) -> None:
        self._sent.put_nowait(command)

    async def reports(self) -> AsyncIterator[Sequence[Report]]:
        while True:
            yield await self._told.get()

    async def clear(self, since: int, highest: int) -> None:
        """Its orders are known by what was told of them alone."""

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _work(self) -> None:
        while True:
            command = await self._sent.get()
            await asyncio.sleep(0)
            if isinstance(command, Cancel):
                continue
            assert isinstance(command, Place)
            self.enter(command)
            await asyncio.sleep(0)
            report = self._report(command.symbol, command.client_order_id, command.quantity)
            self._told.put_nowait([report])

    def enter(self, place: Place) -> None:
        """Write an order into the ledger."""
        assert place.client_order_id not in self.ledger()
        with self._path.open("a") as file:
            file.write(json.dumps([place.client_order_id, place.side, place.quantity]) + "\n")

    def _report(self, symbol: str, name: str, quantity: float) -> Report:
        return Report(0, symbol, name, "filled", quantity, 1.0, 0.0, 0)
