"""What the WebSocket handlers share: Jupyter's rules of access and its pings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.extension.handler import ExtensionHandlerMixin

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

    def set_default_headers(self) -> None:
        """Leave out headers that mean nothing on a WebSocket."""
