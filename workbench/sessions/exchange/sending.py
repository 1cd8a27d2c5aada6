"""Sending commands to an exchange that may not answer: never twice without having looked."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from workbench.data.exchange.trouble import pause
from workbench.sessions.exchange.asking import cancel, create, find
from workbench.sessions.exchange.keys import Keys
from workbench.sessions.exchange.outcomes import Outcome, outcome_of
from workbench.sessions.exchange.tracking import Tracked

STALE = 30_000
"""Milliseconds: an entry that could not be sent for so long is not sent any more."""

SETTLED = 10_000
"""Milliseconds after which a request that had no answer cannot come into force any more."""

LOOKS = 3
"""How often, at least, an order is looked for before it is taken for not there."""


@dataclass
class Line:
    """What sending needs.

    Attributes
    ----------
    changed
        Called when something new is known of an order.
    settled
        Milliseconds, see `SETTLED`.
    """

    exchange: Any
    keys: Keys
    now: Callable[[], int]
    sleep: Callable[[float], Awaitable[None]]
    changed: Callable[[Tracked], None]
    settled: int = SETTLED

    def outcome(self, error: Exception) -> Outcome:
        """Say what an error means; what is no error of the exchange's is raised again."""
        if isinstance(error, asyncio.CancelledError):
            raise error
        return outcome_of(self.exchange, error, self.keys)


async def send(line: Line, tracked: Tracked) -> None:
    """Have an order placed; return when it is known whether it is."""
    place = tracked.place
    for tries in range(1_000_000):
        if not place.reduce and line.now() - place.decided > STALE:
            text = f"It could not be sent for {STALE // 1000} s: its price is no longer that"
            tracked.refuse("stale", text, line.now())
            break
        try:
            tracked.saw(await create(line.exchange, tracked))
            break
        except Exception as error:
            outcome = line.outcome(error)
        if outcome.known == "busy":
            await line.sleep(pause(tries, outcome.wait))
        elif outcome.known == "unknown" or outcome.code == "duplicate_id":
            await _search(line, tracked, outcome)
            break
        else:
            tracked.refuse(outcome.code, outcome.message, line.now())
            break
    line.changed(tracked)


async def take_back(line: Line, tracked: Tracked) -> None:
    """Have an order cancelled; return when the exchange says that it is over."""
    gone = 0
    for tries in range(1_000_000):
        if tracked.ended is not None:
            break
        wait: float | None = None
        try:
            await cancel(line.exchange, tracked)
        except Exception as error:
            # Refused, or missing: it may have been filled. Whatever it is, the order tells.
            wait = line.outcome(error).wait
        try:
            found = await find(line.exchange, tracked)
        except Exception as error:
            wait = max(wait or 0.0, line.outcome(error).wait or 0.0)
        else:
            gone = 0 if found is not None else gone + 1
            if found is not None:
                tracked.saw(found)
                line.changed(tracked)
            elif gone >= LOOKS:
                tracked.lose(line.now())
        if tracked.ended is None:
            await line.sleep(pause(tries, wait))
    line.changed(tracked)


async def _search(line: Line, tracked: Tracked, outcome: Outcome) -> None:
    """Look for an order that was sent without an answer, until it is certain what came of it."""
    sent, looks = line.now(), 0
    for tries in range(1_000_000):
        wait: float | None = None
        try:
            found = await find(line.exchange, tracked)
        except Exception as error:
            wait = line.outcome(error).wait
        else:
            if found is not None:
                tracked.saw(found)
                return
            looks += 1
            if looks >= LOOKS and line.now() - sent >= line.settled:
                tracked.refuse("not_sent", f"It never arrived: {outcome.message}", line.now())
                return
        await line.sleep(pause(tries, wait))
