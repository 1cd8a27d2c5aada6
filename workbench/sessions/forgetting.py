"""Removing what a session has left beside its log."""

from __future__ import annotations

from pathlib import Path

from workbench.sessions import accounts, journal


def forget(home: Path, session: str) -> None:
    """Remove the journal of a session that has ended or was deleted, and its part of an account."""
    journal.remove(home, session)
    accounts.remove(home, session)
