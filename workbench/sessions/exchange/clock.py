"""This computer's clock against an exchange's: requests carry a time, and are refused by it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

TRIES = 4
"""How often a request is sent whose time the exchange refuses."""

WORD = 60_000
"""Milliseconds between two words about it."""


class Clock:
    """Sends again what was refused for its time, by the exchange's clock as it is now.

    A request that is refused so has surely not been carried out, so that an order may go again.

    Parameters
    ----------
    exchange
        Of ccxt; all its requests go through this from now on.
    told
        Called when it was set, at most once in `WORD`.
    now
        Epoch ms.
    """

    def __init__(self, exchange: Any, told: Callable[[], None], now: Callable[[], int]) -> None:
        self._exchange, self._told, self._now = exchange, told, now
        self._ask = exchange.fetch2
        self._turn = asyncio.Lock()
        self._count = 0
        self._said: int | None = None
        exchange.fetch2 = self._fetch

    async def _fetch(self, *args: Any, **options: Any) -> Any:
        for _ in range(TRIES - 1):
            count = self._count
            try:
                return await self._ask(*args, **options)
            except Exception as error:
                if not off(error):
                    raise
            await self.set(count)
        return await self._ask(*args, **options)

    async def set(self, count: int | None = None) -> None:
        """Take the exchange's clock over, unless another request has since the `count`-th time."""
        async with self._turn:
            if count not in (None, self._count):
                return
            self._count += 1
            # An exchange that does not tell its time, or does not now: it is tried again as it is.
            with suppress(Exception):
                await self._exchange.load_time_difference()
            if self._said is None or self._now() - self._said >= WORD:
                self._said = self._now()
                self._told()


def off(error: Exception) -> bool:
    """Whether an error of ccxt says that a request's time is wrong."""
    return any(kind.__name__ == "InvalidNonce" for kind in type(error).__mro__)
