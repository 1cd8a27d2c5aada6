"""A clock that goes on only when somebody sleeps, and what a source gives by it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import aclosing

from workbench.feeds.source import Item, Source


class HandClock:
    """Seconds; each sleep is over at once and noted."""

    def __init__(self, now: float = 0.0) -> None:
        self.now = now
        self.sleeps: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)


def batches(
    source: Source, clock: HandClock, until: Callable[[], bool] = lambda: False
) -> list[tuple[float, Sequence[Item]]]:
    """Return what a source gives and when, until it ends or `until` says so."""

    async def gather() -> list[tuple[float, Sequence[Item]]]:
        found = []
        async with aclosing(source.items()) as items:  # type: ignore[type-var]
            async for batch in items:
                found.append((clock.now, batch))
                if until():
                    break
        return found

    return asyncio.run(gather())


def items_of(found: list[tuple[float, Sequence[Item]]]) -> list[Item]:
    return [item for _, batch in found for item in batch]
