"""What is known of a run, and how it is asked for."""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

from workbench.runs.spec import RunSpec

PATIENCE_S = 600.0
SESSION = "live_"
"""What the ids of live sessions begin with."""


class Job(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a worker is handed on its standard input.

    Attributes
    ----------
    run_id, spec
        Which run, and what was asked for.
    urls
        Servers to publish to, the preferred one first.
    token
        The right to publish this run's stream, and nothing else.
    home
        The state folder.
    strategy
        A class pickled by value, or None when `spec` names a registered one.
    """

    run_id: str
    spec: RunSpec
    urls: list[str]
    token: str
    home: str
    patience: float = PATIENCE_S
    strategy: bytes | None = None


class RunRecord(Struct, kw_only=True, omit_defaults=False):
    """A row of the registry.

    Attributes
    ----------
    status
        pending, running, paused, complete, error or stopped.
    created, started, finished
        ISO 8601, UTC.
    strategy
        The class pickled by value, if it is not a registered one.
    python, paths
        Interpreter and module search path of the caller's kernel, if it asked for them.
    pid, pid_start
        The producer's process and its start time, which tells a reused pid; None for one that
        has not started, or is on another machine.
    source, synthetic
        Where the candles come from, and whether they are generated.
    result
        `data` and `extra` of the final message.
    producer
        Who publishes it: ``worker``, a process of the server's, or ``kernel``, a process of
        the user's that the server neither starts nor ends.
    seen
        When a producer that is not a worker was last known to be connected, seconds since the
        epoch.
    """

    id: str
    status: str
    created: str
    spec: RunSpec
    source: str
    synthetic: bool
    token_hash: str
    started: str | None = None
    finished: str | None = None
    strategy: bytes | None = None
    python: str | None = None
    paths: list[str] = []
    pid: int | None = None
    pid_start: float | None = None
    result: dict[str, Any] | None = None
    producer: str = "worker"
    seen: float | None = None

    @property
    def spawned(self) -> bool:
        """Whether its process is one of the server's own."""
        return self.producer == "worker"


def new_token() -> str:
    """Return a fresh publish token."""
    return secrets.token_urlsafe(24)


def hash_token(token: str) -> str:
    """Return what is stored of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def is_session(run_id: str) -> bool:
    """Tell whether an id is that of a live session."""
    return run_id.startswith(SESSION)


def run_id_for(moment: datetime, taken: int = 0, beginning: str = "backtest_") -> str:
    """Return ``backtest_20240211_143022``; with `taken` namesakes, ``…_2`` and so on.

    Those of live sessions begin with `SESSION`.
    """
    base = beginning + moment.astimezone(UTC).strftime("%Y%m%d_%H%M%S")
    return f"{base}_{taken + 1}" if taken else base
