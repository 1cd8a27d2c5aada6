"""Takes in what runs have left in files while no server was there, a little at a time."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
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
        self._open: dict[str, tuple[list[Path], Iterator[Batch]]] = {}

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
        opened = self._open.get(record.id)
        if opened is None:
            found = spool.left(self._home, record.id, ended=ended)
            if not found:
                return True
            opened = found, chain.from_iterable(map(spool.read, found))
            self._open[record.id] = opened
        paths, batches = opened
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
                self._open[record.id] = paths, chain((following,), batches)
                return False
        except FileNotFoundError:
            log.info("another server took in what run %s has left", record.id)
        except (WorkbenchError, ValueError) as error:
            log.warning("what run %s has left could not be taken in: %s", record.id, error)
        except BaseException:
            # A busy state file, say: begin again at the next call.
            del self._open[record.id]
            raise
        del self._open[record.id]
        spool.remove(paths)
        # It may have left more in the meantime.
        return not spool.left(self._home, record.id, ended=ended)

    def forget(self, run_id: str) -> None:
        """Remove what a run has left."""
        self._open.pop(run_id, None)
        spool.remove(spool.left(self._home, run_id, ended=True))

    def tidy(self, active: Callable[[], Iterable[str]]) -> None:
        """Remove what runs have left that nobody asks for any more.

        Parameters
        ----------
        active
            Returns the runs that go on. Called after the files are looked up: a run is known
            before it leaves anything.
        """
        for run_id in spool.runs(self._home).difference(active()):
            self.forget(run_id)
