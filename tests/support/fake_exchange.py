"""A stand-in for Binance's spot market on loopback: enough REST and WebSocket for ccxt to use it.

It knows trades and, if given, candles. Time is what has been played: REST tells only of trades that
have happened, and trades go on happening while a dropped connection is away.
"""

from __future__ import annotations

import asyncio
import gzip
import json
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from aiohttp import WSMsgType, web
from on_loopback import OnLoopback

INTERVALS = {"1m": 60_000, "5m": 300_000, "15m": 900_000, "1h": 3_600_000, "1d": 86_400_000}
FIRST_AGGREGATE = 3_100_000_000


class Trade(NamedTuple):
    """A trade; its price and size as the exchange writes them."""

    id: int
    time: int
    price: str
    size: str
    maker: bool


class Aggregate(NamedTuple):
    """Trades of one order at one price, as Binance tells them together."""

    id: int
    trades: tuple[Trade, ...]

    @property
    def time(self) -> int:
        return self.trades[0].time

    def body(self) -> dict[str, Any]:
        first, last = self.trades[0], self.trades[-1]
        size = sum(round(float(trade.size) * 1e8) for trade in self.trades)
        return {
            "a": self.id, "p": first.price, "q": f"{size / 1e8:.8f}", "f": first.id, "l": last.id,
            "T": first.time, "m": first.maker, "M": True,
        }  # fmt: skip


class Refusal(NamedTuple):
    """An answer in place of the right one, to the next request whose path ends so."""

    path: str
    status: int
    body: str = "{}"
    headers: dict[str, str] | None = None


@dataclass
class Script:
    """What goes wrong; numbers are positions in the list of aggregates.

    Attributes
    ----------
    drops
        Before this one the connection breaks, and so many happen before anybody can be back.
    lost
        Never sent over the socket.
    forgotten
        Never told by REST.
    corrupt
        Sent as half a frame.
    stops
        Before these it waits for `FakeExchange.go`.
    refusals
        Used up one after the other.
    """

    drops: dict[int, int] = field(default_factory=dict)
    lost: frozenset[int] = frozenset()
    forgotten: frozenset[int] = frozenset()
    corrupt: frozenset[int] = frozenset()
    stops: list[int] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)


class FakeExchange(OnLoopback):
    """Serves from a thread of its own while it is entered.

    Parameters
    ----------
    trades
        All there will be.
    script
        What goes wrong.
    begin
        How many aggregates have happened before anybody comes.
    candles
        Rows time, open, high, low, close, volume by Binance's interval, told instead of those
        made of the trades.
    now
        Its clock, epoch ms; that of the last trade where absent.
    """

    def __init__(
        self,
        trades: list[Trade],
        script: Script | None = None,
        begin: int = 0,
        candles: dict[str, list[tuple[float, ...]]] | None = None,
        now: int | None = None,
        symbols: tuple[str, ...] = ("BTC/USDT", "ETH/USDT"),
    ) -> None:
        super().__init__()
        self.aggregates = aggregated(trades)
        self.script = script or Script()
        self.candles = candles or {}
        self.now = now
        self.symbols = symbols
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.connections = 0
        self.sent: Counter[str] = Counter()
        self.position = begin
        # By the end of a path: how many right answers come before this body, for ever.
        self.after: dict[str, tuple[int, str]] = {}
        self._going = {at: asyncio.Event() for at in self.script.stops}

    def go(self, stop: int) -> None:
        """Do not wait, or no longer, at this stop of the script."""
        self._loop.call_soon_threadsafe(self._going[stop].set)

    def times_asked(self, path: str) -> int:
        """Count the requests whose path ends so."""
        return sum(asked.endswith(path) for asked, _ in self.asked)

    def add_routes(self, app: web.Application) -> None:
        app.router.add_get("/api/v3/{name}", self._rest)
        app.router.add_get("/ws/{number}", self._socket)

    async def _rest(self, request: web.Request) -> web.Response:
        query = dict(request.query)
        self.asked.append((request.path, query))
        for at, refusal in enumerate(self.script.refusals):
            if request.path.endswith(refusal.path):
                del self.script.refusals[at]
                return web.Response(
                    status=refusal.status, text=refusal.body, headers=refusal.headers,
                    content_type="application/json",
                )  # fmt: skip
        name = request.match_info["name"]
        if name in self.after:
            left, body = self.after[name]
            self.after[name] = (left - 1, body)
            if left <= 0:
                return web.Response(text=body, content_type="application/json")
        if name == "time":
            return web.json_response({"serverTime": self._time()})
        if name == "exchangeInfo":
            return web.json_response(
                {"timezone": "UTC", "serverTime": self._time(), "rateLimits": [], "symbols":
                 [described(symbol) for symbol in self.symbols]}
            )  # fmt: skip
        if query.get("symbol") not in {symbol.replace("/", "") for symbol in self.symbols}:
            return web.json_response({"code": -1121, "msg": "Invalid symbol."}, status=400)
        if name == "klines":
            return web.json_response(self._klines(query))
        if name == "aggTrades":
            return web.json_response(self._trades(query))
        return web.json_response({"code": -1102, "msg": f"no {name} here"}, status=400)

    def _time(self) -> int:
        if self.now is not None:
            return self.now
        return self.aggregates[self.position - 1].time if self.position else 0

    def _happened(self) -> list[Aggregate]:
        return [
            one for at, one in enumerate(self.aggregates[: self.position])
            if at not in self.script.forgotten
        ]  # fmt: skip

    def _trades(self, query: dict[str, str]) -> list[dict[str, Any]]:
        known = self._happened()
        limit = min(int(query.get("limit", 500)), 1000)
        if "fromId" in query:
            known = [one for one in known if one.id >= int(query["fromId"])][:limit]
        elif "startTime" in query:
            end = int(query.get("endTime", 1 << 60))
            known = [one for one in known if int(query["startTime"]) <= one.time <= end][:limit]
        else:
            known = known[-limit:]
        return [one.body() for one in known]

    def _klines(self, query: dict[str, str]) -> list[list[Any]]:
        interval = query["interval"]
        length = INTERVALS[interval]
        rows = self.candles.get(interval)
        if rows is None:
            rows = candles_of(
                [trade for one in self.aggregates[: self.position] for trade in one.trades], length
            )
        start, end = int(query.get("startTime", 0)), int(query.get("endTime", 1 << 60))
        limit = min(int(query.get("limit", 500)), 1000)
        found = [row for row in rows if start <= row[0] <= min(end, self._time())]
        found = found[:limit] if "startTime" in query else found[-limit:]
        return [
            [int(row[0]), *(f"{value:.8f}" for value in row[1:6]), int(row[0]) + length - 1,
             "0", 1, "0", "0", "0"]
            for row in found
        ]  # fmt: skip

    async def _socket(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.connections += 1
        playing: asyncio.Task[None] | None = None
        try:
            async for message in socket:
                if message.type is not WSMsgType.TEXT:
                    break
                body = json.loads(message.data)
                await socket.send_json({"result": None, "id": body["id"]})
                if body["method"] == "SUBSCRIBE" and playing is None:
                    stream = body["params"][0].partition("@")[2]
                    playing = asyncio.create_task(self._play(socket, request, stream))
        finally:
            if playing is not None:
                playing.cancel()
        return socket

    async def _play(self, socket: web.WebSocketResponse, request: web.Request, stream: str) -> None:
        while self.position < len(self.aggregates):
            at = self.position
            if at in self.script.stops:
                await self._going[at].wait()
                self.script.stops.remove(at)
            if at in self.script.drops:
                self.position += self.script.drops.pop(at)
                assert request.transport is not None
                request.transport.abort()
                return
            self.position += 1
            if at in self.script.lost:
                continue
            for frame in self._frames(self.aggregates[at], stream):
                await socket.send_str(frame[: len(frame) // 2] if at in self.script.corrupt
                                      else frame)  # fmt: skip
            self.sent[stream] += 1

    def _frames(self, one: Aggregate, stream: str) -> list[str]:
        symbol = self.symbols[0].replace("/", "")
        if stream == "aggTrade":
            return [json.dumps({"e": "aggTrade", "E": one.time, "s": symbol, **one.body()})]
        if stream == "trade":
            return [
                json.dumps({"e": "trade", "E": t.time, "s": symbol, "t": t.id, "p": t.price,
                            "q": t.size, "T": t.time, "m": t.maker, "M": True})
                for t in one.trades
            ]  # fmt: skip
        interval = stream.removeprefix("kline_")
        length = INTERVALS[interval]
        opened = one.time // length * length
        first = bisect_left(self.aggregates, opened, key=lambda other: other.time)
        trades = [t for other in self.aggregates[first : self.position] for t in other.trades]
        row = candles_of(trades, length)[-1]
        bar = {"t": opened, "T": opened + length - 1, "s": symbol, "i": interval, "x": False,
               **dict(zip("ohlcv", map(str, row[1:]), strict=True))}  # fmt: skip
        return [json.dumps({"e": "kline", "E": one.time, "s": symbol, "k": bar})]


def aggregated(trades: list[Trade]) -> list[Aggregate]:
    """Join neighbours of one time, price and side."""
    groups: list[list[Trade]] = []
    for trade in trades:
        last = groups[-1][-1] if groups else None
        if last and (last.time, last.price, last.maker) == (trade.time, trade.price, trade.maker):
            groups[-1].append(trade)
        else:
            groups.append([trade])
    return [Aggregate(FIRST_AGGREGATE + at, tuple(group)) for at, group in enumerate(groups)]


def candles_of(trades: list[Trade], length: int) -> list[tuple[float, ...]]:
    """Make candles of trades, in the plainest way: rows time, open, high, low, close, volume."""
    by_open: dict[int, list[Trade]] = {}
    for trade in trades:
        by_open.setdefault(trade.time // length * length, []).append(trade)
    rows: list[tuple[float, ...]] = []
    for opened, within in sorted(by_open.items()):
        prices = [float(trade.price) for trade in within]
        volume = sum(round(float(trade.size) * 1e8) for trade in within) / 1e8
        rows.append((opened, prices[0], max(prices), min(prices), prices[-1], volume))
    return rows


def recorded(path: Path) -> list[Trade]:
    """Read the trades of a recorded session of Binance's combined streams."""
    with gzip.open(path, "rt") as lines:
        frames = [json.loads(line.split(" ", 1)[1]) for line in lines if '"e":"trade"' in line]
    bodies = [frame["data"] for frame in frames]
    return [Trade(b["t"], b["T"], b["p"], b["q"], b["m"]) for b in bodies]


def made_up(count: int, start: int = 1_723_161_255_000, every: int = 700) -> list[Trade]:
    """Make trades without a recording."""
    return [
        Trade(1_000 + at, start + at // 2 * every, f"{60_000 + at * 37 % 101 + at % 2:.2f}",
              f"{0.001 * (1 + at % 5):.8f}", at % 3 == 0)
        for at in range(count)
    ]  # fmt: skip


def described(symbol: str) -> dict[str, Any]:
    """Return a symbol as exchangeInfo describes it."""
    base, quote = symbol.split("/")
    return {
        "symbol": base + quote, "status": "TRADING", "baseAsset": base, "quoteAsset": quote,
        "baseAssetPrecision": 8, "quotePrecision": 8, "quoteAssetPrecision": 8,
        "orderTypes": ["LIMIT"], "isSpotTradingAllowed": True, "isMarginTradingAllowed": False,
        "filters": [
            {"filterType": "PRICE_FILTER", "minPrice": "0.01", "maxPrice": "1000000",
             "tickSize": "0.01"},
            {"filterType": "LOT_SIZE", "minQty": "0.00001", "maxQty": "9000",
             "stepSize": "0.00001"},
        ],
        "permissions": ["SPOT"],
    }  # fmt: skip
