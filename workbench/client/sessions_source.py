"""All live sessions of a server, as their view's kernel side reads them."""

from __future__ import annotations

from typing import Any

from workbench.client.live_stream import NAME, LiveStream
from workbench.client.server import Server
from workbench.client.source import ServerSource
from workbench.client.stream import Stream
from workbench.errors import InvalidRequest


class SessionsSource(ServerSource):
    """What a `SessionsView` needs: the one stream, the list, and the kill switch."""

    _base = "api"

    def __init__(self, server: Server) -> None:
        super().__init__(server, NAME)

    def control(self, request: dict[str, Any]) -> dict[str, Any]:
        """Flatten all: of all sessions together nothing else can be asked.

        Raises
        ------
        InvalidRequest
            Something else is asked for.
        """
        action = request.get("action")
        if action != "flatten":
            msg = f"action is {action!r}, all sessions together take flatten alone"
            raise InvalidRequest(msg, field="action", value=action, allowed=["flatten"])
        return self._server.rest.post(f"{self._base}/{self._run_id}/flatten", {})

    def _opened(self, since: int, epoch: str | None) -> Stream:
        return LiveStream(self._server, since=since, epoch=epoch)
