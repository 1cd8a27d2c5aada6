"""Whether a session does what it was asked for, by what its log tells."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from workbench.messages import parse_time
from workbench.streams import SqliteLog


@dataclass
class Asked:
    """Something a session has to do soon.

    Attributes
    ----------
    action, seq
        What, and the number of the control in its log.
    at
        When, epoch ms.
    paused
        Whether its entries were paused then already.
    deadline, latest
        Until when, and at the latest, by a clock that never jumps.
    heard
        Where its log stood when it was last looked at.
    """

    action: str
    seq: int
    at: int
    paused: bool
    deadline: float
    latest: float
    heard: int


class _Facts(msgspec.Struct, frozen=True):
    entries: str = ""


class _Message(msgspec.Struct, frozen=True):
    timestamp: str
    data: _Facts = _Facts()


_message: msgspec.json.Decoder[_Message] = msgspec.json.Decoder(_Message)


def entries_paused(log: SqliteLog, session: str) -> bool:
    """Tell whether a session lets no entries through, by what it told last."""
    seq = _risk(log, session)
    return seq > 0 and _read(log, session, seq).data.entries == "paused"


def taken(log: SqliteLog, session: str, asked: Asked) -> bool:
    """Tell whether a session has said since it was asked that it lets no entries through."""
    seq = _risk(log, session)
    if seq <= asked.seq:
        return False
    told = _read(log, session, seq)
    # Where they were paused before, what is still on its way says so, too.
    return told.data.entries == "paused" and (
        not asked.paused or parse_time(told.timestamp) >= asked.at
    )


def behind(log: SqliteLog, session: str, asked: Asked) -> bool:
    """Tell whether what comes of a session was said before it was asked: it may have obeyed."""
    info = log.info(session)
    if info is None or info.seq <= asked.heard:
        return False
    return parse_time(_read(log, session, info.seq).timestamp) < asked.at


def _risk(log: SqliteLog, session: str) -> int:
    info = log.info(session)
    return 0 if info is None else info.latest.get(f"risk:{session}", 0)


def _read(log: SqliteLog, session: str, seq: int) -> _Message:
    return _message.decode(log.read(session, seq - 1, 1)[0].wire)
