"""A run, or a market, as the view's kernel side reads it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import msgspec

from workbench.client.market_stream import MarketStream
from workbench.client.server import Server
from workbench.client.stream import Stream


class ServerSource:
    """What a `BacktestView` needs of a run: its messages, its candles and its controls."""

    _base: ClassVar[str] = "api/backtesting"

    def __init__(self, server: Server, run_id: str) -> None:
        self._server = server
        self._run_id = run_id
        self._streams: list[Stream] = []

    def messages(self, since: int, epoch: str | None) -> Iterator[list[dict[str, Any]]]:
        """Yield batches of messages after `since`, as they come, to the run's end."""
        stream = self._opened(since, epoch)
        self._streams.append(stream)
        for batch in stream.batches():
            yield [msgspec.to_builtins(message) for message in batch]

    def _opened(self, since: int, epoch: str | None) -> Stream:
        return Stream(self._server, self._run_id, since=since, epoch=epoch, columns=True)

    def get(self, path: str, query: dict[str, Any]) -> dict[str, Any]:
        """Fetch one of the run's results, such as ``candles``; what it is, with no path."""
        return self._server.rest.get(f"{self._base}/{self._run_id}/{path}".rstrip("/"), query)

    def control(self, request: dict[str, Any]) -> dict[str, Any]:
        """Pass a control on."""
        return self._server.rest.post(f"{self._base}/{self._run_id}/control", request)

    def close(self) -> None:
        """End every iteration."""
        for stream in self._streams:
            stream.close()


class MarketSource(ServerSource):
    """What a `MarketView` needs of a market: its messages and its candles.

    The first who reads has the feed started; a page that comes later reads what is told.
    """

    _base = "api/market-data"

    def _opened(self, since: int, epoch: str | None) -> Stream:
        return MarketStream(
            self._server, self._run_id, since=since, epoch=epoch, columns=True,
            forever=True, wake=not self._streams,
        )  # fmt: skip
