"""Takes in what runs have left in files while no server was there, a little at a time."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from pathlib import Path

from workbench.errors import WorkbenchError
from workbench.messages import LogMessage
from workbench.runs import spool
from workbench.runs.publishing import Batch
from workbench.runs.records import RunRecord

log = logging.getLogger(__name__)

Append = Callable[[str, str, int, Sequence[LogMessage]], None]


class Leftovers:
    """The files of a state folder's runs.

    Parameters
    ----------
    home
        The state folder.
    append
        Called with (stream, producer, first, messages) to put a producer's messages into a log.
    """

    def __init__(self, home: Path, append: Append) -> None:
        self._home = home
        self._append = append
        self._open: dict[str, Iterator[Batch]] = {}

    def take(self, record: RunRecord, *, ended: bool, seconds: float) -> bool:
        """Take in some of what a run has left; tell whether nothing is left any more.

        Parameters
        ----------
        record
            The run.
        ended
            Whether its process has ended, so that an unfinished file grows no more.
        seconds
            How long this may take, about.
        """
        batches = self._open.get(record.id)
        if batches is None:
            path = spool.find(self._home, record.id, ended=ended)
            if path is None:
                return True
            batches = self._open[record.id] = spool.read(path)
        deadline = time.monotonic() + seconds
        try:
            for batch in batches:
                self._append(record.id, record.producer, batch.first, batch.messages)
                if time.monotonic() < deadline:
                    continue
                # With the last batch the run may have ended: nobody would ask again.
                following = next(batches, None)
                if following is None:
                    break
                self._open[record.id] = chain((following,), batches)
                return False
        except (WorkbenchError, ValueError) as error:
            log.warning("what run %s has left could not be taken in: %s", record.id, error)
        except BaseException:
            # A busy state file, say: begin again at the next call.
            del self._open[record.id]
            raise
        self.forget(record.id)
        return True

    def forget(self, run_id: str) -> None:
        """Remove what a run has left."""
        self._open.pop(run_id, None)
        spool.remove(self._home, run_id)
