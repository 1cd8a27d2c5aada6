"""`ws …/api/ws/stream/live-trading`: positions, orders, risk and profit of all live sessions."""

from __future__ import annotations

from jupyter_server.utils import ensure_async

from workbench.errors import InvalidRequest, NotAllowed
from workbench.messages import ControlRequest
from workbench.runs.live_book import STREAM
from workbench.sessions.service import ACTIONS
from workbench.streams import StreamQuery
from workbench.streams.query import LIVE_PARAMETERS, wanted_of
from workbench_server.handlers.base import RESOURCE
from workbench_server.handlers.refusing import asker
from workbench_server.handlers.streaming import StreamHandler
from workbench_server.subjects import Subject, of_sessions


class LiveStreamHandler(StreamHandler):
    """One subscriber of live trading."""

    parameters = LIVE_PARAMETERS

    def named(self, asked: str) -> str:
        """Return the name of the one stream there is."""
        return STREAM

    async def subject(self) -> Subject:
        """Return what the stream is about."""
        names = self.request.query_arguments
        given = {name: self.get_query_argument(name) for name in names}
        asked, sessions = given.get("symbols"), self.extensionapp.sessions
        return of_sessions(
            self.service.live,
            [asked] if asked else [],
            lambda: sessions.prices(wanted_of(given)),
        )

    def query(self, given: dict[str, str], subject: Subject) -> StreamQuery:
        """Return what the subscriber wants.

        Raises
        ------
        InvalidRequest
            A parameter is wrong.
        """
        return StreamQuery.parse_live(given, self.extensionapp.sessions.traded)

    async def control(self, request: ControlRequest) -> None:
        """Pass a control on to the session it names."""
        allowed = await ensure_async(
            self.authorizer.is_authorized(self, self.current_user, "execute", RESOURCE)
        )
        action = request.action[:40]
        if not allowed:
            msg = f"You may read this stream, but not control sessions ({action})"
            raise NotAllowed(msg, field="action", value=action)
        if action not in ACTIONS:
            msg = f"action is {action!r}, here sessions take {', '.join(ACTIONS)}"
            raise InvalidRequest(msg, field="action", value=action, allowed=list(ACTIONS))
        self.extensionapp.sessions.control(request.session, request, asker(self.current_user))
