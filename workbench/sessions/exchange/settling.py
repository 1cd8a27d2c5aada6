"""What is new of orders: their trades are fetched, each order's by itself, and reported."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from workbench.data.exchange.trouble import UNREACHABLE, pause
from workbench.sessions.exchange import asking
from workbench.sessions.exchange.sending import Line
from workbench.sessions.exchange.tracking import Tracked
from workbench.trading.brokering import Report

TRIES = 4
"""How often the trades of an order are asked for, with an answer, before its own word counts."""

SILENT = 16
"""The same where there may be no answer: about ten minutes."""

AT_ONCE = 8
"""So many requests may be on their way; those that wait for their next try are not counted."""


class Settling:
    """Has orders looked at, none of which waits for another.

    Parameters
    ----------
    out
        Takes what is to be reported.
    over
        Called with an order whose end has been reported.
    """

    def __init__(
        self, line: Line, out: Callable[[list[Report]], None], over: Callable[[Tracked], None]
    ) -> None:
        self._line, self._out, self._over = line, out, over
        self._room = asyncio.Semaphore(AT_ONCE)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()

    def look(self, tracked: Tracked) -> None:
        """Have an order looked at, once more if that is just being done."""
        name = tracked.place.client_order_id
        self._again.add(name)
        if name not in self._tasks:
            self._tasks[name] = asyncio.create_task(self._work(tracked))

    async def settle(self, tracked: Tracked) -> list[Report]:
        """Return what is to be reported of an order, after its trades have been fetched."""
        missing = 0
        for tries in range(SILENT):
            wait = None
            try:
                async with self._room:
                    await self._fetch(tracked)
                if not tracked.lacks():
                    break
                missing += 1
            except Exception as error:
                outcome = self._line.outcome(error)
                wait = outcome.wait
                missing += outcome.known != "busy" and outcome.code not in UNREACHABLE
            if missing >= TRIES:
                break
            await self._line.sleep(pause(tries, wait))
        if tracked.lacks():
            tracked.believe()
        reports = tracked.reports(self._line.now())
        if tracked.final:
            self._over(tracked)
        return reports

    async def close(self) -> None:
        """Look at nothing any more."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._tasks.clear()

    async def _work(self, tracked: Tracked) -> None:
        name = tracked.place.client_order_id
        try:
            while name in self._again:
                self._again.discard(name)
                reports = await self.settle(tracked)
                if reports:
                    self._out(reports)
        finally:
            self._tasks.pop(name, None)

    async def _fetch(self, tracked: Tracked) -> None:
        if tracked.asked and tracked.ended is None:
            found = await asking.find(self._line.exchange, tracked)
            if found is not None:
                tracked.saw(found)
        tracked.asked = False
        if tracked.lacks():
            for trade in await asking.trades(self._line.exchange, tracked):
                tracked.saw_trade(trade)
