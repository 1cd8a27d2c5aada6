"""A server of one made-up market: the routes that `wb.market` uses, and its stream."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from market_story import FakeMarket, latest
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler
from tornado.websocket import WebSocketHandler

from workbench.client.server import Server

CANDLES = 40


class MarketServer:
    """What the server is, and what was asked of it.

    Attributes
    ----------
    market
        The market; a test tells more of it.
    error
        The message that ends its stream, if it is to.
    epoch
        What is told of its log when it is started.
    """

    def __init__(self) -> None:
        self.market = FakeMarket("BTC-USD", CANDLES)
        self.error: dict[str, Any] | None = None
        self.bodies: list[dict[str, Any]] = []
        self.queries: list[dict[str, str]] = []
        self.asked: list[str] = []
        self.url = ""
        self.epoch: str | None = None

    @property
    def server(self) -> Server:
        """Where it is."""
        return Server(self.url)

    def facts(self) -> dict[str, Any]:
        """Return what is told of the feed."""
        told = self.market.connected()["data"]
        names = ("symbol", "feed", "source", "synthetic", "timeframes", "status")
        return {"name": "BTC-USD"} | {name: told[name] for name in names}


class StartHandler(RequestHandler):
    """POST …/start; refuses what has no timeframes."""

    def post(self) -> None:
        """Note what was asked for."""
        server: MarketServer = self.settings["market"]
        body = json.loads(self.request.body)
        server.bodies.append(body)
        if body.get("symbol") == "NO-SUCH":
            self.set_status(400)
            details = {"field": "symbol", "value": "NO-SUCH", "allowed": ["BTC-USD"]}
            error = "Unknown symbol 'NO-SUCH'"
            self.write({"error": error, "code": "unknown_symbol", "details": details})
            return
        name = body.get("name", "BTC-USD")
        self.write({"name": name, "status": "starting", "epoch": server.epoch})


class FeedHandler(RequestHandler):
    """One feed."""

    def get(self, name: str) -> None:
        """Tell what it is."""
        if name != "BTC-USD":
            self.set_status(404)
            self.write({"error": f"There is no feed {name!r}", "code": "not_found", "details": {}})
            return
        self.write(self.settings["market"].facts())

    def post(self, name: str) -> None:
        """Stop it."""
        self.settings["market"].asked.append(f"stop {name.removesuffix('/stop')}")
        self.write({})

    def delete(self, name: str) -> None:
        """Remove it."""
        self.settings["market"].asked.append(f"delete {name}")
        self.set_status(204)


class StreamHandler(WebSocketHandler):
    """The stream, from a position; then nothing more, or the error that ends it."""

    def open(self, name: str) -> None:
        """Tell it."""
        server: MarketServer = self.settings["market"]
        query = {key: self.get_query_argument(key) for key in self.request.query_arguments}
        server.queries.append(query)
        connected = server.market.connected()
        same = query.get("epoch", connected["data"]["epoch"]) == connected["data"]["epoch"]
        since = int(query.get("since", "0")) if same else 0
        log = [m for m in latest(server.market.log) if m["seq"] > since]
        gap = [] if same else [self.gap(query, connected["data"])]
        self.write_message(json.dumps([connected, *gap, *log]))
        if server.error is not None:
            self.write_message(json.dumps(server.error))
            self.close(1000)

    def gap(self, query: dict[str, str], told: dict[str, Any]) -> dict[str, Any]:
        """Say that the position is of another log."""
        data = {
            "reason": "the log has another epoch", "requested_since": int(query["since"]),
            "requested_epoch": query["epoch"], "epoch": told["epoch"], "available_from": 1,
            "available_to": told["seq"],
        }  # fmt: skip
        return {"type": "gap", "timestamp": "", "data": data}

    def on_message(self, message: str | bytes) -> None:
        """Answer nothing."""


@contextmanager
def market_server() -> Iterator[MarketServer]:
    """Serve on loopback, from a thread."""
    made = MarketServer()
    loop = asyncio.new_event_loop()
    ready = threading.Event()
    servers: list[HTTPServer] = []

    async def begin() -> None:
        app = Application(
            [
                (r"/api/ws/stream/market-data/(.+)", StreamHandler),
                (r"/api/market-data/start", StartHandler),
                (r"/api/market-data/(.+)", FeedHandler),
            ],
            market=made,
        )
        sockets = bind_sockets(0, "127.0.0.1")
        server = HTTPServer(app)
        server.add_sockets(sockets)
        servers.append(server)
        made.url = f"http://127.0.0.1:{sockets[0].getsockname()[1]}/"
        ready.set()

    def run() -> None:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(begin())
        loop.run_forever()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert ready.wait(30)
    try:
        yield made
    finally:
        asyncio.run_coroutine_threadsafe(_end(servers[0]), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(30)
        loop.close()


async def _end(server: HTTPServer) -> None:
    server.stop()
    await server.close_all_connections()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
