"""The end of a run that no server was there to take: a file the next server reads.

The first line is the number of the first message, then comes a message a line. A file that
is complete is renamed; one that is not is of use once its writer is gone.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import IO

import msgspec

from workbench.messages import LogMessage
from workbench.runs.publishing import MAX_BATCH_BYTES, Batch

log = logging.getLogger(__name__)

BATCH_MESSAGES = 500
_decode = msgspec.json.Decoder(LogMessage).decode


def path_of(home: Path, run_id: str) -> Path:
    """Return the file a run leaves."""
    return home / "spool" / f"{run_id}.jsonl"


def _unfinished(home: Path, run_id: str) -> Path:
    return path_of(home, run_id).with_suffix(".part")


def write(home: Path, run_id: str, first: int, messages: Iterable[bytes]) -> Path:
    """Leave messages `first`, `first` + 1, … for the next server."""
    path = path_of(home, run_id)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = _unfinished(home, run_id)
    with temporary.open("wb") as file:
        file.write(b"%d\n" % first)
        for message in messages:
            file.write(message)
            file.write(b"\n")
    temporary.replace(path)
    return path


def find(home: Path, run_id: str, *, ended: bool) -> Path | None:
    """Return what the run left, or None; if its process has `ended`, also an unfinished file."""
    path = path_of(home, run_id)
    if path.exists():
        return path
    path = _unfinished(home, run_id)
    return path if ended and path.exists() else None


def read(path: Path) -> Iterator[Batch]:
    """Yield what the file holds, in batches.

    What was cut off while it was written ends it, and what is longer than any message.
    """
    with path.open("rb") as file:
        head = file.readline()
        if not head.endswith(b"\n"):
            return
        number = int(head)
        lines = _whole_lines(file)
        while batch := list(islice(lines, BATCH_MESSAGES)):
            messages = []
            for line in batch:
                try:
                    messages.append(_decode(line))
                except msgspec.MsgspecError as error:
                    log.warning("%s is damaged after message %d: %s", path, number, error)
                    break
            if messages:
                yield Batch(number, messages)
            if len(messages) < len(batch):
                return
            number += len(messages)


def _whole_lines(file: IO[bytes]) -> Iterator[bytes]:
    while line := file.readline(MAX_BATCH_BYTES):
        if not line.endswith(b"\n"):
            return
        yield line


def remove(home: Path, run_id: str) -> None:
    """Forget what the run left."""
    path_of(home, run_id).unlink(missing_ok=True)
    _unfinished(home, run_id).unlink(missing_ok=True)
