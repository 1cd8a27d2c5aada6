"""Tells when a reader of a stream knows what was told before it came."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

from workbench.widgets.source import Message, RunSource


class CatchingUp:
    """A source that tells once its reader has heard what the log held when it was opened.

    Parameters
    ----------
    source
        Where the messages come from.
    reached
        Called once, from the thread that reads, after it took the last of these messages. Not
        called where the stream fails before.
    """

    def __init__(self, source: RunSource, reached: Callable[[], None]) -> None:
        self._source = source
        self._reached = reached
        self._over = threading.Event()

    def wait(self, seconds: float) -> bool:
        """Wait until the reader is there, or the stream has ended; return whether it came to that.

        Parameters
        ----------
        seconds
            How long at most.
        """
        return self._over.wait(seconds)

    def messages(self, since: int, epoch: str | None) -> Iterator[list[Message]]:
        """Yield what the source does."""
        head: int | None = None
        seen = since
        try:
            for batch in self._source.messages(since, epoch):
                for message in batch:
                    if message["type"] == "connected":
                        head = int(message["data"].get("seq", 0))
                    seen = max(seen, message.get("seq", 0))
                yield batch
                # Who asks for the next batch has taken this one.
                if head is not None and seen >= head and not self._over.is_set():
                    self._reached()
                    self._over.set()
        finally:
            self._over.set()

    def get(self, path: str, query: dict[str, Any]) -> dict[str, Any]:
        """Return what the source does."""
        return self._source.get(path, query)

    def control(self, request: dict[str, Any]) -> dict[str, Any]:
        """Ask the source."""
        return self._source.control(request)

    def close(self) -> None:
        """Close the source."""
        self._source.close()
