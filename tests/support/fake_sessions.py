"""All live sessions of the fake server: their one stream, their list, and the kill switch.

There are the sessions that a page or a test has asked for; see `fake_live` for what their names
mean. What is asked of all is kept in ``asked_of_all`` of the fake.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

import fake_live
from fake_live import TICK_S, Sessions, sessions
from live_story import FakeSession
from tornado.web import RequestHandler
from tornado.websocket import WebSocketHandler

Message = dict[str, Any]
TYPES = ("position", "order", "risk", "pnl")
NAMES = {
    "live_paper": "Tight stops", "live_exchange": "Breakout at Kraken", "live_several": "Majors",
    "live_sandbox": "Rehearsal", "live_breach": "Too large",
}  # fmt: skip
MOVES = ("live_paper", "live_several", "live_exchange")


def make(known: Sessions, names: str) -> None:
    """Have sessions of these names, with commas between them; ``none`` for none."""
    for name in names.split(","):
        if name != "none" and name not in known:
            known[name] = fake_live.make(name)


def traits() -> Message:
    """Return the traits of the view of all sessions."""
    return {"kind": "sessions", "title": "Live sessions", "height": 420}


def holds(session: FakeSession) -> list[Message]:
    """Return the messages that say what holds of a session."""
    latest: dict[tuple[str, str], Message] = {}
    for message in session.log:
        data = message["data"]
        if message["type"] in TYPES and "breach" not in data:
            name = data.get("position_id") or data.get("order_id") or ""
            latest[message["type"], name] = message
    return [
        message
        for (kind, name), message in latest.items()
        if kind in ("risk", "pnl") or name in session.positions or name in session.orders
    ]


class AllSockets(WebSocketHandler):
    """The stream of all sessions."""

    def open(self) -> None:
        """Start to send."""
        self.task = asyncio.ensure_future(self.pump())

    def on_message(self, message: str | bytes) -> None:
        """Answer pings."""
        self.write_message(json.dumps({"type": "pong", "timestamp": "", "data": {}}))

    async def pump(self) -> None:
        """Send what holds, then what comes."""
        known = sessions(self)
        seq = 0
        told: dict[str, int] = {}
        first: list[Message] = []
        for session in known.values():
            told[session.session] = len(session.log)
            first += holds(session) if session.status == "running" else []
        connected = {"epoch": str(id(self)), "seq": len(first), "snapshot": len(first)}
        await self.write_message(
            json.dumps({"type": "connected", "timestamp": "", "data": connected})
        )
        news = first
        while True:
            batch = [{**m, "seq": seq + i} for i, m in enumerate(news, 1)]
            seq += len(batch)
            for message in batch:
                message.pop("eseq", None)
            if batch:
                await self.write_message(json.dumps(batch))
            await asyncio.sleep(TICK_S)
            news = []
            for session in list(known.values()):
                if session.session in MOVES and session.status == "running":
                    self.settings["live_ticks"].tick(session)
                news += [
                    m for m in session.log[told.get(session.session, 0) :] if m["type"] in TYPES
                ]
                told[session.session] = len(session.log)

    def on_close(self) -> None:
        """Stop sending."""
        self.task.cancel()


class ListHandler(RequestHandler):
    """GET of the sessions."""

    def get(self) -> None:
        """Write them, the newest first."""
        listed = [summary(session) for session in reversed(sessions(self).values())]
        self.write({"sessions": listed})


def summary(session: FakeSession) -> Message:
    """Return what the server lists of a session."""
    latest = {m["type"]: m["data"] for m in holds(session)}
    return {
        "session_id": session.session, "name": NAMES.get(session.session, "Breakout"),
        "status": session.status,
        "strategy": "Breakout", "symbols": list(session.symbols), "timeframes": ["15M", "1H"],
        "feed": session.facts["feed"], "synthetic": session.synthetic,
        "positions": len(session.positions), "open_orders": len(session.orders),
        "risk": latest.get("risk"), "pnl": latest.get("pnl"),
        **{name: session.facts.get(name) for name in ("broker", "exchange", "account", "sandbox")},
    }  # fmt: skip


class FlattenAll(RequestHandler):
    """POST …/flatten of all sessions."""

    def post(self) -> None:
        """Obey, or refuse."""
        known = sessions(self)
        self.settings["fake"].asked_of_all.append(json.loads(self.request.body))
        if "live_barred" in known:
            self.set_status(403)
            self.write({"error": "You may read sessions, but not control them", "details": {}})
            return
        asked = [one for one in known.values() if one.status == "running"]
        for session in asked:
            session.control("flatten")
        self.write({"sessions": [{"session_id": one.session} for one in asked]})


HANDLERS = [
    (r"api/ws/stream/live-trading", AllSockets),
    (r"api/live-trading", ListHandler),
    (r"api/live-trading/flatten", FlattenAll),
]
