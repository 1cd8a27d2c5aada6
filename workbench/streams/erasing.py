"""How a log goes: out of sight at once, then out of the file, in pieces.

To free the pages of a large log takes seconds, in which its server would do nothing else. So a
deleted log's row only changes its kind, under which nobody finds it, and its blocks are deleted
in transactions of a bounded size, now or by whoever opens the file next.
"""

from __future__ import annotations

import sqlite3

ERASED = "deleted"
"""The kind of a log that is gone, but for its blocks."""
PIECE_BYTES = 4 * 1024 * 1024
PIECE_BLOCKS = 1000


def hide(tx: sqlite3.Connection, stream: str) -> None:
    """Take a log out of sight."""
    tx.execute("UPDATE streams SET kind = ? WHERE id = ?", (ERASED, stream))
    tx.execute("DELETE FROM producers WHERE stream = ?", (stream,))


def hidden(tx: sqlite3.Connection) -> list[str]:
    """Return the logs of which there is something left."""
    return [row[0] for row in tx.execute("SELECT id FROM streams WHERE kind = ?", (ERASED,))]


def erase(tx: sqlite3.Connection, stream: str) -> bool:
    """Delete a piece of a log that is out of sight; tell whether there is more of it.

    One that is not, since its name is in use again, or its deletion came to nothing, stays.
    """
    row = tx.execute("SELECT kind FROM streams WHERE id = ?", (stream,)).fetchone()
    if row is None or row[0] != ERASED:
        return False
    rows = tx.execute(
        "SELECT last_seq, length(keys) + length(payload) FROM blocks WHERE stream = ? "
        "ORDER BY last_seq LIMIT ?",
        (stream, PIECE_BLOCKS + 1),
    ).fetchall()
    size, last = 0, None
    for number, (seq, length) in enumerate(rows):
        size += length
        if number == PIECE_BLOCKS or (number and size > PIECE_BYTES):
            break
        last = seq
    else:
        tx.execute("DELETE FROM streams WHERE id = ?", (stream,))
        return False
    tx.execute("DELETE FROM blocks WHERE stream = ? AND last_seq <= ?", (stream, last))
    return True


def erase_all(tx: sqlite3.Connection, stream: str) -> None:
    """Make room for a new log of the same name."""
    tx.execute("DELETE FROM streams WHERE id = ? AND kind = ?", (stream, ERASED))
