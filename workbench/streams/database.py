"""The one SQLite file: logs and run registry live in it side by side."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from workbench.errors import WorkbenchError
from workbench.streams import schema
from workbench.streams.storage import named

REWRITE_BYTES = 64 * 1024 * 1024


class Database:
    """A connection to the state file, created on first use.

    WAL with synchronous=NORMAL: what was committed survives the death of the process;
    a power cut may lose the last moments but never corrupts.

    Parameters
    ----------
    path
        The file; its folder is made, readable by the owner only.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.path = path
        self._depth = 0
        self._rollbacks = 0
        self._due: list[Callable[[], None]] = []
        self._connection = sqlite3.connect(path, isolation_level=None, timeout=30.0)
        version = schema.version_of(self._connection)
        if version > schema.SCHEMA_VERSION:
            self._connection.close()
            msg = f"{path} was written by a newer version (schema {version}); upgrade, or move it"
            raise WorkbenchError(msg, path=str(path), schema=version)
        if version == 0:
            # Free pages can only be given back without a rewrite if this is set at the start.
            self._connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=NORMAL")
        self._connection.execute("PRAGMA foreign_keys=ON")
        schema.prepare(self._connection)
        if version == 1 and path.stat().st_size <= REWRITE_BYTES:
            self._list_free_pages()
        path.chmod(0o600)

    def query(self, sql: str, *values: object) -> list[Any]:
        """Return all rows of a SELECT."""
        return self._connection.execute(sql, values).fetchall()

    def iterate(self, sql: str, *values: object) -> Iterator[Any]:
        """Yield the rows of a SELECT one by one."""
        yield from self._connection.execute(sql, values)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Hold the write lock; commit at the end, roll back on an exception.

        Within another transaction of this connection it is a part of that one.

        Raises
        ------
        StorageFull
            The disk has no room; nothing was written.
        """
        if self._depth:
            with self._deeper():
                yield self._connection
            return
        with named():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                with self._deeper():
                    yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                self._roll_back()
                raise
        due, self._due = self._due, []
        for call in due:
            call()

    @contextmanager
    def _deeper(self) -> Iterator[None]:
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1

    def once_committed(self, call: Callable[[], None]) -> None:
        """Call this when what was written so far is in the file, and not at all if it never is."""
        if self._depth:
            self._due.append(call)
        else:
            call()

    def _roll_back(self) -> None:
        self._rollbacks += 1
        self._due = []
        # A full disk has SQLite roll back by itself.
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def version(self) -> tuple[int, int]:
        """Return what changes when anyone but this connection has changed the file.

        A transaction that was rolled back here changes it too: what is remembered of the
        file is true as long as this is the same.
        """
        row = self._connection.execute("PRAGMA data_version").fetchone()
        return row[0], self._rollbacks

    def shrink(self, pages: int) -> bool:
        """Give up to `pages` free pages back to the file system; tell whether there are more.

        A large file of version 1 has no list to do so by: its free pages are only used again.
        """
        if self._connection.execute("PRAGMA auto_vacuum").fetchone()[0] != 2:
            return False
        self._connection.execute(f"PRAGMA incremental_vacuum({pages})").fetchall()
        left: int = self._connection.execute("PRAGMA freelist_count").fetchone()[0]
        return left > 0

    def _list_free_pages(self) -> None:
        """Write the file anew so that free pages can be given back from now on."""
        self._connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
        # Not while another process is at it: then the file stays as it is.
        with contextlib.suppress(sqlite3.OperationalError):
            self._connection.execute("VACUUM")

    def close(self) -> None:
        """Close the file."""
        self._connection.close()
