"""What the WebSocket handlers share: Jupyter's rules of access and its pings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.extension.handler import ExtensionHandlerMixin

from workbench.errors import InvalidRequest, NotAllowed, WorkbenchError
from workbench_server.handlers.base import RESOURCE, foreign_origin
from workbench_server.handlers.refusing import Refusing
from workbench_server.handlers.watched import WatchedSocket
from workbench_server.handlers.writing import Writing

if TYPE_CHECKING:
    from workbench.runs.service import RunService
    from workbench_server.app import WorkbenchApp


class SocketHandler(Refusing, ExtensionHandlerMixin, Writing, WatchedSocket, JupyterHandler):
    """Base of the WebSocket handlers."""

    auth_resource = RESOURCE
    extensionapp: WorkbenchApp

    @property
    def service(self) -> RunService:
        """The runs."""
        return self.extensionapp.service

    def check_origin(self, origin: str | None = None) -> bool:
        """Without authentication, no other page may connect; else Jupyter's rule."""
        if self.extensionapp.insecure_no_auth:
            return not foreign_origin(self.request)
        return bool(super().check_origin(origin))

    def finish(self, chunk: Any = None) -> Any:
        """Say what is wrong with a handshake as everything else that is refused is said."""
        if isinstance(chunk, str) or self.get_status() == 426:
            error = self._no_handshake(self.get_status(), chunk)
            self.set_header("Content-Type", "application/json")
            chunk = msgspec.json.encode(error.body())
        return super().finish(chunk)

    def _no_handshake(self, status: int, words: str | None) -> WorkbenchError:
        headers = self.request.headers
        if status == 403:
            origin = headers.get("Origin", "")[:200]
            allowed = "a page of this server, or one of ServerApp.allow_origin"
            msg = f"A web page of {origin} may not connect: {allowed}"
            return NotAllowed(msg, field="Origin", value=origin, allowed=allowed)
        if status == 426:
            name, value = "Sec-WebSocket-Version", headers.get("Sec-WebSocket-Version", "")[:100]
            msg = f"{name} is {value!r}, expected 13"
            return InvalidRequest(msg, field=name, value=value, allowed=["13"])
        allowed = "a handshake as in RFC 6455, 4.1"
        msg = f"That is no handshake of a WebSocket: {words}"
        return InvalidRequest(msg, field=None, value=None, allowed=allowed)

    def set_default_headers(self) -> None:
        """Leave out headers that mean nothing on a WebSocket."""
