"""What a session's process is handed, and where its files are."""

from __future__ import annotations

from pathlib import Path

import msgspec

from workbench.runs.records import Job
from workbench.sessions.brokers import Allowed


class LiveJob(Job, frozen=True, kw_only=True, omit_defaults=True):
    """What ``python -m workbench.sessions.worker``, and ``…closing``, read from standard input.

    Attributes
    ----------
    allowed
        Accounts that the server's configuration allows live orders for.
    reason
        Of a session that is closed by force: why, for people.
    """

    allowed: list[Allowed] = msgspec.field(default_factory=list)
    reason: str | None = None


def folder_of(home: Path) -> Path:
    """Return where the files of live sessions are."""
    return home / "live"


def journal_of(home: Path, session: str) -> Path:
    """Return the file a session's inputs are written to."""
    return folder_of(home) / f"{session}.db"
