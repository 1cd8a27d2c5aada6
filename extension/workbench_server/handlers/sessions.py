"""Live sessions: starting, listing, controlling and deleting them."""

from __future__ import annotations

import asyncio

from jupyter_server.auth.decorator import authorized
from tornado import web

from workbench.messages import ControlRequest
from workbench_server.handlers.base import ApiHandler
from workbench_server.handlers.refusing import asker


class StartSessionHandler(ApiHandler):
    """`POST /api/live-trading/start`."""

    @web.authenticated
    @authorized(action="execute")
    async def post(self) -> None:
        """Start a session."""
        sessions = self.extensionapp.sessions
        # On another thread: it reads files, and imports what an exchange needs.
        asked = await asyncio.to_thread(
            sessions.asked,
            self.json_body(),
            pickled_allowed=not self.extensionapp.insecure_no_auth,
            anywhere=not self.extensionapp.insecure_no_auth,
        )
        record = sessions.start(asked)
        live = record.spec.live
        path = f"{self.base_url}api/ws/stream/backtest/{record.id}"
        trading = f"{self.base_url}api/ws/stream/live-trading?session={record.id}"
        server = f"{'wss' if self.request.protocol == 'https' else 'ws'}://{self.request.host}"
        self.reply(
            {
                "session_id": record.id,
                "status": "pending",
                "streaming": True,
                "stream_url": f"{server}{path}",
                "message": (
                    f"Live session '{record.spec.name}' started. "
                    "Connect to WebSocket for real-time updates."
                ),
                "stream_path": path,
                "trading_url": f"{server}{trading}",
                "trading_path": trading,
                "symbols": None if live is None else live.symbols,
                "broker": None if live is None else live.broker,
                "feed": None if live is None else live.feed["feed"],
                "source": record.source,
                "synthetic": record.synthetic,
            }
        )


class SessionsHandler(ApiHandler):
    """`GET /api/live-trading`."""

    @web.authenticated
    @authorized
    def get(self) -> None:
        """List the sessions, the newest first."""
        sessions = self.extensionapp.sessions
        limit = self.int_argument("limit", 100, 1)
        self.reply({"sessions": [sessions.summary(each) for each in sessions.all()[:limit]]})


class SessionHandler(ApiHandler):
    """`/api/live-trading/{id}`."""

    @web.authenticated
    @authorized
    def get(self, session_id: str) -> None:
        """Tell all that holds of a session."""
        self.reply(self.extensionapp.sessions.detail(session_id))

    @web.authenticated
    @authorized(action="execute")
    def delete(self, session_id: str) -> None:
        """Delete a session that has ended, and its log."""
        self.extensionapp.sessions.delete(session_id)
        self.set_status(204)
        self.finish()


class ActionHandler(ApiHandler):
    """Base of the handlers that ask one session for something."""

    action: str

    @web.authenticated
    @authorized(action="execute")
    def post(self, session_id: str) -> None:
        """Pass the control on to the session."""
        by = asker(self.current_user)
        asked = ControlRequest(self.action)
        self.reply(self.extensionapp.sessions.control(session_id, asked, by))


class StopSessionHandler(ActionHandler):
    """`POST …/{id}/stop`."""

    action = "stop"


class FlattenSessionHandler(ActionHandler):
    """`POST …/{id}/flatten`."""

    action = "flatten"


class PauseEntriesHandler(ActionHandler):
    """`POST …/{id}/pause_entries`."""

    action = "pause_entries"


class ResumeEntriesHandler(ActionHandler):
    """`POST …/{id}/resume_entries`."""

    action = "resume_entries"


class FlattenAllHandler(ApiHandler):
    """`POST /api/live-trading/flatten`."""

    @web.authenticated
    @authorized(action="execute")
    def post(self) -> None:
        """Flatten every session: the kill switch."""
        told = self.extensionapp.sessions.flatten_all(asker(self.current_user))
        self.reply({"sessions": told})
