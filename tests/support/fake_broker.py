"""The private side of a stand-in for Binance's spot market on loopback, and its own ledger.

It may be unkind, by chances that follow from a seed and from what is asked, not from when: it loses
requests and answers, carries them out late, says it is busy, is down, tells events twice, in the
wrong order or not at all, and trades later than the orders they belong to.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web
from on_loopback import OnLoopback

START = 1_760_000_000_000
FEE = 0.001
LOT, TICK, LEAST = 0.001, 0.01, 5.0
FINAL = ("FILLED", "CANCELED", "REJECTED", "EXPIRED")


@dataclass
class Entry:
    """An order in the ledger."""

    id: int
    symbol: str
    client: str
    side: str
    kind: str
    quantity: float
    price: float
    stop: float
    time: int
    status: str = "NEW"
    filled: float = 0.0
    spent: float = 0.0
    trades: list[dict[str, Any]] = field(default_factory=list)
    asked: int = 0

    def body(self) -> dict[str, Any]:
        return {
            "symbol": self.symbol, "orderId": self.id, "clientOrderId": self.client,
            "price": f"{self.price:.2f}", "origQty": f"{self.quantity:.5f}",
            "executedQty": f"{self.filled:.5f}", "cummulativeQuoteQty": f"{self.spent:.7f}",
            "status": self.status, "timeInForce": "GTC", "type": self.kind, "side": self.side,
            "stopPrice": f"{self.stop:.2f}", "time": self.time, "updateTime": self.time,
            "transactTime": self.time, "isWorking": True,
        }  # fmt: skip


class FakeBroker(OnLoopback):
    """Serves from a thread of its own while it is entered.

    Parameters
    ----------
    seed
        Of its unkindness.
    trouble
        Chance of each kind of it, 0 for none.
    parts
        In how many parts an order fills.
    fee_in_units
        Whether buyers pay in what they buy.
    symbols
        What is traded; all prices begin at 100.
    real_time
        Whether it goes by the clock of the computer.
    """

    def __init__(
        self, seed: int = 0, trouble: float = 0.0, parts: int = 1, fee_in_units: bool = False,
        streams: bool = True, symbols: Sequence[str] = ("BTC-USDT",), real_time: bool = False,
    ) -> None:  # fmt: skip
        super().__init__()
        self.seed, self.trouble, self.parts = seed, trouble, parts
        self.fee_in_units, self.streams = fee_in_units, streams
        self.orders: dict[int, Entry] = {}
        self.assets = {one.replace("-", ""): tuple(one.split("-")) for one in symbols}
        self.prices = dict.fromkeys(self.assets, 100.0)
        self.holdings = {name: 1000.0 for name, _ in self.assets.values()}
        self.holdings |= {name: 1e7 for _, name in self.assets.values()}
        self.seen: Counter[str] = Counter()
        self.placed: Counter[str] = Counter()
        self.headers: list[str] = []
        self.script: dict[str, list[str]] = {}
        self.down = 0
        self._late: dict[str, tuple[dict[str, str], int]] = {}
        self._held: list[dict[str, Any]] = []
        self._sockets: dict[web.WebSocketResponse, web.Request] = {}
        self._sending: set[asyncio.Future[None]] = set()
        self._next = 0
        self._real_time = real_time

    # --- by a test ---------------------------------------------------------------------

    def move(self, price: float, symbol: str = "BTCUSDT") -> None:
        """Have a market go to a price, and fill what that fills."""
        self._do(lambda: self._move(symbol, price))

    def place(self, **query: str) -> None:
        """Place an order as somebody else of the account does."""
        self._do(lambda: self._place(query))

    def calm(self) -> None:
        """Be kind from now on; what was held back is told."""

        def kind() -> None:
            self.trouble, self.down = 0.0, 0
            self.script.clear()
            held, self._held = self._held, []
            for event in held:
                self._send(event)

        self._do(kind)

    def cut(self) -> None:
        """Break all connections of its stream."""

        def abort() -> None:
            for request in self._sockets.values():
                if request.transport is not None:
                    request.transport.abort()

        self._do(abort)

    def of(self, client: str) -> Entry | None:
        """Return the ledger's order of a client order id."""
        return next((one for one in self.orders.values() if one.client == client), None)

    def _do(self, what: Callable[[], None]) -> None:
        done = threading.Event()

        def run() -> None:
            what()
            done.set()

        self._loop.call_soon_threadsafe(run)
        assert done.wait(20)

    # --- chance ------------------------------------------------------------------------

    def _chance(self, kind: str, about: str) -> bool:
        scripted = self.script.get(kind)
        if scripted and scripted[0] in about:
            scripted.pop(0)
            return True
        if self.trouble <= 0.0:
            return False
        self.seen[kind + about] += 1
        text = f"{self.seed}:{kind}:{about}:{self.seen[kind + about]}"
        drawn = int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") / 2**32
        return drawn < self.trouble

    # --- the server --------------------------------------------------------------------

    def add_routes(self, app: web.Application) -> None:
        app.router.add_route("*", "/api/v3/{name}", self._rest)
        app.router.add_get("/ws-api/v3", self._socket)

    async def _rest(self, request: web.Request) -> web.StreamResponse:
        query = dict(request.query)
        query.update({name: str(value) for name, value in (await request.post()).items()})
        name = f"{request.method} {request.match_info['name']}"
        about = f"{name} {query.get('newClientOrderId') or query.get('origClientOrderId', '')}"
        self.headers.append(request.headers.get("X-MBX-APIKEY", ""))
        if name in ("GET time", "GET exchangeInfo"):
            return self._answer(name, query)
        if self.down > 0:
            self.down -= 1
            return web.json_response({"code": -1, "msg": "down"}, status=503)
        if self._chance("busy", about):
            body = {"code": -1003, "msg": "Too many requests"}
            return web.json_response(body, status=429, headers={"Retry-After": "0"})
        if self._chance("lost", about):
            return self._hang_up(request)
        if name == "POST order" and self._chance("late", about):
            self._late[query["newClientOrderId"]] = (query, 0)
            return self._hang_up(request)
        answer = self._answer(name, query)
        if self._chance("unanswered", about):
            return self._hang_up(request)
        return answer

    def _hang_up(self, request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    def _answer(self, name: str, query: dict[str, str]) -> web.Response:
        if name == "GET time":
            return web.json_response({"serverTime": self._time()})
        if name == "GET exchangeInfo":
            rows = [described(one, *assets) for one, assets in self.assets.items()]
            return web.json_response({"timezone": "UTC", "rateLimits": [], "symbols": rows})
        if name == "GET account":
            rows = [
                {"asset": one, "free": f"{self._free(one):.8f}",
                 "locked": f"{units - self._free(one):.8f}"}
                for one, units in self.holdings.items()
            ]  # fmt: skip
            return web.json_response({"balances": rows})
        if name == "POST order":
            return self._place(query)
        if name == "GET openOrders":
            found = [one.body() for one in self._of(query) if one.status not in FINAL]
            return web.json_response(found)
        if name == "GET allOrders":
            since, many = int(query.get("startTime", 0)), int(query.get("limit", 500))
            found = [one.body() for one in self._of(query) if one.time >= since]
            return web.json_response(found[:many])
        if name == "GET myTrades":
            wanted = query.get("orderId")
            found = [
                trade for one in self._of(query) if wanted in (None, str(one.id))
                for trade in self._trades_of(one)
            ]  # fmt: skip
            return web.json_response(found)
        if name in ("GET order", "DELETE order"):
            order = self._found(query)
            if order is None:
                code, text = (-2013, "Order does not exist.") if name[0] == "G" else (
                    -2011, "Unknown order sent.")  # fmt: skip
                return web.json_response({"code": code, "msg": text}, status=400)
            if name == "DELETE order":
                if order.status in FINAL:
                    body = {"code": -2011, "msg": "Unknown order sent."}
                    return web.json_response(body, status=400)
                self._end(order, "CANCELED")
            return web.json_response(order.body())
        return web.json_response({"code": -1102, "msg": f"no {name} here"}, status=400)

    def _time(self) -> int:
        return time.time_ns() // 1_000_000 if self._real_time else START + self._next

    def _of(self, query: dict[str, str]) -> list[Entry]:
        return [one for one in self.orders.values() if one.symbol == query["symbol"]]

    def _free(self, asset: str) -> float:
        """What of an asset is not bound by orders that sell it."""
        bound = sum(
            one.quantity - one.filled for one in self.orders.values()
            if one.status not in FINAL and one.side == "SELL"
            and self.assets[one.symbol][0] == asset
        )  # fmt: skip
        return self.holdings[asset] - bound

    def _found(self, query: dict[str, str]) -> Entry | None:
        client = query.get("origClientOrderId")
        if client in self._late:
            asked, looks = self._late[client]
            self._late[client] = (asked, looks + 1)
            if looks >= 1:
                del self._late[client]
                self._place(asked)
        if query.get("orderId"):
            return self.orders.get(int(query["orderId"]))
        return self.of(client or "")

    def _trades_of(self, order: Entry) -> list[dict[str, Any]]:
        """Tell its trades; perhaps the newest not yet."""
        order.asked += 1
        if order.trades and self._chance("slow", f"trades {order.client}"):
            return order.trades[:-1]
        return order.trades

    # --- the market --------------------------------------------------------------------

    def _place(self, query: dict[str, str]) -> web.Response:
        client = query["newClientOrderId"]
        self.placed[client] += 1
        quantity, symbol = float(query["quantity"]), query["symbol"]
        price, stop = float(query.get("price", 0.0)), float(query.get("stopPrice", 0.0))
        sells = query["side"] == "SELL"
        lacks = sells and self._free(self.assets[symbol][0]) < quantity - 1e-9
        if lacks or self._chance("reject", f"place {client}"):
            body = {"code": -2010, "msg": "Account has insufficient balance for requested action."}
            return web.json_response(body, status=400)
        if any(one.client == client and one.status not in FINAL for one in self.orders.values()):
            body = {"code": -2010, "msg": "Duplicate order sent."}
            return web.json_response(body, status=400)
        value = quantity * (price or stop or self.prices[symbol])
        if quantity < LOT or value < LEAST or off(quantity, LOT) or off(price + stop, TICK):
            body = {"code": -1013, "msg": f"Filter failure: {quantity} at {price} {stop}"}
            return web.json_response(body, status=400)
        self._next += 1
        order = Entry(
            self._next, symbol, client, query["side"], query["type"], quantity, price, stop,
            self._time(),
        )  # fmt: skip
        self.orders[order.id] = order
        # Told before it is answered.
        self._tell(order, "NEW")
        self._match(order)
        return web.json_response(order.body())

    def _move(self, symbol: str, price: float) -> None:
        self.prices[symbol] = price
        for order in list(self.orders.values()):
            if order.symbol == symbol and order.status not in FINAL:
                self._match(order)

    def _match(self, order: Entry) -> None:
        up = order.side == "BUY"
        price = self.prices[order.symbol]
        if order.kind == "STOP_LOSS" and order.stop:
            if price < order.stop if up else price > order.stop:
                return
        elif order.kind == "LIMIT":
            if price > order.price if up else price < order.price:
                return
            price = order.price
        if order.status in FINAL:
            return
        # The rest comes with the next price.
        part = max(LOT, round(order.quantity / self.parts / LOT) * LOT)
        self._fill(order, min(order.quantity - order.filled, round(part, 5)), price)

    def _fill(self, order: Entry, quantity: float, price: float) -> None:
        self._next += 1
        sign = 1.0 if order.side == "BUY" else -1.0
        base, quote = self.assets[order.symbol]
        in_units = self.fee_in_units and sign > 0
        fee = quantity * FEE * (1.0 if in_units else price)
        order.filled = round(order.filled + quantity, 8)
        order.spent += quantity * price
        order.status = "FILLED" if order.filled >= order.quantity - 1e-9 else "PARTIALLY_FILLED"
        order.trades.append(
            {"symbol": order.symbol, "id": self._next, "orderId": order.id, "price": f"{price:.2f}",
             "qty": f"{quantity:.5f}", "quoteQty": f"{quantity * price:.7f}",
             "commission": f"{fee:.10f}", "commissionAsset": base if in_units else quote,
             "time": self._time(), "isBuyer": sign > 0, "isMaker": order.kind == "LIMIT"}
        )  # fmt: skip
        self.holdings[base] += sign * quantity - (fee if in_units else 0.0)
        self.holdings[quote] -= sign * quantity * price + (0.0 if in_units else fee)
        self._tell(order, "TRADE")

    def _end(self, order: Entry, status: str) -> None:
        order.status = status
        self._tell(order, status)

    # --- its stream --------------------------------------------------------------------

    def _tell(self, order: Entry, execution: str) -> None:
        trade = order.trades[-1] if execution == "TRADE" else None
        event = {
            "e": "executionReport", "E": self._time(), "s": order.symbol, "c": order.client,
            "S": order.side, "o": order.kind, "f": "GTC", "q": f"{order.quantity:.5f}",
            "p": f"{order.price:.2f}", "P": f"{order.stop:.2f}", "C": "", "x": execution,
            "X": order.status, "r": "NONE", "i": order.id, "l": trade["qty"] if trade else "0",
            "z": f"{order.filled:.5f}", "L": trade["price"] if trade else "0",
            "n": trade["commission"] if trade else "0",
            "N": trade["commissionAsset"] if trade else None, "T": self._time(),
            "t": trade["id"] if trade else -1, "m": False, "O": order.time,
            "Z": f"{order.spent:.7f}", "Y": "0", "Q": "0",
        }  # fmt: skip
        about = f"event {order.client} {execution}"
        if self._chance("silent", about):
            return
        if self._chance("disorder", about):
            self._held.append(event)
            return
        self._send(event)
        if self._chance("twice", about):
            self._send(event)
        held, self._held = self._held, []
        for one in held:
            self._send(one)

    def _send(self, event: dict[str, Any]) -> None:
        for socket in self._sockets:
            if not socket.closed:
                text = json.dumps({"subscriptionId": 0, "event": event})
                task = asyncio.ensure_future(_quietly(socket, text))
                self._sending.add(task)
                task.add_done_callback(self._sending.discard)

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        if not self.streams:
            return web.Response(status=404)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        try:
            async for message in socket:
                if message.type is not WSMsgType.TEXT:
                    break
                body = json.loads(message.data)
                result = {"subscriptionId": 0}
                await socket.send_json({"id": body["id"], "status": 200, "result": result})
                self._sockets[socket] = request
        finally:
            self._sockets.pop(socket, None)
        return socket


async def _quietly(socket: web.WebSocketResponse, text: str) -> None:
    try:
        await socket.send_str(text)
    except ConnectionError:
        return


def off(value: float, step: float) -> bool:
    """Tell whether a value is no multiple of a step."""
    return abs(value / step - round(value / step)) > 1e-6


def described(symbol: str, base: str, quote: str) -> dict[str, Any]:
    """Return a symbol as exchangeInfo describes it."""
    return {
        "symbol": symbol, "status": "TRADING", "baseAsset": base, "quoteAsset": quote,
        "baseAssetPrecision": 8, "quotePrecision": 8, "quoteAssetPrecision": 8,
        "orderTypes": ["LIMIT", "MARKET", "STOP_LOSS"], "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False, "permissions": ["SPOT"],
        "filters": [
            {"filterType": "PRICE_FILTER", "minPrice": "0.01", "maxPrice": "1000000",
             "tickSize": "0.01"},
            {"filterType": "LOT_SIZE", "minQty": "0.00100", "maxQty": "9000",
             "stepSize": "0.00100"},
            {"filterType": "NOTIONAL", "minNotional": "5.0"},
        ],
    }  # fmt: skip
