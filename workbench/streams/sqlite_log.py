"""The log in SQLite: a block of messages a batch, not a row each."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

import msgspec

from workbench.errors import NotFound
from workbench.messages import FINAL_TYPES, Delivery, LogMessage, encode
from workbench.streams.database import Database
from workbench.streams.guard import fresh
from workbench.streams.log import Entry, StreamInfo

_pack = msgspec.msgpack.Encoder().encode
_keys: msgspec.msgpack.Decoder[list[tuple[str, str]]] = msgspec.msgpack.Decoder(
    list[tuple[str, str]]
)
_latest: msgspec.msgpack.Decoder[dict[str, int]] = msgspec.msgpack.Decoder(dict[str, int])


class SqliteLog:
    """`StreamLog` in the state file.

    A block's payload is its messages as JSON, a line each; `keys` holds their types and keys.
    """

    def __init__(self, database: Database) -> None:
        self._db = database

    def create(self, stream: str, kind: str) -> StreamInfo:
        epoch = secrets.token_hex(8)
        with self._db.transaction() as tx:
            tx.execute(
                "INSERT INTO streams (id, kind, epoch, latest) VALUES (?, ?, ?, ?)",
                (stream, kind, epoch, _pack({})),
            )
        return StreamInfo(stream, kind, epoch, 0, 0, {}, False)

    def info(self, stream: str) -> StreamInfo | None:
        rows = self._db.query(
            "SELECT id, kind, epoch, seq, eseq, latest, closed FROM streams WHERE id = ?", stream
        )
        if not rows:
            return None
        name, kind, epoch, seq, eseq, latest, closed = rows[0]
        return StreamInfo(name, kind, epoch, seq, eseq, _latest.decode(latest), bool(closed))

    def position(self, stream: str, producer: str) -> int:
        rows = self._db.query(
            "SELECT last FROM producers WHERE stream = ? AND producer = ?", stream, producer
        )
        return rows[0][0] if rows else 0

    def append(
        self, stream: str, producer: str, first: int, messages: Sequence[LogMessage]
    ) -> list[Entry]:
        with self._db.transaction() as tx:
            info = self.info(stream)
            if info is None:
                msg = f"There is no stream {stream!r}"
                raise NotFound(msg, stream=stream)
            last = self.position(stream, producer)
            entries, info = _number(info, fresh(info, last, first, messages))
            if not entries:
                return []
            tx.execute(
                "INSERT INTO blocks VALUES (?, ?, ?, ?, ?)",
                (
                    stream,
                    entries[0].seq,
                    entries[-1].seq,
                    _pack([(e.type, e.key) for e in entries]),
                    b"\n".join(e.wire for e in entries),
                ),
            )
            tx.execute(
                "INSERT INTO producers VALUES (?, ?, ?) "
                "ON CONFLICT (stream, producer) DO UPDATE SET last = excluded.last",
                (stream, producer, first + len(messages) - 1),
            )
            tx.execute(
                "UPDATE streams SET seq = ?, eseq = ?, latest = ?, closed = ? WHERE id = ?",
                (info.seq, info.eseq, _pack(info.latest), info.closed, stream),
            )
        return entries

    def read(self, stream: str, since: int, limit: int) -> list[Entry]:
        entries: list[Entry] = []
        rows = self._db.iterate(
            "SELECT first_seq, keys, payload FROM blocks "
            "WHERE stream = ? AND last_seq > ? ORDER BY last_seq",
            stream,
            since,
        )
        for first, keys, payload in rows:
            for seq, ((kind, key), wire) in enumerate(
                zip(_keys.decode(keys), payload.split(b"\n"), strict=True), first
            ):
                if seq > since:
                    entries.append(Entry(seq, kind, key, wire))
            if len(entries) >= limit:
                break
        return entries

    def find(self, stream: str, kind: str, since: int) -> list[Entry]:
        rows = self._db.query(
            "SELECT first_seq, keys, payload FROM blocks "
            "WHERE stream = ? AND last_seq > ? AND instr(keys, ?) ORDER BY last_seq",
            stream,
            since,
            kind.encode(),
        )
        return [
            Entry(seq, kind, key, wire)
            for first, keys, payload in rows
            for seq, ((type_, key), wire) in enumerate(
                zip(_keys.decode(keys), payload.split(b"\n"), strict=True), first
            )
            if seq > since and type_ == kind
        ]

    def delete(self, stream: str) -> None:
        with self._db.transaction() as tx:
            tx.execute("DELETE FROM streams WHERE id = ?", (stream,))


def _number(info: StreamInfo, messages: Sequence[LogMessage]) -> tuple[list[Entry], StreamInfo]:
    """Give messages their seq and eseq, and tell where the log stands after them."""
    seq, eseq, latest, closed = info.seq, info.eseq, dict(info.latest), info.closed
    entries = []
    for message in messages:
        seq += 1
        message.seq = seq
        if message.delivery is Delivery.EVENT:
            eseq += 1
            message.eseq = eseq
        kind, key = message.type, message.key
        if message.delivery is Delivery.STATE:
            latest[key] = seq
        closed = closed or kind in FINAL_TYPES
        entries.append(Entry(seq, kind, key, encode(message)))
    return entries, info._replace(seq=seq, eseq=eseq, latest=latest, closed=closed)
