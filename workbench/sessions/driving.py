"""What drives a session: prices, commands, reports and time, as they come."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from workbench.errors import InvalidRequest, NotAllowed, StorageFull, WorkbenchError
from workbench.runs.failing import clean
from workbench.runs.publishing import Command
from workbench.sessions.accounts import Accounts
from workbench.sessions.mapping import asked_of, inputs_of
from workbench.sessions.merging import Merging
from workbench.sessions.room import written
from workbench.sessions.running import Running
from workbench.trading.brokering import Broker
from workbench.trading.inputs import Away, Clock, Input, Reconciled, Word

log = logging.getLogger("workbench.session")

LOOK_S = 0.25
"""How often the account's book is read and written."""
CLOCK_MS = 1000
FIRST, MOST = 64, 2048
QUICK_S, SLOW_S = 0.02, 0.1
"""A command waits for what is being taken: that is kept short, whatever the strategy costs."""
RETRY_S = (1.0, 60.0)


class Driver:
    """Hands a session what comes, until it ends or is to end.

    Parameters
    ----------
    running
        The session and its journal; begun, or come back.
    market
        Its prices.
    changed
        Set by `market` when there is something.
    broker
        None for paper.
    accounts
        The book of its account.
    watched
        Whether limits of the account are to be held, so that the others matter.
    real_time
        Whether prices go by the clock.
    home
        The state folder: without it the session ends.
    now, clock
        Epoch ms, and seconds of a clock that never jumps.

    Attributes
    ----------
    leaving
        Set when nobody takes what the session tells any more, or its state folder is gone.
    """

    def __init__(
        self,
        running: Running,
        market: Merging,
        changed: asyncio.Event,
        broker: Broker | None,
        accounts: Accounts,
        *,
        watched: bool,
        real_time: bool,
        home: Path,
        now: Callable[[], int],
        clock: Callable[[], float],
    ) -> None:
        self._running, self._market, self._changed = running, market, changed
        self._broker, self._accounts, self._watched = broker, accounts, watched
        self._real_time, self._home = real_time, home
        self._now, self._clock = now, clock
        self._urgent: list[Input] = []
        self._asked = 0
        self._room = FIRST
        self._looked = -1.0
        self._heard = now()
        self.leaving = False

    def ask(self, command: Command) -> None:
        """Take a command; those that were taken before the process began are passed over."""
        # Without a number: it could not be put into the log, and is meant now.
        if not command.seq or command.seq > max(self._asked, self._running.standing.obeyed):
            self._asked = max(self._asked, command.seq)
            self._urgent.append(asked_of(command, self._now()))
            self._changed.set()

    def leave(self) -> None:
        """Have it end without a word."""
        self.leaving = True
        self._changed.set()

    async def run(self) -> None:
        """Drive the session until it ends."""
        reports = None if self._broker is None else asyncio.create_task(self._report(self._broker))
        self._market.start()
        try:
            while not (self._running.session.ended or self.leaving):
                self._changed.clear()
                given = self._gather()
                if given:
                    await self._take(given)
                    # The sources, the broker and commands are to have their turn.
                    await asyncio.sleep(0)
                else:
                    self._running.consider()
                    self._market.check()
                    await self._rest()
            self._look()
        finally:
            if reports is not None:
                reports.cancel()
                await asyncio.gather(reports, return_exceptions=True)
            await self._market.close()

    async def back(self) -> None:
        """Have a session whose process was gone say so, where its market has gone on meanwhile."""
        since = self._running.standing.heard
        if self._real_time and since:
            await self._take([Away(self._now(), since)])

    async def agree(self, symbols: Sequence[str], *, resumed: bool) -> None:
        """Compare with the broker before anything new is sent to it; tell what differs.

        Raises
        ------
        WorkbenchError
            It does not allow the session what it does.
        """
        if self._broker is None:
            return
        wait = RETRY_S[0]
        while not self.leaving:
            try:
                if resumed:
                    await self._broker.start(symbols)
                session = self._running.session
                agreed = await self._broker.reconcile(session.orders_open(), session.held())
                break
            except (InvalidRequest, NotAllowed):
                raise
            except WorkbenchError as error:
                text = clean(f"The broker cannot be asked: {error.message}; again in {wait:.0f} s")
                await self._take([Word(self._now(), symbols[0], "reconnecting", text, error.code)])
                await asyncio.sleep(wait)
                wait = min(2 * wait, RETRY_S[1])
        else:
            return
        told: list[Input] = list(agreed.reports)
        if resumed or agreed.differences:
            told.append(Reconciled(self._now(), list(agreed.differences)))
        self._running.standing.settled(self._running.session.orders_open())
        unheard = self._running.standing.unheard()
        self._running.commands[:0] = unheard
        await self._take(told)

    # --- inside -------------------------------------------------------------------------

    def _gather(self) -> list[Input]:
        """Return what is there: first what is asked and reported, then prices."""
        if self._clock() - self._looked >= LOOK_S:
            self._look()
        given, self._urgent = self._urgent, []
        if not self._running.standing.paused:
            items = self._market.take(self._room)
            given += inputs_of(items, self._now())
        if not given and self._real_time and self._now() - self._heard >= CLOCK_MS:
            given = [Clock(self._now())]
        return given

    async def _take(self, given: Sequence[Input]) -> None:
        self._heard = self._now()
        began = self._clock()
        if given and not await self._written(lambda: self._running.take(given)):
            return
        self._market.done()
        await self._send()
        self._running.consider()
        took = self._clock() - began
        if took > SLOW_S:
            self._room = max(1, self._room // 2)
        elif took < QUICK_S:
            self._room = min(MOST, self._room * 2)

    async def _written(self, write: Callable[[], None]) -> bool:
        """Write, once there is room; tell whether it goes on."""
        waited = await written(write, lambda: not self._over(), self._clock)
        if waited:
            # Told with what comes next: by itself it could not be written either.
            text = clean(waited)
            self._urgent.append(
                Word(self._now(), self._running.symbol, "live", text, StorageFull.code)
            )
        return not self.leaving

    def _over(self) -> bool:
        """Tell whether it is to end without a word."""
        self.leaving = self.leaving or not self._home.is_dir()
        return self.leaving

    async def _send(self) -> None:
        commands, self._running.commands = self._running.commands, []
        if self._broker is None or not commands:
            return
        # First what is meant to be done, for good, and then the doing.
        if not await self._written(self._running.settle):
            return
        for command in commands:
            self._broker.send(command)

    def _look(self) -> None:
        self._looked = self._clock()
        if not self._home.is_dir():
            log.warning("the state folder is gone: the session ends")
            self.leaving = True
            return
        self._accounts.write(self._running.session.own())
        others = self._accounts.others(self._now()) if self._watched else None
        if others is not None:
            self._urgent.append(others)

    async def _rest(self) -> None:
        """Wait for something to come, but not longer than until it is time to look."""
        try:
            async with asyncio.timeout(LOOK_S):
                await self._changed.wait()
        except TimeoutError:
            pass

    async def _report(self, broker: Broker) -> None:
        async for reports in broker.reports():
            self._urgent += reports
            self._changed.set()
