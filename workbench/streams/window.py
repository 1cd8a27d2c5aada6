"""How a log keeps its window: superseded states go first, then the oldest messages.

A growing candle is told many times a second, and all but its latest state mean nothing later:
were they kept, a window would hold minutes instead of weeks. What is taken out of the middle
leaves no hole: its blocks are written anew as *sparse* ones, which say what numbers they hold.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence

from workbench.errors import LogDamaged
from workbench.messages import Delivery
from workbench.streams.blocks import is_sparse, pack_sparse, sequence, unpack
from workbench.streams.log import Entry, StreamInfo

SLACK = 4
"""A window is cut once it is over by a quarter, not at every message."""
BLOCK_ENTRIES = 1000


def overflows(info: StreamInfo) -> bool:
    """Tell whether a log holds more than it is to."""
    window = info.window or 0
    return 0 < window < info.kept - window // SLACK


def keep(tx: sqlite3.Connection, info: StreamInfo) -> StreamInfo:
    """Bring a log back to its window; return where it stands then.

    Small sparse blocks are put together on the way, so that a log has few.

    Parameters
    ----------
    tx
        Holds the write lock.
    info
        Where the log stands; it overflows.
    """
    info = thinned(tx, info)
    surplus = info.kept - (info.window or info.kept)
    if surplus <= 0:
        return info
    rows = tx.execute(
        "SELECT first_seq, last_seq, keys FROM blocks WHERE stream = ? ORDER BY last_seq",
        (info.id,),
    )
    before = info.first_seq
    for first, last, keys in rows:
        held = [seq for seq in sequence(first, last, keys) if seq >= info.first_seq]
        if len(held) >= surplus:
            before = held[surplus - 1] + 1
            break
        surplus -= len(held)
    return cut(tx, info, before)


def cut(tx: sqlite3.Connection, info: StreamInfo, before: int) -> StreamInfo:
    """Forget what comes before seq `before`; blocks go when all of them does."""
    rows = tx.execute(
        "SELECT first_seq, last_seq, keys, length(payload) + length(keys) FROM blocks "
        "WHERE stream = ? AND first_seq < ?",
        (info.id, before),
    ).fetchall()
    freed = sum(size for _, last, _, size in rows if last < before)
    forgotten = before - info.first_seq
    if info.spared:
        forgotten = sum(
            info.first_seq <= seq < before
            for first, last, keys, _ in rows
            for seq in sequence(first, last, keys)
        )
    tx.execute("DELETE FROM blocks WHERE stream = ? AND last_seq < ?", (info.id, before))
    latest = {key: seq for key, seq in info.latest.items() if seq >= before}
    spared = info.spared - (before - info.first_seq - forgotten)
    return info._replace(first_seq=before, latest=latest, bytes=info.bytes - freed, spared=spared)


def thinned(tx: sqlite3.Connection, info: StreamInfo, after: int = 0) -> StreamInfo:
    """Take superseded states out of what comes after seq `after`; return where the log stands."""
    rows = tx.execute(
        "SELECT first_seq, last_seq, keys, payload FROM blocks "
        "WHERE stream = ? AND last_seq > ? ORDER BY last_seq",
        (info.id, after),
    ).fetchall()
    held: list[Entry] = []
    start: int | None = None
    for first, last, keys, payload in rows:
        try:
            entries = unpack(info.id, first, last, keys, payload)
        except LogDamaged:
            # It stays, for the reader who comes to it to be told.
            info, held, start = _rewritten(tx, info, start, first - 1, held), [], None
            continue
        holding = [entry for entry in entries if _holds(entry, info.latest)]
        if is_sparse(keys) and len(holding) == len(entries) >= BLOCK_ENTRIES // 2:
            info, held, start = _rewritten(tx, info, start, first - 1, held), [], None
            continue
        start = first if start is None else start
        held += holding
        if len(held) >= BLOCK_ENTRIES or last == info.seq:
            info, held, start = _rewritten(tx, info, start, last, held), [], None
    return info


def _holds(entry: Entry, latest: Mapping[str, int]) -> bool:
    return entry.delivery is not Delivery.STATE or latest.get(entry.key, 0) <= entry.seq


def _rewritten(
    tx: sqlite3.Connection, info: StreamInfo, first: int | None, last: int, held: Sequence[Entry]
) -> StreamInfo:
    """Put one sparse block in the place of those from `first` to `last`."""
    if first is None:
        return info
    rows = tx.execute(
        "SELECT first_seq, last_seq, keys, length(payload) + length(keys) FROM blocks "
        "WHERE stream = ? AND last_seq BETWEEN ? AND ?",
        (info.id, first, last),
    ).fetchall()
    tx.execute(
        "DELETE FROM blocks WHERE stream = ? AND last_seq BETWEEN ? AND ?", (info.id, first, last)
    )
    keys, payload = pack_sparse(held)
    tx.execute("INSERT INTO blocks VALUES (?, ?, ?, ?, ?)", (info.id, first, last, keys, payload))
    before = sum(seq >= info.first_seq for f, t, k, _ in rows for seq in sequence(f, t, k))
    after = sum(entry.seq >= info.first_seq for entry in held)
    freed = sum(size for *_, size in rows) - len(keys) - len(payload)
    return info._replace(spared=info.spared + before - after, bytes=info.bytes - freed)
