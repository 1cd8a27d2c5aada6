"""ccxt's connections, watched over: they neither stop nor come back in silence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Socket:
    """Watches the connections that an exchange of ``ccxt.pro`` makes.

    A frame that cannot be read ends ccxt's reading of the connection without anybody being told;
    here the connection goes on. A connection that is lost while nobody waits for a message is
    made anew by ccxt without anybody being told.

    Parameters
    ----------
    exchange
        Nothing has been followed on it yet.
    heard
        Called at each frame.
    broken
        Called with the error of a frame that could not be read.

    Attributes
    ----------
    opened
        How many connections have been made.
    """

    def __init__(
        self, exchange: Any, heard: Callable[[], None], broken: Callable[[Exception], None]
    ) -> None:
        self.opened = 0
        self._exchange = exchange
        self._make, exchange.client = exchange.client, self._client
        self._heard, self._broken = heard, broken

    @property
    def connected(self) -> bool:
        """Whether a connection stands."""
        clients = (self._exchange.clients or {}).values()
        return any(one.isConnected and not one.closed() for one in clients)

    def _client(self, url: str) -> Any:
        made = self._make(url)
        if not hasattr(made, "unguarded"):
            made.unguarded = made.handle_message
            made.handle_message = self._careful(made.unguarded)
            self.opened += 1
        return made

    def _careful(self, handle: Callable[[Any], None]) -> Callable[[Any], None]:
        def handle_message(message: Any) -> None:
            self._heard()
            try:
                handle(message)
            except Exception as error:
                self._broken(error)

        return handle_message
