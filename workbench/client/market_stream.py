"""The stream of a market, as iterators."""

from __future__ import annotations

from typing import Any

from workbench.client.asynchronous import AsyncStream
from workbench.client.following import Following
from workbench.client.market_reading import MarketReader
from workbench.client.server import Server
from workbench.client.stream import Stream
from workbench.client.wishes import Wishes


class _OfMarket(Following):
    kind = "market-data"

    def __init__(
        self,
        server: Server,
        name: str,
        *,
        forever: bool = False,
        wake: bool = True,
        **options: Any,
    ) -> None:
        self._forever, self._wake = forever, wake
        super().__init__(server, name, **options)

    def _reading(self, wishes: Wishes) -> MarketReader:
        return MarketReader(self._run_id, wishes, forever=self._forever, wake=self._wake)


class MarketStream(_OfMarket, Stream):
    """The messages of a market, from a position on, as they come.

    What `Stream` is, with the same arguments and guarantees. Its log keeps the latest messages
    only: where a position is no longer kept a `gap` comes, and the story begins where the log
    does. It ends with the feed: when that has ended, was stopped or has failed, after the message
    that says so; or with an `error`, when the feed cannot be.

    Parameters
    ----------
    server, name
        What to follow.
    forever
        Go on when the feed has come to its end: it may be started again.
    wake
        Have the feed started where it does not run. Without, what was told is read, and what
        is told anyway. Who comes back after a lost connection does not start what was stopped.
    **options
        See `Stream`.
    """


class AsyncMarketStream(_OfMarket, AsyncStream):
    """What `MarketStream` is, for asyncio."""
