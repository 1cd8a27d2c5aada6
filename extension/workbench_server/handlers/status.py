"""What the server is, and who is connected."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado import web

from workbench import __version__
from workbench.messages import PROTOCOL, utc_now
from workbench_server.handlers.base import ApiHandler


class StatusHandler(ApiHandler):
    """`GET /api/ws/stream/status`."""

    @web.authenticated
    @authorized
    def get(self) -> None:
        """Count the connections."""
        manager = self.extensionapp.manager
        self.reply(
            {
                "timestamp": utc_now(),
                "active_connections": manager.totals(),
                "streams": manager.counts(),
            }
        )


class InfoHandler(ApiHandler):
    """`GET /api/workbench`: how a client recognises a server with the workbench."""

    @web.authenticated
    @authorized
    def get(self) -> None:
        """Tell the version and the protocol."""
        self.reply(
            {
                "name": "workbench",
                "version": __version__,
                "protocol": PROTOCOL,
                "authentication": not self.extensionapp.insecure_no_auth,
            }
        )
