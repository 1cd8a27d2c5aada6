"""What a full disk and a busy file come to: an error that says so."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from workbench.errors import StorageFull

FULL_MSG = (
    "The disk of the state folder is full, so nothing can be written down: make room on it, and "
    "ask again"
)
_PASSING = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
    }
)
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


@contextmanager
def named() -> Iterator[None]:
    """Raise `StorageFull` for what SQLite says of a full disk."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if _kind(error) != sqlite3.SQLITE_FULL:
            raise
        raise StorageFull(FULL_MSG) from error


def passing(error: BaseException) -> bool:
    """Tell whether a file cannot be written just now: it is busy, or the disk is full."""
    if isinstance(error, StorageFull):
        return True
    if isinstance(error, OSError):
        return error.errno in _NO_ROOM
    return _kind(error) in _PASSING


def _kind(error: BaseException) -> int | None:
    code = getattr(error, "sqlite_errorcode", None)
    # The low byte is the kind, the rest says more of it.
    return None if code is None else code & 0xFF
