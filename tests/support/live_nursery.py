"""Processes of live sessions on paper that die on a given step."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
from nursery import Nursery, lay_fuse, serve


class Birth(msgspec.Struct, omit_defaults=True):
    """A session's process.

    `fuse` is the step on which it is killed: each writing to the journal, message, command, and
    order in the broker's ledger has one before and one after it.
    """

    job: Any
    session: str = "real"
    ledger: str | None = None
    fuse: int | None = None
    closing: bool = False


class LiveNursery(Nursery):
    """Starts processes of sessions, one after the other."""

    def __init__(self) -> None:
        super().__init__(__file__)

    def run(self, job: Any, **options: Any) -> int:
        """Run a process to its end; return its exit code, or the signal below 0."""
        return self.bear(Birth(job, **options))


def _live(birth: Birth) -> int:
    from counting_session import CountingSession
    from dicey_session import DiceySession
    from ledger_broker import LedgerBroker

    from workbench.sessions import closing, running, worker
    from workbench.sessions.job import LiveJob
    from workbench.sessions.journal import Journal
    from workbench.sessions.running import Running

    job = msgspec.convert(birth.job, LiveJob)
    running.EVERY_PIECES = 20
    lay_fuse(birth.fuse, (
        (Journal, "append"), (Journal, "tell"), (Journal, "keep"), (Journal, "settle"),
        (Running, "_tell"), (LedgerBroker, "send"), (LedgerBroker, "enter"),
    ))  # fmt: skip

    def broker() -> LedgerBroker | None:
        return None if birth.ledger is None else LedgerBroker(Path(birth.ledger))

    if birth.closing:
        return closing.wind_up(job, broker, patience=5.0)

    def make(begun: Any, emit: Any, route: Any) -> Any:
        kinds = {"counting": CountingSession, "dicey": DiceySession}
        return kinds.get(birth.session, worker.session_of)(job, begun, emit, route)

    return worker.carry_on(job, make, broker)


IMPORTS = (
    "counting_session", "dicey_session", "ledger_broker", "talib",
    "workbench.engine.strategies.sma_cross",
    "workbench.feeds.replay", "workbench.feeds.synthetic", "workbench.sessions.worker",
    "workbench.sweeps.parcel", "workbench.trading.session",
)  # fmt: skip

if __name__ == "__main__":
    serve(Birth, _live, IMPORTS)
