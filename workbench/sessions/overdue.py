"""Sessions that are to be closed by force, also while nothing can be written down."""

from __future__ import annotations

from workbench.errors import NotFound, StorageFull
from workbench.messages import FINAL_STATUSES
from workbench.runs.live_book import Care
from workbench.runs.service import RunService


class Overdue:
    """Notes that a session is to be closed by force, as soon as the disk has room for that.

    Parameters
    ----------
    runs
        The runs of the folder.
    """

    def __init__(self, runs: RunService) -> None:
        self._runs = runs
        self._waiting: dict[str, str] = {}

    def close(self, session: str, why: str) -> None:
        """Have a session closed by force by its next process."""
        try:
            self._runs.live.set_care(session, Care(closing=why))
        except StorageFull:
            self._waiting[session] = why

    def settle(self) -> None:
        """Note what could not be noted before, of sessions that have not ended meanwhile."""
        for session, why in list(self._waiting.items()):
            del self._waiting[session]
            try:
                ended = self._runs.registry.get(session).status in FINAL_STATUSES
            except NotFound:
                continue
            if not ended:
                self.close(session, why)

    def waits(self, session: str) -> bool:
        """Tell whether a session is to be closed, but nothing says so yet."""
        return session in self._waiting
