"""The kill switch: ``python -m workbench.sessions.closing``, a `LiveJob` on standard input.

It closes a session whose process hangs or is dead. None of the user's code is run: what the session
holds is read from its log, and from what its journal has of what it told and the log has not.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
import time
from collections.abc import Callable
from contextlib import closing
from itertools import count
from pathlib import Path

import msgspec

from workbench.errors import WorkbenchError, WorkerLost
from workbench.messages import Message, parse_time, utc_now
from workbench.runs.failing import clean
from workbench.runs.reading import open_folder, read_log
from workbench.sessions import feeding
from workbench.sessions.closing_at import VenueClosing
from workbench.sessions.forgetting import forget
from workbench.sessions.job import LiveJob, journal_of
from workbench.sessions.journal import Journal
from workbench.sessions.remains import Remains
from workbench.sessions.saying import Numbered
from workbench.sessions.telling import Telling, logged, publish
from workbench.sessions.unsent import Unsent
from workbench.sessions.winding import Winding
from workbench.trading.brokering import Broker

log = logging.getLogger("workbench.session")

VENUE_S = 20.0
"""Seconds a venue has for taking orders back, and as many again for closing."""


def main() -> int:
    """Close one session; return the process's exit code: 0 once its log says so."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return wind_up(msgspec.json.decode(sys.stdin.buffer.read(), type=LiveJob))


def wind_up(
    job: LiveJob,
    broker: Callable[[], Broker | None] | None = None,
    now: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    patience: float = VENUE_S,
    failure: WorkbenchError | None = None,
) -> int:
    """Close what a session has, and end its log; return as `main`.

    Parameters
    ----------
    job
        Which.
    broker
        Makes its broker, if not the usual one.
    now
        Epoch ms.
    patience
        Seconds a venue has.
    failure
        What the log is to end with, if not as one that was stopped.

    Raises
    ------
    Conflict
        Its process lives.
    """
    home = Path(job.home)
    # From now on no process of the session can go on, and none does.
    with closing(Journal(journal_of(home, job.run_id))) as journal:
        known = logged(home, job.run_id)
        unsent = Unsent(journal, known)
        remains = remains_of(home, job.run_id, unsent)
        telling = Telling(home, known)
        publisher = publish(job, telling)
        numbers = count(known + 1)

        def tell(message: Message) -> None:
            telling.send(Numbered(next(numbers), message))

        for told in unsent.messages():
            remains.take([told])
            tell(told)

        settings = feeding.settings_of(job.spec)
        reason = job.reason or "the session could not go on"
        if failure is not None:
            reason = clean(failure.message)
        winding = Winding(job.spec, remains, reason, utc_now())
        try:
            found = feeding.broker_of(job) if broker is None else broker()
            if found is None:
                for message in _wound_up(winding):
                    tell(message)
            else:
                at = VenueClosing(
                    found, remains, winding, tell, now, patience, parse_time(job.spec.start_date)
                )
                asyncio.run(_at_venue(found, settings.symbols, at))
            for message in winding.end(failure):
                tell(message)
        except WorkerLost as error:
            log.warning("%s", error.message)
            telling.fail(error)
        except WorkbenchError as error:
            # It is tried again by whoever started this; what was told stands.
            log.warning("not closed: %s", clean(error.message))
            publisher.close(1.0)
            return 1
        done = publisher.close(job.patience)
    if done:
        forget(home, job.run_id)
    return 0 if done or publisher.refused is not None else 1


def remains_of(home: Path, session: str, unsent: Unsent) -> Remains:
    """Return what a session has left, by its log; what is in there is taken off `unsent`.

    Raises
    ------
    NotFound
        There is no such state folder.
    """
    remains = Remains(session)
    with closing(open_folder(home)) as service:
        remains.take(unsent.logged(read_log(service, session)))
    return remains


def _wound_up(winding: Winding) -> list[Message]:
    told = [*winding.cancelled(), *winding.booked()]
    return [*told, *winding.closed(winding.at_last_prices())]


async def _at_venue(broker: Broker, symbols: list[str], at: VenueClosing) -> None:
    try:
        await at.run(symbols)
    finally:
        await broker.close()


if __name__ == "__main__":
    sys.exit(main())
