"""What holds of each live session now, and how its process fares: in the state file."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import NamedTuple

from msgspec import UNSET

from workbench.messages import (
    FINAL_ORDER_STATUSES,
    LiveMessage,
    LogMessage,
    Order,
    Position,
    Risk,
)
from workbench.runs.records import SESSION
from workbench.streams import Database, Entry, SqliteLog

STREAM = "live-trading"
"""The one stream of all sessions."""
KIND = "live_trading"
WINDOW = 20_000
SERVER = "server"

_Row = tuple[str, str, str]


class Care(NamedTuple):
    """How a session's process fares.

    Attributes
    ----------
    failures
        Ends of its process without a result, one after the other.
    retry_at
        When it may be started again, seconds since the epoch.
    closing
        Why the session is to be closed by force; None while it is not.
    """

    failures: int = 0
    retry_at: float = 0.0
    closing: str | None = None


class LiveBook:
    """Positions, open orders, risk and profit of the sessions, as their messages tell.

    Parameters
    ----------
    database, log
        The state file, and the logs in it.
    """

    def __init__(self, database: Database, log: SqliteLog) -> None:
        self._db = database
        self._log = log

    def open(self, window: int = WINDOW) -> None:
        """Make the stream of all sessions, where there is none yet; before anything is read of it.

        Parameters
        ----------
        window
            Messages it keeps, about.
        """
        with self._db.transaction() as tx:
            found = tx.execute("UPDATE streams SET keep = ? WHERE id = ?", (window, STREAM))
            if not found.rowcount:
                self._log.create(STREAM, KIND, window)

    def take(self, session: str, messages: Sequence[LogMessage]) -> list[Entry]:
        """Copy what concerns trading into the stream of all sessions, and take down what holds.

        To be called in the transaction that appends `messages` to the session's own log. Returns
        what was appended to the common one.
        """
        told = [copy.copy(message) for message in messages if isinstance(message, LiveMessage)]
        if not told or self._log.info(STREAM) is None:
            return []
        first = self._log.position(STREAM, SERVER) + 1
        entries = self._log.append(STREAM, SERVER, first, told)
        changed: dict[_Row, Entry | None] = {}
        for message, entry in zip(told, entries, strict=True):
            if isinstance(message, Risk) and message.data.breach is not UNSET:
                continue  # That it was met is news once; the next `risk` tells what holds.
            row = (session, message.type, _name(message))
            changed[row] = None if _over(message) else entry
        with self._db.transaction() as tx:
            tx.executemany(
                "DELETE FROM live_state WHERE session = ? AND type = ? AND name = ?",
                [row for row, entry in changed.items() if entry is None],
            )
            tx.executemany(
                "INSERT OR REPLACE INTO live_state VALUES (?, ?, ?, ?, ?, ?)",
                [
                    (*row, entry.seq, entry.key, entry.wire)
                    for row, entry in changed.items()
                    if entry is not None
                ],
            )
        return entries

    def snapshot(self, upto: int) -> list[Entry]:
        """Return what holds of the sessions that go on, as far as it was told up to seq `upto`."""
        rows = self._db.query(
            "SELECT seq, type, key, wire FROM live_state WHERE seq <= ? AND session IN "
            "(SELECT id FROM runs WHERE id GLOB ? AND status IN ('pending', 'running', 'paused')) "
            "ORDER BY seq",
            upto,
            f"{SESSION}*",
        )
        return [Entry(*row) for row in rows]

    def state(self, session: str) -> list[Entry]:
        """Return what holds of a session, or held when it ended."""
        rows = self._db.query(
            "SELECT seq, type, key, wire FROM live_state WHERE session = ? ORDER BY seq", session
        )
        return [Entry(*row) for row in rows]

    def care(self, session: str) -> Care:
        """Return how a session's process fares."""
        rows = self._db.query(
            "SELECT failures, retry_at, closing FROM sessions WHERE id = ?", session
        )
        return Care(*rows[0]) if rows else Care()

    def set_care(self, session: str, care: Care) -> None:
        """Note how a session's process fares."""
        with self._db.transaction() as tx:
            tx.execute("INSERT OR REPLACE INTO sessions VALUES (?, ?, ?, ?)", (session, *care))

    def forget(self, session: str) -> None:
        """Remove all that is kept of a session here."""
        with self._db.transaction() as tx:
            tx.execute("DELETE FROM live_state WHERE session = ?", (session,))
            tx.execute("DELETE FROM sessions WHERE id = ?", (session,))


def _name(message: LiveMessage) -> str:
    """Return of which of its session's things a message tells."""
    match message:
        case Position():
            return message.data.position_id
        case Order():
            return message.data.order_id
    return ""


def _over(message: LiveMessage) -> bool:
    """Tell whether nothing more will come of what a message tells of."""
    match message:
        case Position():
            return message.data.event == "close"
        case Order():
            return message.data.status in FINAL_ORDER_STATUSES
    return False
