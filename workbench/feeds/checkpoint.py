"""What a feed's detectors know, kept on disk: another process goes on with it."""

from __future__ import annotations

import hashlib
import io
import logging
import math
import os
import pickle
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct

from workbench import __version__
from workbench.analysis.detecting import Analysis
from workbench.errors import WorkbenchError
from workbench.feeds.job import FeedJob

log = logging.getLogger(__name__)

EVERY_CANDLES = 1000
EVERY_S = 20.0

Failed = Callable[[WorkbenchError], None]


class Known(NamedTuple):
    """Detectors, and the open time (epoch ms) of the last candle they saw, by timeframe."""

    analysis: Analysis
    seen: dict[str, int]


class _Head(Struct):
    job: str
    seen: dict[str, int]
    digest: str


class _Taken(NamedTuple):
    body: bytes
    published: int


class Checkpoints:
    """Keeps what the detectors of a feed know.

    It is written only once the log has all that was published by then: what is on disk is never
    ahead of the log. The file is the user's own, as the whole state folder; it holds a pickle and
    is read for the same feed, workbench and Python only.

    Parameters
    ----------
    path
        The file.
    job
        What the feed's process was handed.
    published
        Returns how many messages have been sent, and how many of them the log has.
    failed
        What the detectors tell their failures to; it is no part of what is kept.
    clock
        Seconds, monotonic.
    """

    def __init__(
        self,
        path: Path,
        job: FeedJob,
        published: Callable[[], tuple[int, int]],
        failed: Failed,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path = path
        self._job = fingerprint(job)
        self._by_value = job.detectors is not None
        self._published, self._failed, self._clock = published, failed, clock
        self._taken: _Taken | None = None
        self._at = -math.inf
        self._candles = 0
        self._able = True

    def load(self, closed: Mapping[str, int]) -> Known | None:
        """Return what was kept, if it fits the feed and is not ahead of its log.

        Parameters
        ----------
        closed
            Open time (epoch ms) of the last closed candle in the log, by timeframe.
        """
        try:
            head, _, body = self._path.read_bytes().partition(b"\n")
            read = msgspec.json.decode(head, type=_Head)
            if read.job != self._job or read.digest != hashlib.sha256(body).hexdigest():
                return None
            if any(time > closed.get(name, -1) for name, time in read.seen.items()):
                return None
            return Known(_Unpickler(body, self._failed).load(), read.seen)
        except FileNotFoundError:
            return None
        except Exception as error:
            # Whatever a damaged file, or another version of a class, comes to.
            log.warning("the checkpoint cannot be used: %s: %s", type(error).__name__, error)
            return None

    def consider(self, known: Known, candles: int) -> str | None:
        """Keep what is known if it is time to; return why that cannot be done, once.

        Parameters
        ----------
        candles
            How many the detectors have seen.
        """
        self.write()
        new = candles - self._candles
        late = self._clock() - self._at >= EVERY_S
        if self._taken is None and new and (late or new >= EVERY_CANDLES):
            self._at, self._candles = self._clock(), candles
            return self.take(known)
        return None

    def take(self, known: Known) -> str | None:
        """Keep what is known now, to be written when the log has it; see `consider`."""
        if not self._able:
            return None
        try:
            body = self._pickled(known.analysis)
        except Exception as error:
            # A user's detector may raise anything here.
            self._able = False
            return f"{type(error).__name__}: {error}"
        head = _Head(self._job, dict(known.seen), hashlib.sha256(body).hexdigest())
        self._taken = _Taken(msgspec.json.encode(head) + b"\n" + body, self._published()[0])
        return None

    def write(self) -> None:
        """Write what was taken, if the log has all that was published by then."""
        if self._taken is None or self._published()[1] < self._taken.published:
            return
        body, self._taken = self._taken.body, None
        beside = self._path.with_name(f"{self._path.name}.{os.getpid()}")
        try:
            self._path.parent.mkdir(mode=0o700, exist_ok=True)
            with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(body)
            beside.replace(self._path)
        except OSError as error:
            log.warning("no checkpoint: %s", error)
            beside.unlink(missing_ok=True)

    def _pickled(self, analysis: Analysis) -> bytes:
        file = io.BytesIO()
        kind: Any = pickle.Pickler
        if self._by_value:
            import cloudpickle

            kind = cloudpickle.Pickler
        failed = self._failed

        class Pickler(kind):  # type: ignore[misc]
            def persistent_id(self, one: Any) -> str | None:
                return "failed" if one is failed else None

        Pickler(file, pickle.HIGHEST_PROTOCOL).dump(analysis)
        return file.getvalue()


class _Unpickler(pickle.Unpickler):
    def __init__(self, body: bytes, failed: Failed) -> None:
        super().__init__(io.BytesIO(body))
        self._failed = failed

    def persistent_load(self, name: Any) -> Any:
        return self._failed


def path_of(home: Path, stream: str) -> Path:
    """Return where what the detectors of a feed know is kept."""
    return home / "feeds" / f"{stream}.detectors"


def fingerprint(job: FeedJob) -> str:
    """Return what tells apart feeds whose detectors know different things."""
    own = None if job.detectors is None else hashlib.sha256(job.detectors).hexdigest()
    about = [__version__, sys.version, job.stream, msgspec.to_builtins(job.spec), own]
    return hashlib.sha256(msgspec.json.encode(about, order="deterministic")).hexdigest()
