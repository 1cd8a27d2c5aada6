"""The feeds of markets: starting, listing, stopping and removing them, and their candles."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from jupyter_server.auth.decorator import authorized
from tornado import web

from workbench.errors import InvalidRequest
from workbench.feeds.book import FeedRecord
from workbench.messages import Candle, decode, parse_time
from workbench.timeframes import Timeframe
from workbench_server.handlers.base import ApiHandler

PAGE = 5000
COLUMNS = ("open", "high", "low", "close", "volume")
MOST_CANDLES = 20_000


class FeedHandler(ApiHandler):
    """Base of the handlers of feeds."""

    def summary(self, record: FeedRecord) -> dict[str, Any]:
        """Return what the list shows of a feed."""
        info = self.extensionapp.markets.log.info(record.name)
        return {
            "name": record.name,
            "symbol": record.spec.symbol,
            "feed": record.spec.feed,
            "timeframes": record.spec.timeframes,
            "status": record.status,
            "message": record.message,
            "running": record.pid is not None,
            "subscribers": self.extensionapp.manager.subscribers(record.name),
            "source": record.source,
            "synthetic": record.synthetic,
            "given": record.given,
            "created": record.created,
            "started": record.started,
            "messages": info.kept if info else 0,
            "bytes": info.bytes if info else 0,
        }

    def where(self, name: str) -> dict[str, str]:
        """Return the addresses of a feed's stream."""
        path = f"{self.base_url}api/ws/stream/market-data/{name}"
        scheme = "wss" if self.request.protocol == "https" else "ws"
        return {"stream_url": f"{scheme}://{self.request.host}{path}", "stream_path": path}


class StartMarketHandler(FeedHandler):
    """`POST /api/market-data/start`."""

    @web.authenticated
    @authorized(action="execute")
    async def post(self) -> None:
        """Start a feed."""
        feeds = self.extensionapp.markets
        # On another thread: it reads files, and imports what an exchange needs.
        asked = await asyncio.to_thread(
            feeds.asked,
            self.json_body(),
            pickled_allowed=not self.extensionapp.insecure_no_auth,
            anywhere=not self.extensionapp.insecure_no_auth,
        )
        record = feeds.start(asked)
        info = feeds.log.info(record.name)
        self.reply(
            {
                "name": record.name,
                "status": record.status,
                "streaming": True,
                **self.where(record.name),
                "epoch": info.epoch if info else None,
                "message": (
                    f"Feed '{record.name}' started. Connect to WebSocket for real-time updates."
                ),
                "symbol": record.spec.symbol,
                "feed": record.spec.feed,
                "timeframes": record.spec.timeframes,
                "source": record.source,
                "synthetic": record.synthetic,
            }
        )


class MarketsHandler(FeedHandler):
    """`GET /api/market-data`."""

    @web.authenticated
    @authorized
    def get(self) -> None:
        """List the feeds by name."""
        feeds = self.extensionapp.markets.book.all()
        self.reply({"feeds": [self.summary(record) for record in feeds]})


class MarketHandler(FeedHandler):
    """`/api/market-data/{name}`."""

    @web.authenticated
    @authorized
    def get(self, name: str) -> None:
        """Tell all about one feed."""
        feeds = self.extensionapp.markets
        record = feeds.book.get(name)
        info = feeds.log.info(name)
        self.reply(
            {
                **self.summary(record),
                **self.where(name),
                "spec": msgspec.to_builtins(record.spec),
                "epoch": info.epoch if info else None,
                "first_seq": info.first_seq if info else 1,
                "seq": info.seq if info else 0,
            }
        )

    @web.authenticated
    @authorized(action="execute")
    def delete(self, name: str) -> None:
        """End a feed and remove its log."""
        self.extensionapp.markets.delete(name)
        self.set_status(204)
        self.finish()


class StopMarketHandler(FeedHandler):
    """`POST /api/market-data/{name}/stop`."""

    @web.authenticated
    @authorized(action="execute")
    def post(self, name: str) -> None:
        """End a feed's process; its stream stays."""
        self.reply(self.summary(self.extensionapp.markets.stop(name)))


class MarketCandlesHandler(FeedHandler):
    """`GET /api/market-data/{name}/candles`."""

    @web.authenticated
    @authorized
    async def get(self, name: str) -> None:
        """Return the last `limit` closed candles of a timeframe that the stream has told of.

        `complete` says whether these are all there ever were, `first` with which one the log
        begins.
        """
        feeds = self.extensionapp.markets
        record = feeds.book.get(name)
        known = record.spec.timeframes
        asked = self.get_query_argument("timeframe", known[0])
        timeframe = Timeframe.parse(asked).canonical.name
        if timeframe not in known:
            msg = f"timeframe is {asked!r}, the feed has {', '.join(known)}"
            raise InvalidRequest(msg, field="timeframe", value=asked, allowed=known)
        limit = min(self.int_argument("limit", 1000, 1) or 1000, MOST_CANDLES)
        rows: list[Candle] = []
        first: Candle | None = None
        info = feeds.log.info(name)
        whole = info is None or info.first_seq == 1
        since = 0
        while page := feeds.log.read(name, since, PAGE):
            since = page[-1].seq
            told = [decode(e.wire) for e in page if e.type == "candle" and e.key == "candle"]
            rows += [m for m in told if isinstance(m, Candle) and m.data.timeframe == timeframe]
            first = first or next(iter(rows), None)
            whole = whole and len(rows) <= limit
            del rows[:-limit]
            await asyncio.sleep(0)
        self.reply(
            {
                "name": name,
                "symbol": record.spec.symbol,
                "timeframe": timeframe,
                "source": record.source,
                "synthetic": record.synthetic,
                "complete": whole,
                "first": None if first is None else parse_time(first.data.time),
                "time": [parse_time(message.data.time) for message in rows],
                **{
                    column: [getattr(message.data, column) for message in rows]
                    for column in COLUMNS
                },
            }
        )
