"""Reading streams and controlling runs from Python: `Stream`, `MarketStream`, and a server.

The names are resolved when first used, so that importing a part costs only that part.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.client.asynchronous import AsyncStream
    from workbench.client.discovery import connect
    from workbench.client.market_stream import AsyncMarketStream, MarketStream
    from workbench.client.server import Server
    from workbench.client.stream import Stream

_HOMES = {
    "AsyncMarketStream": "workbench.client.market_stream",
    "AsyncStream": "workbench.client.asynchronous",
    "MarketStream": "workbench.client.market_stream",
    "Server": "workbench.client.discovery",
    "Stream": "workbench.client.stream",
    "connect": "workbench.client.discovery",
}

__all__ = ["AsyncMarketStream", "AsyncStream", "MarketStream", "Server", "Stream", "connect"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        msg = f"module 'workbench.client' has no attribute {name!r}"
        raise AttributeError(msg)
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
