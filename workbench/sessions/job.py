"""What a session's process is handed, and where its files are."""

from __future__ import annotations

from pathlib import Path

from workbench.runs.records import Job

LiveJob = Job
"""What ``python -m workbench.sessions.worker`` is handed on its standard input: as any run's."""


class ClosingJob(Job, frozen=True, kw_only=True, omit_defaults=True):
    """What ``python -m workbench.sessions.closing`` is handed on its standard input.

    Attributes
    ----------
    reason
        Why the session is closed without its own process, for people.
    closing_patience
        Seconds the broker has to close what is held.
    """

    reason: str = "the session did not obey"
    closing_patience: float = 30.0


def folder_of(home: Path) -> Path:
    """Return where the files of live sessions are."""
    return home / "live"


def journal_of(home: Path, session: str) -> Path:
    """Return the file a session's inputs are written to."""
    return folder_of(home) / f"{session}.db"
