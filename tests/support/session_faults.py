"""A paper session and one at the fake exchange, killed at random moments, as is their server."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import socket
import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from typing import Any, NamedTuple

import msgspec
from broker_process import BrokerProcess
from churner import Churner
from exchange_books import check, of
from exchange_nursery import KEY, SECRET
from readers import Journal, read_to_the_end
from server_process import TOKEN, ServerProcess
from session_stories import Story, check_copies, check_orders, check_same

from workbench.client.discovery import Server
from workbench.client.live_asking import request_body
from workbench.runs import servers
from workbench.runs.reading import open_folder

SYMBOL = "BTC-USD"
PAPER = {
    "symbols": ["EUR-USD"],
    "timeframes": ["1H"],
    "strategy_ids": ["sma_cross"],
    "strategy_params": {"fast": 3, "slow": 8},
    "history": 30,
}
KINDS = {"process": 4, "server": 3, "both": 3}
"""How often what is killed, in parts of all."""
AWAY_S = 2.0
"""So long at most a server stays away."""
LEAST = 4
"""Orders are filled before the session at the exchange is stopped."""
PATIENCE_S = 180.0
FINAL = ("complete", "stopped", "error")
ENVIRONMENT = {"WORKBENCH_BINANCE_MAIN_KEY": KEY, "WORKBENCH_BINANCE_MAIN_SECRET": SECRET}


class Report(NamedTuple):
    """What happened.

    Attributes
    ----------
    paper, trader, servers
        How often the process of the paper session was killed, that of the other, and the server.
    moments
        How many kills there were; at some of them two died.
    orders, filled
        Of both sessions, and those of them that the ledger of the exchange has filled.
    messages
        In the logs of both.
    seconds
        How long it took.
    """

    paper: int
    trader: int
    servers: int
    moments: int
    orders: int
    filled: int
    messages: int
    seconds: float


class Prices(Journal):
    """A reader of a session's stream; the fake exchange trades at the prices it reads."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self._door = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._port = port

    def take(self, payloads: list[bytes]) -> None:
        super().take(payloads)
        for payload in payloads:
            if b'"type":"candle"' in payload:
                price = msgspec.json.decode(payload)["data"]["close"]
                told = json.dumps([SYMBOL.replace("-", ""), round(price, 2)]).encode()
                self._door.sendto(told, ("127.0.0.1", self._port))

    def close(self) -> None:
        self._door.close()


class Killing:
    """Kills a server and the processes of its sessions; has the server come back."""

    def __init__(self, process: ServerProcess, draw: random.Random) -> None:
        self.process, self._draw = process, draw
        self.processes: dict[str, int] = {}
        self.servers = 0
        self._back: asyncio.Task[Server] | None = None

    async def server(self) -> Server:
        """Return the server, once it is there."""
        if self._back is None:
            self._back = asyncio.ensure_future(asyncio.to_thread(self.process.start))
        return await self._back

    async def kill(self, kind: str, session: str) -> None:
        """Kill a session's process, the server, or both at once."""
        if kind != "process":
            await self.server()
        pid = None
        if kind != "server":
            pid = await self._process_of(session)
        if kind != "process":
            self.process.kill()
            self.servers += 1
            self._back = asyncio.ensure_future(self._return(self._draw.uniform(0.0, AWAY_S)))
        if pid is not None:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                self.processes[session] = self.processes.get(session, 0) + 1

    async def _return(self, after: float) -> Server:
        await asyncio.sleep(after)
        return await asyncio.to_thread(self.process.start, self.process.port)

    async def _process_of(self, session: str) -> int | None:
        """Return the process of a session, as soon as it has one; None once it has ended."""
        while True:
            status, pid, started = row(self.process, session)
            if status in FINAL:
                return None
            if pid is not None and servers.alive(pid, started):
                return pid
            await asyncio.sleep(0.01)


def row(process: ServerProcess, session: str) -> tuple[str, int | None, float]:
    """Return status, process id and its start of a session."""
    address = f"{(process.home / 'workbench.db').as_uri()}?mode=ro"
    with closing(sqlite3.connect(address, uri=True, timeout=30.0)) as tx:
        found = tx.execute("SELECT status, pid, pid_start FROM runs WHERE id = ?", (session,))
        status, pid, started = found.fetchone()
        return status, pid, started


def care(process: ServerProcess, session: str) -> str | None:
    """Return why a session is closed by force; None where it is not."""
    with closing(open_folder(process.home)) as service:
        return service.live.care(session).closing


def allow(process: ServerProcess, fake: BrokerProcess) -> None:
    """Have a server that is not started yet send orders to the fake exchange."""
    orders = {"binance": {"sandbox:main": {"redirect": fake.host, "enableRateLimit": False}}}
    config = process.home / "config" / "jupyter_server_config.json"
    config.parent.mkdir(parents=True)
    config.write_text(json.dumps({"WorkbenchApp": {"live_orders": orders}}))


async def run_session_faults(
    process: ServerProcess,
    fake: BrokerProcess,
    kills: int,
    seed: int,
    *,
    until: str,
    pace: float,
    wait: float,
) -> Report:
    """Run both sessions, kill them and their server so often, and hold all there is against it.

    Parameters
    ----------
    process
        The server, not started yet and allowed to trade (`allow`), with `ENVIRONMENT`.
    fake
        The exchange.
    kills
        Moments at which something is killed.
    seed
        Of what is killed when.
    until, pace
        The day in 2017 to which the paper session trades, from the first of March, and how many
        candles of an hour it is given a second.
    wait
        Seconds at most from a kill to the next.

    Raises
    ------
    AssertionError
        Something was lost, doubled, or is otherwise than without the kills.
    """
    began = time.monotonic()
    draw = random.Random(seed)
    killing = Killing(process, draw)
    server = await killing.server()
    feed = {"feed": "replay", "start": "2017-03-01", "end": until}
    journals = {"live-trading": Journal()}
    reading = [read(process, "live-trading", journals["live-trading"])]
    await come(lambda: journals["live-trading"].connections, "a reader of all sessions", reading)
    undisturbed = await begin(server, {**PAPER, "feed": feed})
    await over(process, undisturbed)
    paper = await begin(server, {**PAPER, "feed": {**feed, "speed": pace}})
    trader = await begin(server, trader_body(seed))
    journals |= {paper: Journal(), trader: Prices(fake.prices)}
    reading += [read(process, f"backtest/{one}", journals[one]) for one in (paper, trader)]
    try:
        await come(lambda: all(one.seq for one in journals.values()), "first messages", reading)
        for number in range(kills):
            await asyncio.sleep(draw.uniform(0.0, wait))
            going = [one for one in (paper, trader) if row(process, one)[0] not in FINAL]
            await killing.kill(
                draw.choices([*KINDS], [*KINDS.values()])[0], going[number % len(going)]
            )
        server = await killing.server()
        await over(process, paper)
        await come(lambda: filled(fake, trader) >= LEAST, "trades at the exchange", reading)
        await asyncio.to_thread(server.rest.post, f"api/live-trading/{trader}/stop", {})
        await over(process, trader)
        await asyncio.gather(*reading[1:])
        stories = {one: Story(process.home, one) for one in (*journals, undisturbed)}
        common = stories["live-trading"]
        await come(lambda: journals["live-trading"].eseq >= common.eseq, "the last event", reading)
    finally:
        for task in reading:
            task.cancel()
        await asyncio.gather(*reading, return_exceptions=True)
        journals[trader].close()

    for name, journal in journals.items():
        assert journal.faults == [], (name, journal.faults[:3])
        assert journal.digest.hexdigest() == stories[name].digest, f"the reader of {name}"
    check_same(stories[paper], stories[undisturbed])
    check_state(server, paper, undisturbed)
    check_copies(common, [stories[one] for one in (undisturbed, paper, trader)])
    orders = check_orders(stories[paper]) + check_orders(stories[trader])
    ledger = fake.ledger()
    for one in (paper, trader):
        assert care(process, one) is None, f"{one} was closed by force"
    check(stories[trader].messages, ledger, trader)
    return Report(
        killing.processes.get(paper, 0), killing.processes.get(trader, 0), killing.servers, kills,
        orders, filled(fake, trader),
        len(stories[paper].messages) + len(stories[trader].messages), time.monotonic() - began,
    )  # fmt: skip


def filled(fake: BrokerProcess, session: str) -> int:
    """Return how many orders of a session the ledger of the exchange has filled."""
    return sum(one["filled"] > 0 for one in of(fake.ledger(), session))


def check_state(server: Server, session: str, undisturbed: str) -> None:
    """Assert that what the server says holds of two sessions is the same."""
    found = []
    for one in (session, undisturbed):
        reply = server.rest.get(f"api/live-trading/{one}")
        facts = {
            name: reply[name] for name in ("status", "positions", "open_orders", "risk", "pnl")
        }
        found.append(json.dumps(facts, sort_keys=True).replace(one, "SESSION"))
    assert found[0] == found[1]


def trader_body(seed: int) -> dict[str, Any]:
    """Return what is asked of the session at the exchange."""
    feed = {"feed": "synthetic", "speed": "150x", "seed": seed}
    options = {"seed": seed, "history": 30, "account": "main"}
    return request_body(Churner, [SYMBOL], ["1M"], "binance", feed, options)


async def begin(server: Server, body: dict[str, Any]) -> str:
    """Start a session; return its name."""
    reply = await asyncio.to_thread(server.rest.post, "api/live-trading/start", body)
    return str(reply["session_id"])


def read(process: ServerProcess, path: str, journal: Journal) -> asyncio.Task[Journal]:
    """Read a stream from now on, through every death of the server."""
    reading = read_to_the_end(process.port, f"/api/ws/stream/{path}", TOKEN, journal=journal)
    return asyncio.ensure_future(reading)


async def come(
    condition: Callable[[], Any], what: str, reading: Sequence[asyncio.Task[Journal]] = ()
) -> None:
    """Wait for a condition; raise what a reader raised."""
    async with asyncio.timeout(PATIENCE_S):
        while not condition():
            for task in reading:
                if task.done():
                    task.result()
            await asyncio.sleep(0.02)


async def over(process: ServerProcess, session: str) -> None:
    """Wait until a session has ended."""
    await come(lambda: row(process, session)[0] in FINAL, f"the end of {session}")
