"""The stream of a market, as iterators."""

from __future__ import annotations

from workbench.client.asynchronous import AsyncStream
from workbench.client.stream import Stream


class MarketStream(Stream):
    """The messages of a market, from a position on, as they come.

    What `Stream` is, with the same arguments and guarantees. Its log keeps the latest messages
    only: where a position is no longer kept a `gap` comes, and the story begins where the log
    does. It ends when the feed cannot go on, with an `error`.
    """

    kind = "market-data"


class AsyncMarketStream(AsyncStream):
    """What `MarketStream` is, for asyncio."""

    kind = "market-data"
