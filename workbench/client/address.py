"""Where a run's stream is, and how to knock there: no token ever stands in an address."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from workbench.client.server import Server

OPEN_TIMEOUT_S = 10.0
CLOSE_TIMEOUT_S = 0.5
MOST_BYTES = 64 * 1024 * 1024
FRAMES_AHEAD = 16


def stream_address(
    server: Server, name: str | None, query: Mapping[str, str], kind: str = "backtest"
) -> str:
    """Return the address of a stream: of a run, or of another kind of thing.

    `name` is None where there is one of the kind alone.
    """
    base = server.url.replace("http", "ws", 1)
    tail = f"?{urlencode(query, safe=',')}" if query else ""
    whose = "" if name is None else f"/{quote(name, safe='')}"
    return f"{base}api/ws/stream/{kind}{whose}{tail}"


def socket_options(server: Server) -> dict[str, Any]:
    """Return how to connect, for both kinds of ``websockets.connect``.

    On loopback nothing is compressed, and the environment's proxies are passed by. Nobody is
    pinged: the server's heartbeats tell a dead connection, and who reads slowly is not one.
    """
    local = is_loopback(urlsplit(server.url).hostname or "")
    options: dict[str, Any] = {
        "additional_headers": {"Authorization": f"token {server.token}"} if server.token else {},
        "compression": None if local else "deflate",
        "open_timeout": OPEN_TIMEOUT_S,
        "close_timeout": CLOSE_TIMEOUT_S,
        "max_size": MOST_BYTES,
        "max_queue": FRAMES_AHEAD,
        "ping_interval": None,
    }
    if local:
        options["proxy"] = None
    return options


def is_loopback(host: str) -> bool:
    """Tell whether a host name or address is this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
