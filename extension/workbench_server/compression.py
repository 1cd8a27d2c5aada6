"""Tornado's WebSocket protocol with compressed frames made elsewhere and shared."""

from __future__ import annotations

import ipaddress
from typing import Any

from tornado.httputil import HTTPHeaders, HTTPServerRequest
from tornado.websocket import _PerMessageDeflateDecompressor

from workbench_server.negotiation import agree
from workbench_server.outlet import Outlet
from workbench_server.protocol import Protocol

MODES = ("auto", "on", "off")


def wanted(mode: str, request: HTTPServerRequest) -> bool:
    """Tell whether a connection is to be compressed if it can be.

    `mode` is ``on``, ``off``, or ``auto``: unless the peer is on this very machine and nobody's
    proxy.
    """
    if mode != "auto":
        return mode == "on"
    if request.headers.get("X-Forwarded-For"):
        return True
    try:
        return not ipaddress.ip_address(request.remote_ip or "").is_loopback
    except ValueError:
        return False  # A Unix socket.


class SharedDeflateProtocol(Protocol):
    """Negotiates permessage-deflate and inflates what comes; it compresses nothing itself.

    So there is no compressor and no window a connection, and `write_message`, pings and all
    else Tornado writes goes uncompressed.

    Attributes
    ----------
    deflate
        Whether permessage-deflate was agreed on.
    outlet
        Who else writes to the stream, once it is open.
    """

    deflate = False
    outlet: Outlet | None = None

    def _parse_extensions_header(self, headers: HTTPHeaders) -> list[tuple[str, dict[str, Any]]]:
        agreed = agree(headers.get("Sec-WebSocket-Extensions", ""))
        return [] if agreed is None else [("permessage-deflate", agreed)]

    def _create_compressors(self, *_: Any) -> None:
        self.deflate = True
        self._decompressor = _PerMessageDeflateDecompressor(
            persistent=False, max_wbits=None, max_message_size=self.params.max_message_size
        )

    def _write_frame(self, *args: Any, **kwargs: Any) -> Any:
        if self.outlet is not None:
            self.outlet.waiting = True
        return super()._write_frame(*args, **kwargs)
