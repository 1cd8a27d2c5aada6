"""What producers have said that no server was there to take: files the next server reads.

The first line is the number of the first message, then comes a message a line. A file that
its writer has left is renamed; another is of use once its writer is gone.
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


def path_of(home: Path, run_id: str, first: int) -> Path:
    """Return the file that a run's producer writes, from message `first` on."""
    return home / "spool" / f"{run_id}.{first}.part"


def left(home: Path, run_id: str, *, ended: bool) -> list[Path]:
    """Return the files a run left, in order; if its process has `ended`, also unfinished ones."""
    found = []
    for path in (home / "spool").glob(f"{run_id}.*"):
        match path.name.removeprefix(f"{run_id}.").split("."):
            case [number, "jsonl" | "part" as kind] if number.isdecimal():
                if ended or kind == "jsonl":
                    found.append((int(number), path))
    return [path for _, path in sorted(found)]


def runs(home: Path) -> set[str]:
    """Return the runs there are files of."""
    return {path.name.split(".")[0] for path in (home / "spool").glob("*.*.*")}


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


def remove(paths: Iterable[Path]) -> None:
    """Forget what is in these files."""
    for path in paths:
        path.unlink(missing_ok=True)
