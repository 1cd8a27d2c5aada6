"""The log in SQLite: a block of messages a batch, not a row each."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from workbench.errors import LogDamaged, NotFound
from workbench.messages import FINAL_TYPES, Delivery, LogMessage, encode
from workbench.streams import erasing
from workbench.streams import window as windows
from workbench.streams.blocks import damaged, pack, unpack
from workbench.streams.database import Database
from workbench.streams.guard import fresh
from workbench.streams.latest import without_old
from workbench.streams.log import Entry, StreamInfo

REMEMBERED = 10_000

_Block = tuple[int, int, bytes, bytes]
_pack = msgspec.msgpack.Encoder().encode
_latest: msgspec.msgpack.Decoder[dict[str, int]] = msgspec.msgpack.Decoder(dict[str, int])


class SqliteLog:
    """`StreamLog` in the state file.

    Where a log and its producers stand is remembered until another process writes the file.
    """

    def __init__(self, database: Database) -> None:
        self._db = database
        self._infos: dict[str, StreamInfo] = {}
        self._positions: dict[tuple[str, str], int] = {}
        self._version: tuple[int, int] | None = None
        self._hidden: list[str] | None = None

    def create(self, stream: str, kind: str, window: int | None = None) -> StreamInfo:
        epoch = secrets.token_hex(8)
        with self._db.transaction() as tx:
            erasing.erase_all(tx, stream)
            tx.execute(
                "INSERT INTO streams (id, kind, epoch, latest, keep) VALUES (?, ?, ?, ?, ?)",
                (stream, kind, epoch, _pack({}), window),
            )
        return StreamInfo(stream, kind, epoch, 0, 0, {}, False, window=window)

    def info(self, stream: str) -> StreamInfo | None:
        self._forget_if_changed()
        known = self._infos.get(stream)
        if known is not None:
            return known
        rows = self._db.query(
            "SELECT id, kind, epoch, seq, eseq, latest, closed, first_seq, keep, bytes, spared "
            "FROM streams WHERE id = ? AND kind != ?",
            stream,
            erasing.ERASED,
        )
        if not rows:
            return None
        name, kind, epoch, seq, eseq, latest, closed, *rest = rows[0]
        info = StreamInfo(name, kind, epoch, seq, eseq, _latest.decode(latest), bool(closed), *rest)
        self._infos[stream] = info
        return info

    def position(self, stream: str, producer: str) -> int:
        self._forget_if_changed()
        return self._position(stream, producer)

    def append(
        self, stream: str, producer: str, first: int, messages: Sequence[LogMessage]
    ) -> list[Entry]:
        with self._db.transaction() as tx:
            info = self._existing(stream)
            last = self._position(stream, producer)
            new = fresh(info, last, first, messages)
            if not new:
                return []
            entries, info = _number(info, new)
            keys, payload = pack(entries)
            info = info._replace(bytes=info.bytes + len(keys) + len(payload))
            tx.execute(
                "INSERT INTO blocks VALUES (?, ?, ?, ?, ?)",
                (stream, entries[0].seq, entries[-1].seq, keys, payload),
            )
            last = first + len(messages) - 1
            tx.execute(
                "INSERT INTO producers VALUES (?, ?, ?) "
                "ON CONFLICT (stream, producer) DO UPDATE SET last = excluded.last",
                (stream, producer, last),
            )
            if windows.overflows(info):
                info = windows.keep(tx, info)
            _write(tx, info)
            self._infos[stream] = info
            self._positions[stream, producer] = last
        return entries

    def read(self, stream: str, since: int, limit: int, size: int | None = None) -> list[Entry]:
        entries: list[Entry] = []
        info = self.info(stream)
        if info is None or since >= info.seq:
            return entries
        since = max(since, info.first_seq - 1)
        rows = self._db.iterate(
            "SELECT first_seq, last_seq, keys, payload FROM blocks "
            "WHERE stream = ? AND last_seq > ? ORDER BY last_seq",
            stream,
            since,
        )
        due, taken = since + 1, 0
        try:
            for first, last, keys, payload in _readable(stream, due, info.seq, rows):
                if first > due:
                    self._refuse_hole(stream, due, first - 1)
                found = unpack(stream, first, last, keys, payload)
                due = last + 1
                if first <= since:
                    found = [entry for entry in found if entry.seq > since]
                    taken += sum(len(entry.wire) for entry in found)
                else:
                    taken += len(payload)
                entries += found
                # Blocks are much alike: the next one would be too much, and costs to look at.
                # One that was thinned may hold nothing after `since`: what does is still to come.
                if entries and (len(entries) >= limit or (size and taken + len(payload) > size)):
                    break
            if not entries and due <= info.seq:
                self._refuse_hole(stream, due, info.seq)
        except LogDamaged:
            if not entries:  # What is good before the damage is told first.
                raise
        return entries

    def thin(self, stream: str, after: int) -> StreamInfo:
        """Take superseded states out of what comes after seq `after`, and nothing else.

        Raises
        ------
        NotFound
            There is no such stream.
        """
        with self._db.transaction() as tx:
            info = windows.thinned(tx, self._existing(stream), after)
            _write(tx, info)
            self._infos[stream] = info
        return info

    def find(self, stream: str, kind: str, since: int) -> list[Entry]:
        info = self.info(stream)
        if info is None:
            return []
        since = max(since, info.first_seq - 1)
        rows = self._db.iterate(
            "SELECT first_seq, last_seq, keys, payload FROM blocks "
            "WHERE stream = ? AND last_seq > ? AND instr(keys, ?) ORDER BY last_seq",
            stream,
            since,
            kind.encode(),
        )
        return [
            entry
            for block in _readable(stream, since + 1, info.seq, rows)
            for entry in unpack(stream, *block)
            if entry.seq > since and entry.type == kind
        ]

    def trim(self, stream: str, before: int) -> StreamInfo:
        with self._db.transaction() as tx:
            info = self._existing(stream)
            if before > info.first_seq:
                info = windows.cut(tx, info, min(before, info.seq + 1))
                _write(tx, info)
                self._infos[stream] = info
        return info

    def delete(self, stream: str) -> None:
        with self._db.transaction() as tx:
            erasing.hide(tx, stream)
            self._forget()
        if self._hidden is not None:
            self._hidden.append(stream)

    def erase(self) -> bool:
        if self._hidden == []:
            return False
        with self._db.transaction() as tx:
            hidden = erasing.hidden(tx) if self._hidden is None else self._hidden
            more = bool(hidden) and erasing.erase(tx, hidden[0])
        self._hidden = hidden if more else hidden[1:]
        return bool(self._hidden)

    def retire(self, stream: str, producer: str) -> None:
        with self._db.transaction() as tx:
            tx.execute(
                "DELETE FROM producers WHERE stream = ? AND producer = ?", (stream, producer)
            )
            self._positions.pop((stream, producer), None)

    def _existing(self, stream: str) -> StreamInfo:
        info = self.info(stream)
        if info is None:
            msg = f"There is no stream {stream!r}"
            raise NotFound(msg, stream=stream)
        return info

    def _refuse_hole(self, stream: str, first: int, last: int) -> None:
        """Raise for messages that should be there, unless another process has trimmed them."""
        self._forget()
        info = self.info(stream)
        if info is not None and info.first_seq <= last:
            raise damaged(stream, max(first, info.first_seq), last)

    def _position(self, stream: str, producer: str) -> int:
        known = self._positions.get((stream, producer))
        if known is None:
            rows = self._db.query(
                "SELECT last FROM producers WHERE stream = ? AND producer = ?", stream, producer
            )
            known = self._positions[stream, producer] = rows[0][0] if rows else 0
        return known

    def _forget_if_changed(self) -> None:
        version = self._db.version()
        if version != self._version or len(self._infos) > REMEMBERED:
            self._forget()
            self._version = version

    def _forget(self) -> None:
        self._infos.clear()
        self._positions.clear()


def _readable(stream: str, first: int, last: int, rows: Iterable[_Block]) -> Iterator[_Block]:
    """Yield blocks, as far as the file can be read; `first` to `last` are asked for."""
    try:
        yield from rows
    except sqlite3.OperationalError:
        raise  # Locked, or gone: not for ever.
    except sqlite3.DatabaseError:
        raise damaged(stream, first, last) from None


def _write(tx: sqlite3.Connection, info: StreamInfo) -> None:
    """Note where a log stands."""
    tx.execute(
        "UPDATE streams SET seq = ?, eseq = ?, latest = ?, closed = ?, first_seq = ?, bytes = ?, "
        "spared = ? WHERE id = ?",
        (
            info.seq,
            info.eseq,
            _pack(info.latest),
            info.closed,
            info.first_seq,
            info.bytes,
            info.spared,
            info.id,
        ),
    )


def _number(info: StreamInfo, messages: Sequence[LogMessage]) -> tuple[list[Entry], StreamInfo]:
    """Give messages their seq and eseq, and tell where the log stands after them."""
    seq, eseq, latest, closed = info.seq, info.eseq, dict(info.latest), info.closed
    entries = []
    for message in messages:
        seq += 1
        message.seq = seq
        kind, key = message.type, message.key
        delivery = message.delivery_of(key)
        if delivery is Delivery.EVENT:
            eseq += 1
            message.eseq = eseq
        elif delivery is Delivery.STATE:
            latest[key] = seq
        closed = closed or kind in FINAL_TYPES
        entries.append(Entry(seq, kind, key, encode(message)))
    return entries, info._replace(seq=seq, eseq=eseq, latest=without_old(latest), closed=closed)
