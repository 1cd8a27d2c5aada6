"""Waiting for a disk that has room again: nothing is lost that was not acted on."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable

from workbench.errors import StorageFull

log = logging.getLogger("workbench.session")

RETRY_S = (0.5, 10.0)


async def written(
    write: Callable[[], None], going: Callable[[], bool], clock: Callable[[], float]
) -> str:
    """Write, as often as it takes; return how long that took, for people, empty if no time.

    Parameters
    ----------
    write
        Writes all or nothing.
    going
        Whether to go on trying.
    clock
        Seconds.
    """
    wait, since, why = RETRY_S[0], clock(), ""
    while going():
        try:
            write()
        except StorageFull as error:
            why = error.message
            log.warning("waiting to be able to write: %s", why)
            await asyncio.sleep(wait)
            wait = min(2 * wait, RETRY_S[1])
        else:
            took = clock() - since
            return f"Nothing was done for {took:.0f} s: {why}" if why else ""
    return ""


def no_room(error: sqlite3.OperationalError) -> bool:
    """Tell whether it is the disk that does not take what is written."""
    return error.sqlite_errorcode & 0xFF in (
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_READONLY,
    )
