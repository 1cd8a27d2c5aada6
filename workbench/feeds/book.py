"""Every feed there is, in the state file: what it was asked to be, and how it fares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec
from msgspec import Struct

from workbench.errors import NotFound, TooManyConnections
from workbench.feeds.spec import FeedSpec
from workbench.messages import FeedState, utc_now
from workbench.runs.records import hash_token
from workbench.streams import Database

_json = msgspec.json.encode


class FeedRecord(Struct, kw_only=True):
    """A row of the book.

    Attributes
    ----------
    name
        Of the feed and of its stream.
    spec
        What it was asked to be.
    given
        Whether somebody asked for just this; else it is what the configuration says of the symbol.
    status, message
        What it does, as its last `feed` message says.
    source, synthetic
        Where its prices come from, and whether they never traded.
    created, started
        ISO 8601, UTC; `started` of the latest process.
    detectors, python, paths
        The user's own, pickled by value, and the interpreter and module search path they need.
    pid, pid_start
        Its process and when that began; None while it has none.
    seen
        When it was last known to be wanted, seconds since the epoch.
    failures, retry_at
        Ends of its process one after the other, and when it may be started again.
    closed
        Open time (epoch ms) of the last closed candle in the log, by timeframe.
    halted
        Whether somebody stopped it, and nobody has started it since.
    """

    name: str
    spec: FeedSpec
    given: bool
    status: FeedState
    message: str
    source: str
    synthetic: bool
    created: str
    detectors: bytes | None = None
    python: str | None = None
    paths: list[str] = []
    started: str | None = None
    token_hash: str = ""
    pid: int | None = None
    pid_start: float | None = None
    seen: float = 0.0
    failures: int = 0
    retry_at: float = 0.0
    closed: dict[str, int] = {}
    halted: bool = False

    @property
    def producer(self) -> str:
        """Name under which its present process publishes: each has numbers of its own."""
        return producer_of(self.token_hash)


_COLUMNS = FeedRecord.__struct_fields__
_READ = {"spec": FeedSpec, "paths": list[str], "closed": dict[str, int]}
_SELECT = f"SELECT {', '.join(_COLUMNS)} FROM feeds"


def producer_of(token_hash: str) -> str:
    """Return the name under which the holder of a publish token publishes."""
    return f"feed_{token_hash[:16]}"


class FeedBook:
    """Feeds by name."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def put(self, record: FeedRecord) -> None:
        """Add a feed, or put it in the place of the one of its name."""
        values = msgspec.structs.asdict(record)
        values |= {name: _json(values[name]) for name in _READ}
        with self._db.transaction() as tx:
            tx.execute(
                f"INSERT OR REPLACE INTO feeds ({', '.join(_COLUMNS)}) "
                f"VALUES ({', '.join('?' * len(_COLUMNS))})",
                [values[name] for name in _COLUMNS],
            )

    def find(self, name: str) -> FeedRecord | None:
        """Return a feed, None if there is none of this name."""
        rows = self._db.query(f"{_SELECT} WHERE name = ?", name)
        return _record(rows[0]) if rows else None

    def get(self, name: str) -> FeedRecord:
        """Return a feed.

        Raises
        ------
        NotFound
            There is none of this name.
        """
        record = self.find(name)
        if record is None:
            msg = f"There is no feed {name!r}"
            raise NotFound(msg, field="name", value=name)
        return record

    def all(self) -> list[FeedRecord]:
        """Return all feeds by name."""
        return [_record(row) for row in self._db.query(f"{_SELECT} ORDER BY name")]

    def running(self) -> list[FeedRecord]:
        """Return the feeds that have a process."""
        return [_record(row) for row in self._db.query(f"{_SELECT} WHERE pid IS NOT NULL")]

    @contextmanager
    def claim(self, name: str, token: str, most: int) -> Iterator[FeedRecord | None]:
        """Take a feed that has no process, under a fresh token; give None if it is not to be had.

        Of all who serve the state folder one gets it: the block holds the write lock. It is to
        start the process and note it; an exception there gives the feed back. From here on only
        the holder of the token can publish it, so nothing a former process has said comes later.

        Parameters
        ----------
        most
            Feeds that may have a process at once; 0 for any number.

        Raises
        ------
        TooManyConnections
            So many have one.
        """
        with self._db.transaction() as tx:
            taken = tx.execute(
                "UPDATE feeds SET token_hash = ? WHERE name = ? AND pid IS NULL",
                (hash_token(token), name),
            )
            if taken.rowcount != 1:
                yield None
                return
            busy = tx.execute("SELECT count(*) FROM feeds WHERE pid IS NOT NULL").fetchone()[0]
            if most and busy >= most:
                msg = f"{busy} feeds run already, no more are started; try again later"
                raise TooManyConnections(msg, field="max_feeds", value=busy, allowed=most)
            yield self.get(name)

    def set_process(self, name: str, pid: int, pid_start: float) -> None:
        """Note the process of a feed."""
        self._update(
            name, pid=pid, pid_start=pid_start, started=utc_now(), status="starting",
            message="its process starts", halted=0,
        )  # fmt: skip

    def set_ended(self, name: str, *, failures: int = 0, retry_at: float = 0.0) -> None:
        """Note that a feed has no process any more; nobody holds its token then."""
        self._update(
            name, pid=None, pid_start=None, token_hash="", failures=failures, retry_at=retry_at
        )

    def set_halted(self, name: str) -> None:
        """Note that somebody stopped a feed; its next process ends that."""
        self._update(name, halted=1)

    def set_status(
        self, name: str, status: FeedState, message: str, source: str, synthetic: bool
    ) -> None:
        """Note what a feed says of itself."""
        self._update(name, status=status, message=message, source=source, synthetic=int(synthetic))

    def set_closed(self, name: str, closed: Mapping[str, int]) -> None:
        """Note the last closed candles in its log."""
        self._update(name, closed=_json(closed))

    def see(self, name: str, now: float) -> None:
        """Note that a feed is wanted at `now`, seconds since the epoch."""
        self._update(name, seen=now)

    def delete(self, name: str) -> None:
        """Remove a feed."""
        with self._db.transaction() as tx:
            tx.execute("DELETE FROM feeds WHERE name = ?", (name,))

    def _update(self, name: str, **values: object) -> None:
        assignments = ", ".join(f"{column} = ?" for column in values)
        with self._db.transaction() as tx:
            tx.execute(f"UPDATE feeds SET {assignments} WHERE name = ?", (*values.values(), name))


def _record(row: Sequence[Any]) -> FeedRecord:
    values = dict(zip(_COLUMNS, row, strict=True))
    values |= {name: msgspec.json.decode(values[name], type=kind) for name, kind in _READ.items()}
    values |= {name: bool(values[name]) for name in ("given", "synthetic", "halted")}
    return FeedRecord(**values)
