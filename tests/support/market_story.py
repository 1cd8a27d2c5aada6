"""A made-up market as its stream tells it: history, then a candle that grows and closes.

The facts of structure are simple ones (fractals, gaps between three candles), enough to draw.
"""

from __future__ import annotations

import asyncio
import json
import math
import random
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from tornado.websocket import WebSocketHandler

Message = dict[str, Any]
START = 1_704_067_200_000
FRAMES = {"15M": 900_000, "1H": 3_600_000, "4H": 14_400_000}
BASE_MS = FRAMES["15M"]
PATTERNS = ("engulfing", "hammer", "doji", "liquidity_engulfing", "morning_star", "shooting_star")


def iso(time_ms: float) -> str:
    """Return epoch ms as the wire writes it."""
    return datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class FakeMarket:
    """The log of a market, made candle by candle of the shortest timeframe.

    Attributes
    ----------
    log
        All messages so far.
    bars
        Candles of the shortest timeframe so far: time, open, high, low, close, volume.
    """

    def __init__(self, symbol: str, count: int, *, synthetic: bool = True) -> None:
        self.symbol = symbol
        self.synthetic = synthetic
        self.log: list[Message] = []
        self.state = "live"
        self._draw = random.Random(11)
        self._price = 42_000.0
        self._seq = self._eseq = self._number = 0
        self.bars: list[list[float]] = []
        self._higher: dict[str, list[list[float]]] = {name: [] for name in FRAMES}
        self._open: dict[str, list[tuple[str, float, float, str]]] = {n: [] for n in FRAMES}
        self.tell_feed("starting", "reading history")
        for _ in range(count):
            self.close(self.grow([]), origin="history")
        self.tell_feed("live", "")

    @property
    def seq(self) -> int:
        """Number of the last message."""
        return self._seq

    def connected(self) -> Message:
        """Return the first message of a connection."""
        source = "generated from seed 11" if self.synthetic else "recorded trades"
        data = {
            "message": f"Market data of {self.symbol}", "epoch": "m1", "seq": self.seq,
            "eseq": self._eseq, "status": self.state, "protocol": "1.0", "symbol": self.symbol,
            "source": source, "synthetic": self.synthetic, "timeframes": list(FRAMES),
            "feed": "synthetic" if self.synthetic else "replay",
        }  # fmt: skip
        return {"type": "connected", "timestamp": "", "data": data}

    def grow(self, bar: list[float]) -> list[float]:
        """Return the candle with some more ticks in it."""
        if not bar:
            time = START + len(self.bars) * BASE_MS
            bar = [time, self._price, self._price, self._price, self._price, 0.0]
        time, open_, high, low, _, volume = bar
        wave = 0.0006 * math.sin(time / BASE_MS / 37)
        for _ in range(4):
            self._price *= math.exp(self._draw.gauss(wave / 4, 0.0011))
            high, low = max(high, self._price), min(low, self._price)
            volume += abs(self._draw.gauss(3, 2))
        prices = (round(value, 2) for value in (open_, high, low, self._price))
        return [time, *prices, round(volume, 3)]

    def growing(self, bar: list[float]) -> None:
        """Tell of a candle that grows, on all timeframes, and of a pattern that may go again."""
        for name, size in FRAMES.items():
            self._candle(name, self._merged(name, size, bar), closed=False)
        self._pattern("15M", bar, "hammer", 100, provisional=True)

    def close(self, bar: list[float], origin: str = "live") -> None:
        """Tell that a candle has closed, and what it made known."""
        self.bars.append(bar)
        end = bar[0] + BASE_MS
        for name, size in reversed(FRAMES.items()):
            merged = self._merged(name, size, bar)
            rows = self._higher[name]
            if rows and rows[-1][0] == merged[0]:
                rows[-1] = merged
            else:
                rows.append(merged)
            if end % size == 0:
                self._candle(name, merged, closed=True, origin=origin)
                self._seen(name, size, rows)
        self._score(bar)

    def gap(self, back: int, long: int) -> None:
        """Tell that trades are missing some candles ago."""
        start = self.bars[-back][0]
        data = {"symbol": self.symbol, "what": "trades", "missing": 412, "filled": False}
        self._tell("data_gap", {**data, "start": iso(start), "end": iso(start + long * BASE_MS)})

    def tell_feed(self, state: str, message: str, code: str | None = None) -> None:
        """Tell what the feed does."""
        self.state = state
        told = self.connected()["data"]
        data = {n: told[n] for n in ("symbol", "feed", "source", "synthetic", "timeframes")}
        data |= {"state": state, "message": message} | ({"code": code} if code else {})
        self._tell("feed", data)

    def _tell(self, kind: str, data: Message, extra: Message | None = None, state: bool = False):
        self._seq += 1
        message = {"type": kind, "timestamp": "", "data": data, "seq": self._seq}
        if not state:
            self._eseq += 1
            message["eseq"] = self._eseq
        self.log.append(message if extra is None else {**message, "extra": extra})

    def _merged(self, name: str, size: int, bar: list[float]) -> list[float]:
        time = bar[0] // size * size
        rows = self._higher[name]
        if not rows or rows[-1][0] != time or size == BASE_MS:
            return [time, *bar[1:]]
        last = rows[-1]
        return [
            time, last[1], max(last[2], bar[2]), min(last[3], bar[3]), bar[4], last[5] + bar[5],
        ]  # fmt: skip

    def _candle(self, name: str, bar: list[float], *, closed: bool, origin: str = "live") -> None:
        names = ("open", "high", "low", "close", "volume")
        data = {"symbol": self.symbol, "timeframe": name, "time": iso(bar[0])}
        data |= dict(zip(names, bar[1:], strict=True)) | {"closed": closed}
        self._tell("candle", data, None if origin == "live" else {"origin": origin}, not closed)

    def _pattern(self, name: str, bar: list[float], what: str, strength: int, **more: bool) -> None:
        direction = "bullish" if strength > 0 else "bearish" if strength < 0 else "neutral"
        data = {
            "symbol": self.symbol, "timeframe": name, "pattern": what, "direction": direction,
            "strength": strength, "bar_time": iso(bar[0]),
            "confirmed_at": iso(bar[0] + FRAMES[name]), "provisional": False,
        }  # fmt: skip
        self._tell("pattern", {**data, **more}, None, more.get("provisional", False))

    def _fact(self, name: str, kind: str, **data: Any) -> str:
        if "id" not in data:
            self._number += 1
            data["id"] = f"{kind}_{self._number}"
        self._tell("structure", {"symbol": self.symbol, "timeframe": name, "kind": kind, **data})
        return str(data["id"])

    def _seen(self, name: str, size: int, rows: list[list[float]]) -> None:
        bar = rows[-1]
        now = {"bar_time": iso(bar[0]), "confirmed_at": iso(bar[0] + size)}
        if self._draw.random() < 0.14:
            up = bar[4] >= bar[1]
            self._pattern(name, bar, self._draw.choice(PATTERNS), 100 if up else -100)
        still = []
        for thing, low, high, side in self._open[name]:
            kind = thing.rsplit("_", 1)[0]
            through = bar[3] < low if side == "bullish" else bar[2] > high
            if through:
                status = {"fvg": "filled", "liquidity": "swept"}.get(kind, "broken")
                self._fact(
                    name, kind, id=thing, direction=side, status=status, price=low,
                    top=high, bottom=low, **now,
                )  # fmt: skip
            else:
                still.append((thing, low, high, side))
        self._open[name] = still[-10:]
        if len(rows) > 2 and rows[-1][3] > rows[-3][2] * 1.0004:
            self._zone(name, "fvg", rows[-2][0], rows[-3][2], rows[-1][3], "bullish", now)
        if len(rows) > 2 and rows[-1][2] < rows[-3][3] * 0.9996:
            self._zone(name, "fvg", rows[-2][0], rows[-1][2], rows[-3][3], "bearish", now)
        self._swings(name, rows, now)

    def _swings(self, name: str, rows: list[list[float]], now: Message) -> None:
        if len(rows) < 11:
            return
        around, middle = rows[-11:], rows[-6]
        at = {"bar_time": iso(middle[0]), "confirmed_at": now["confirmed_at"]}
        for kind, column, best, side in (
            ("swing_high", 2, max, "bearish"), ("swing_low", 3, min, "bullish"),
        ):  # fmt: skip
            if middle[column] != best(row[column] for row in around):
                continue
            price = middle[column]
            self._fact(name, kind, direction=side, status="confirmed", price=price, **at)
            if self._draw.random() < 0.4:
                kind = self._draw.choice(("order_block", "zone", "liquidity"))
                depth = 0.0022 if kind != "liquidity" else 0.0004
                low, high = sorted((price, price * (1 + depth * (-1 if column == 2 else 1))))
                self._zone(name, kind, middle[0], low, high, side, now)
            if self._draw.random() < 0.35:
                broken = rows[-1]
                self._fact(
                    name, self._draw.choice(("bos", "choch")), price=price, status="confirmed",
                    direction="bullish" if column == 2 else "bearish",
                    bar_time=iso(broken[0]), confirmed_at=now["confirmed_at"],
                )  # fmt: skip

    def _zone(
        self, name: str, kind: str, time: float, low: float, high: float, side: str, now: Message
    ) -> None:
        thing = self._fact(
            name, kind, direction=side, status="confirmed", bar_time=iso(time),
            confirmed_at=now["confirmed_at"], price=high if side == "bullish" else low,
            top=round(high, 2), bottom=round(low, 2),
            numbers={"size_in_atr": round((high - low) / 120, 2)},
        )  # fmt: skip
        self._open[name].append((thing, low, high, side))

    def _score(self, bar: list[float]) -> None:
        lean = math.sin(bar[0] / BASE_MS / 23)
        terms = [
            ("higher_timeframe", round(lean, 2), 0.4, "4H makes higher highs and higher lows"),
            ("location", round(lean * 0.6, 2), 0.3, "Price is 0.4 ATR above an open order block"),
            ("pattern", 1.0 if lean > 0.4 else -0.5, 0.2, "Liquidity engulfing candle on 15M"),
            ("momentum", round(-lean * 0.3, 2), 0.1, "RSI 46, falling"),
        ]
        total = sum(value * weight for _, value, weight, _ in terms)
        side = "bullish" if total > 0.05 else "bearish" if total < -0.05 else "neutral"
        fields = ("name", "value", "weight", "rationale")
        data = {
            "symbol": self.symbol, "timeframe": "15M", "bar_time": iso(bar[0]),
            "confirmed_at": iso(bar[0] + BASE_MS), "score": round(abs(total), 3),
            "direction": side, "terms": [dict(zip(fields, t, strict=True)) for t in terms],
            "rationale": f"HTF {side} bias + LTF LE candle at support <b>not markup</b>",
        }  # fmt: skip
        self._tell("confluence", data, None, state=True)


def latest(log: list[Message]) -> Iterator[Message]:
    """Give what a reader from the start is told: of growing candles the last alone."""
    grown: dict[str, int] = {}
    for message in log:
        if message["type"] == "candle" and not message["data"]["closed"]:
            grown[message["data"]["timeframe"]] = message["seq"]
    for message in log:
        growing = message["type"] == "candle" and not message["data"]["closed"]
        if not growing or grown[message["data"]["timeframe"]] == message["seq"]:
            yield message


class MarketHandler(WebSocketHandler):
    """The stream of a market; what it is named decides how it fares.

    ``live``, ``real`` (not synthetic), ``losing`` (reconnects, with a gap), ``unknown`` (refused).
    """

    def open(self, name: str) -> None:
        """Start to send."""
        self.task = asyncio.ensure_future(self.pump(name))

    def on_message(self, message: str | bytes) -> None:
        """Answer pings."""
        self.write_message(json.dumps({"type": "pong", "timestamp": "", "data": {}}))

    async def pump(self, name: str) -> None:
        """Send history, then ticks."""
        if name == "unknown":
            error = {"error": "Unknown symbol 'unknown': there are BTC-USD, EUR-USD"}
            details = {"field": "symbol", "value": "unknown", "allowed": ["BTC-USD", "EUR-USD"]}
            data = {**error, "details": details}
            await self.write_message(json.dumps({"type": "error", "timestamp": "", "data": data}))
            self.close(4404)
            return
        since = int(self.get_query_argument("since", "0"))
        markets: dict[str, FakeMarket] = self.settings["markets"]
        if name not in markets:
            markets[name] = FakeMarket("BTC-USD", 900, synthetic=name != "real")
            if name == "losing":
                markets[name].gap(30, 6)
                markets[name].tell_feed("reconnecting", "The exchange closed the line", "exchange")
        market = markets[name]
        await self.write_message(json.dumps(market.connected()))
        told = [m for m in latest(market.log) if m["seq"] > since]
        await self.write_message(json.dumps(told))
        sent = market.seq
        while name != "losing":
            bar: list[float] = []
            for _ in range(8):
                bar = market.grow(bar)
                market.growing(bar)
                await self.write_message(json.dumps([m for m in market.log if m["seq"] > sent]))
                sent = market.seq
                await asyncio.sleep(0.1)
            market.close(bar)

    def on_close(self) -> None:
        """Stop sending."""
        self.task.cancel()
