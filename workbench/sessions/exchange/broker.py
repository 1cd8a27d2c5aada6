"""The broker that has orders carried out by an exchange, through ccxt."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from workbench.data.exchange.answers import load_markets
from workbench.data.exchange.connecting import find_market
from workbench.data.exchange.trouble import pause
from workbench.errors import BrokerError, WorkbenchError
from workbench.sessions.exchange import asking, clearing, comparing
from workbench.sessions.exchange.clock import Clock, off
from workbench.sessions.exchange.habits import their_id
from workbench.sessions.exchange.keys import Keys
from workbench.sessions.exchange.markets import rules_of
from workbench.sessions.exchange.sending import SETTLED, Line, send, take_back
from workbench.sessions.exchange.settling import Settling
from workbench.sessions.exchange.tracking import Tracked
from workbench.trading.brokering import (
    Agreement,
    Cleared,
    Command,
    Found,
    Open,
    Place,
    Report,
    Rules,
)
from workbench.trading.inputs import Reconciled

POLL = 2.0
"""Seconds between two looks at open orders, where the exchange does not tell of them itself."""

SWEEP = 15.0
"""The same where it does: what it forgot to tell."""

TRIES = 4
"""How often an exchange is asked at the start."""


def _now() -> int:
    return time.time_ns() // 1_000_000


class ExchangeBroker:
    """See `workbench.trading.brokering.Broker`.

    Commands of a symbol are carried out one after the other, each until its outcome is known.
    Everything else that is heard (answers, the exchange's stream, what is fetched) only says which
    orders to look at: `Settling` fetches their trades and reports.

    Parameters
    ----------
    exchange
        Of ccxt, with keys, from `opening.open_account`.
    keys
        To keep them out of every message.
    market
        What the session's one symbol is called there, where it is another name.
    """

    def __init__(
        self,
        exchange: Any,
        keys: Keys,
        session_id: str,
        market: str | None = None,
        *,
        now: Callable[[], int] = _now,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        settled: int = SETTLED,
        poll: float | None = None,
    ) -> None:
        self.name = str(exchange.id)
        self._exchange = exchange
        self._session = session_id
        self._market = market
        self._sleep = sleep
        self._line = Line(exchange, keys, now, sleep, self._changed, settled)
        self._streams = bool(exchange.has.get("watchOrders"))
        self._poll = poll or (SWEEP if self._streams else POLL)
        self._markets: dict[str, dict[str, Any]] = {}
        self._orders: dict[str, Tracked] = {}
        self._sent: set[str] = set()
        self._queues: dict[str, asyncio.Queue[Command]] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._out: asyncio.Queue[Sequence[Report | Reconciled]] = asyncio.Queue()
        self._settling = Settling(self._line, self._out.put_nowait, self._over)
        self._clock = Clock(exchange, self._drifted, now)

    def __repr__(self) -> str:
        return f"ExchangeBroker({self.name}, {self._session})"

    async def start(self, symbols: Sequence[str]) -> Mapping[str, Rules]:
        """See `Broker.start`."""
        for tries in range(TRIES):
            try:
                await self._open(symbols)
                break
            except WorkbenchError:
                raise
            except Exception as error:
                outcome = self._line.outcome(error)
            if outcome.known == "refused" or tries == TRIES - 1:
                # Outside of the handler: what ccxt raised carries signed addresses.
                msg = f"No orders at {self.name}: {outcome.message}"
                raise BrokerError(msg, trouble=outcome.code)
            await self._sleep(pause(tries, outcome.wait))
        for symbol in symbols:
            self._queues[symbol] = asyncio.Queue()
            self._begin(self._work(symbol))
        self._begin(self._sweeping())
        if self._streams:
            self._begin(self._watch())
        return {name: rules_of(self._exchange, one) for name, one in self._markets.items()}

    async def _open(self, symbols: Sequence[str]) -> None:
        """Find the markets, and see that the account is right."""
        await load_markets(self._exchange)
        for symbol in symbols:
            market = find_market(self._exchange, symbol, self._market)
            self._markets[symbol] = self._exchange.market(market)
            await asking.positions(self._exchange, self._markets[symbol])

    async def reconcile(self, orders: Sequence[Open], positions: Mapping[str, float]) -> Agreement:
        """See `Broker.reconcile`."""
        tracked = []
        for one in orders:
            known = self._orders.get(one.place.client_order_id) or self._track(one.place)
            known.accepted = known.accepted or one.acknowledged
            known.told = max(known.told, one.filled)
            tracked.append(known)
        words = await comparing.compare(self._line, tracked, self._session, self._markets)
        reports: list[Report] = []
        for known in tracked:
            before = known.told
            told = await self._settling.settle(known)
            words += comparing.told(known, before, told)
            reports += told
        words += await comparing.holdings(self._line, self._markets, positions)
        return Agreement(reports, words)

    def send(self, command: Command) -> None:
        """See `Broker.send`."""
        self._queues[command.symbol].put_nowait(command)

    async def reports(self) -> AsyncIterator[Sequence[Report | Reconciled]]:
        """See `Broker.reports`."""
        while True:
            yield await self._out.get()

    async def clear(self, since: int, highest: int) -> Cleared | None:
        """See `Broker.clear`."""
        held: dict[str, float] = {}
        orders: list[Found] = []
        for symbol, market in self._markets.items():
            try:
                found = await clearing.clear(
                    self._line, symbol, market, self._session, since, highest
                )
            except BrokerError:
                return None
            held[symbol] = clearing.units(found)
            orders += [Found(one.place, one.last(self._line.now())) for one in found]
        return Cleared(held, orders)

    async def close(self) -> None:
        """See `Broker.close`."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
        await self._settling.close()
        with suppress(Exception):
            await self._exchange.close()

    def _begin(self, work: Any) -> None:
        self._tasks.append(asyncio.create_task(work))

    def _track(self, place: Place) -> Tracked:
        name = place.client_order_id
        made = Tracked(place, their_id(self.name, name), self._markets[place.symbol])
        self._orders[name] = made
        self._sent.add(name)
        return made

    def _over(self, tracked: Tracked) -> None:
        self._orders.pop(tracked.place.client_order_id, None)

    def _drifted(self) -> None:
        text = (
            f"{self.name} refused a request for its time: this computer's clock differs from the "
            "exchange's, which counts from now on"
        )
        self._out.put_nowait([Reconciled(self._line.now(), [text])])

    def _changed(self, tracked: Tracked) -> None:
        self._settling.look(tracked)

    async def _work(self, symbol: str) -> None:
        """Carry out the commands of a symbol."""
        queue = self._queues[symbol]
        while True:
            command = await queue.get()
            known = self._orders.get(command.client_order_id)
            if isinstance(command, Place):
                # One that was sent before, perhaps by another process, is not sent again.
                if command.client_order_id not in self._sent:
                    await send(self._line, self._track(command))
            elif known is not None:
                await take_back(self._line, known)

    async def _watch(self) -> None:
        """Listen to what the exchange tells of orders by itself."""
        tries = 0
        while True:
            try:
                for order in await self._exchange.watch_orders():
                    self._heard(order)
                tries = 0
            except Exception as error:
                wait = self._line.outcome(error).wait
                if off(error):
                    await self._clock.set()
                await self._sleep(pause(tries, wait))
                tries += 1
                self._look()

    def _heard(self, order: dict[str, Any]) -> None:
        name = order.get("clientOrderId")
        for known in self._orders.values():
            if name == known.their_id or order.get("id") == known.exchange_id is not None:
                known.saw(order)
                self._changed(known)

    async def _sweeping(self) -> None:
        while True:
            await self._sleep(self._poll)
            self._look()

    def _look(self) -> None:
        """Have all open orders looked at."""
        for known in self._orders.values():
            if known.acknowledged and known.ended is None:
                known.asked = True
                self._changed(known)
