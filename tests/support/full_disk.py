"""A state file whose disk has no room: nothing is committed, everything can be read."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager


def full_error():
    """Return what SQLite says of a full disk."""
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL
    return error


class Full:
    """A connection that cannot commit, in the place of one that can."""

    def __init__(self, connection):
        self._connection = connection

    def __getattr__(self, name):
        return getattr(self._connection, name)

    def execute(self, sql, *values):
        if sql == "COMMIT":
            # As SQLite does by itself.
            self._connection.execute("ROLLBACK")
            raise full_error()
        return self._connection.execute(sql, *values)


@contextmanager
def full(database):
    """Have a `Database` find no room."""
    connection = database._connection
    database._connection = Full(connection)
    try:
        yield
    finally:
        database._connection = connection
