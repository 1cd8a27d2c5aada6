"""Live sessions of the fake server: their streams, and what answers their controls.

What a session is named decides what it is: ``live_paper`` (goes on), ``live_still`` (stands
still), ``live_several`` (three symbols), ``live_exchange`` (an exchange, real money),
``live_sandbox``, ``live_breach`` (limits nearly used and met), ``live_losing`` (the feed
reconnects), ``live_ended``, ``live_barred`` (controls are refused), ``live_hung`` (nothing is
answered: pings, controls, who comes back), ``live_pending`` (has told nothing), ``live_unknown``.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

from live_story import FakeSession
from tornado.web import RequestHandler
from tornado.websocket import WebSocketHandler

Message = dict[str, Any]
TICK_S = 0.08
MARKET = {"feed": "exchange", "exchange": "kraken", "account": "main"}
TIGHT = {
    "max_position": (22_000.0, "money"), "max_exposure": (28_000.0, "money"),
    "max_daily_loss": (400.0, "money"), "max_drawdown": (0.008, "fraction"),
    "account.max_exposure": (90_000.0, "money"), "max_orders_per_minute": (20, "count"),
}  # fmt: skip


def make(name: str) -> FakeSession:
    """Return the session of a name."""
    if name == "live_several":
        return FakeSession(name, ("BTC-USD", "ETH-USD", "SOL-USD"))
    if name in ("live_exchange", "live_sandbox"):
        sandbox = name == "live_sandbox"
        return FakeSession(name, broker="exchange", sandbox=sandbox, brackets="native", **MARKET)
    if name == "live_breach":
        return breached(name)
    session = FakeSession(name)
    if name == "live_losing":
        session.tell_feed("BTC-USD", "reconnecting", "The exchange closed the line", "exchange")
    elif name == "live_ended":
        session.stop()
    elif name == "live_pending":
        session.forget()
    return session


def breached(name: str) -> FakeSession:
    """Return a session that has met two of its limits."""
    limits = {key: use for key, use in TIGHT.items() if not key.startswith("account.")}
    session = FakeSession(name, limits=limits)
    session.breach(
        "max_exposure", 31_204.0, 28_000.0, "reject",
        "An entry of 9,400 would bring the exposure to 31,204, more than 28,000",
    )  # fmt: skip
    session.paused = True
    session.breach(
        "max_daily_loss", 412.5, 400.0, "reject",
        "412.50 were lost since 00:00 UTC, more than 400: no entries until tomorrow",
    )  # fmt: skip
    return session


class LiveSockets(WebSocketHandler):
    """The stream of a session."""

    def open(self, name: str) -> None:
        """Start to send."""
        self.task = asyncio.ensure_future(self.pump(name))

    def on_message(self, message: str | bytes) -> None:
        """Answer pings."""
        if not self.request.path.endswith("live_hung"):
            self.write_message(json.dumps({"type": "pong", "timestamp": "", "data": {}}))

    async def pump(self, name: str) -> None:
        """Send the story, then what comes."""
        if name == "live_unknown":
            data = {"error": "No backtest is named 'live_unknown'", "details": {}}
            await self.write_message(json.dumps({"type": "error", "timestamp": "", "data": data}))
            self.close(4404)
            return
        session = sessions(self)[name]
        sent = int(self.get_query_argument("since", "0"))
        if name == "live_hung" and sent > 0:
            return
        await self.write_message(json.dumps(session.connected()))
        moves = name in ("live_paper", "live_several", "live_exchange")
        while True:
            news = [m for m in session.log if m["seq"] > sent]
            if news:
                sent = news[-1]["seq"]
                await self.write_message(json.dumps(news))
            if session.status == "stopped":
                self.close(1000)
                return
            await asyncio.sleep(TICK_S)
            if moves:
                self.settings["live_ticks"].tick(session)

    def on_close(self) -> None:
        """Stop sending."""
        self.task.cancel()


class Ticks:
    """Lets sessions go on: a candle closes after some ticks."""

    def __init__(self) -> None:
        self.bars: dict[FakeSession, dict[str, list[float]]] = {}
        self.count = 0

    def tick(self, session: FakeSession) -> None:
        """Let its candles grow by one step."""
        bars = self.bars.setdefault(session, {})
        for name in session.symbols:
            bars[name] = session.grow(name, bars.get(name, []))
        self.count += 1
        if self.count % 8 == 0:
            session.close(self.bars.pop(session))
        else:
            session.growing(bars)


class LiveControl(RequestHandler):
    """POST …/control of a session."""

    def initialize(self) -> None:
        """Begin with a client that is there."""
        self.gone = asyncio.Event()

    def on_connection_close(self) -> None:
        """End what waits for nothing else."""
        self.gone.set()

    async def post(self, name: str) -> None:
        """Obey, or refuse."""
        asked = json.loads(self.request.body)
        session = sessions(self)[name]
        session.controls.append(asked)
        if name == "live_barred":
            self.set_status(403)
            self.write({"error": "You may read this session, but not control it", "details": {}})
            return
        if name == "live_hung":
            await self.gone.wait()
            return
        session.control(asked["action"])
        self.set_status(202)
        self.write({"accepted": True})


class LiveDetail(RequestHandler):
    """GET of one session."""

    def get(self, name: str) -> None:
        """Write what was asked for."""
        live = {"symbols": ["BTC-USD"], "feed": {"feed": "synthetic"}}
        spec = {"kind": "live", "strategy_ids": ["Breakout"], "live": live}
        self.write({"name": "Backtest", "spec": spec})


class Sessions(dict[str, FakeSession]):
    """Sessions by name, made when they are first asked for."""

    def __missing__(self, name: str) -> FakeSession:
        """Make it."""
        self[name] = made = make(name)
        return made


def sessions(handler: RequestHandler) -> Sessions:
    """Return the sessions of the server."""
    found: Sessions = handler.settings["fake"].sessions
    return found


def live_traits(name: str) -> Message:
    """Return the traits of a session's view."""
    return {
        "kind": "live",
        "session_id": name,
        "title": name,
        "symbol": "",
        "beside": {},
        "height": 680,
    }


HANDLERS = [
    (r"api/ws/stream/backtest/(live_.+)", LiveSockets),
    (r"api/backtesting/(live_.+)/control", LiveControl),
    (r"api/backtesting/(live_[^/]+)", LiveDetail),
]
