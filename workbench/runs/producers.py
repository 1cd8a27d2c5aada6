"""Who is connected to publish: one connection a stream, the latest."""

from __future__ import annotations

from collections.abc import Callable

LEASE_S = 600.0
Close = Callable[[str, bool], None]
"""Closes a connection, which from then on publishes nothing: why, and whether for good."""


class Producers:
    """Publishing connections by stream."""

    def __init__(self) -> None:
        self._connections: dict[str, Close] = {}

    def join(self, stream: str, close: Close) -> None:
        """Note a connection that may publish; one that was there before it is closed."""
        earlier = self._connections.get(stream)
        self._connections[stream] = close
        if earlier is not None:
            earlier("another connection publishes this stream now", False)

    def dismiss(self, stream: str, why: str) -> None:
        """Close a connection for good, if there is one."""
        close = self._connections.pop(stream, None)
        if close is not None:
            close(why, True)

    def leave(self, stream: str, close: Close) -> None:
        """Note that a connection is gone, unless another has taken its place."""
        if self._connections.get(stream) == close:
            del self._connections[stream]

    def connected(self, stream: str) -> bool:
        """Tell whether a producer is connected."""
        return stream in self._connections


def lease_ended(seen: float | None, started: float, now: float, lease: float) -> bool:
    """Tell whether a producer has been away too long.

    Parameters
    ----------
    seen
        When it was last known to be connected, to any server of the state folder.
    started
        When this server began to listen; before, nobody could have come.
    now
        The present; all in seconds since the epoch.
    lease
        Seconds it may be away.
    """
    return now - max(seen or 0.0, started) > lease
