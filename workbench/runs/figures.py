"""How much a state folder keeps, for who watches over the server."""

from __future__ import annotations

from typing import NamedTuple

from workbench.runs.records import SESSION
from workbench.streams import Database
from workbench.streams.erasing import ERASED


class Figures(NamedTuple):
    """What is kept.

    Attributes
    ----------
    messages
        Messages in the logs, by kind of stream.
    bytes
        Size of the state file on disk, with its journal.
    runs
        Number of runs, by status.
    sessions
        Number of live sessions, by status.
    """

    messages: dict[str, int]
    bytes: int
    runs: dict[str, int]
    sessions: dict[str, int]


def figures(database: Database) -> Figures:
    """Look it up in the state file."""
    path = database.path
    files = [path, path.with_name(path.name + "-wal")]
    return Figures(
        dict(
            database.query(
                "SELECT kind, SUM(seq - first_seq + 1 - spared) FROM streams "
                "WHERE kind != ? GROUP BY kind",
                ERASED,
            )
        ),
        sum(file.stat().st_size for file in files if file.exists()),
        _runs(database, "NOT GLOB"),
        _runs(database, "GLOB"),
    )


def _runs(database: Database, which: str) -> dict[str, int]:
    sql = f"SELECT status, COUNT(*) FROM runs WHERE id {which} ? GROUP BY status"
    return dict(database.query(sql, f"{SESSION}*"))
