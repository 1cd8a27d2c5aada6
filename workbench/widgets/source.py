"""What the Python side of the view reads from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

Message = dict[str, Any]
"""One message of the wire, decoded from JSON to plain dicts and lists."""


class RunSource(Protocol):
    """A way to a run: its stream, its data, its controls. Used from several threads at once."""

    def messages(self, since: int, epoch: str | None) -> Iterator[list[Message]]:
        """Yield batches of messages after `since` (0: from the start), blocking between them.

        The first message is `connected`. Ends after the run's last message, or when the source
        is closed. Reconnects by itself; where a position cannot be served, a `gap` message comes
        and the story starts anew.

        Raises
        ------
        workbench.errors.NotFound
            There is no such run.
        workbench.errors.ServerUnreachable
            No server answers.
        """
        ...

    def get(self, path: str, query: dict[str, Any]) -> dict[str, Any]:
        """Return the body of ``GET …/{run}/{path}``, for example of ``candles``.

        With an empty path that of the run itself.

        Raises
        ------
        workbench.errors.WorkbenchError
            The server refused, with its words.
        """
        ...

    def control(self, request: dict[str, Any]) -> dict[str, Any]:
        """Ask for something: `action`, and `value`, `unit` and `until` where they are given.

        Raises
        ------
        workbench.errors.WorkbenchError
            The server refused, with its words.
        """
        ...

    def close(self) -> None:
        """End every iterator that `messages` gave out."""
        ...
