"""What one subscriber gets of a log: pure, so that it is tested without a socket.

The rule for *state* messages is one for live and late readers: such a message is sent only
while it is still the latest of its key. A reader at the tail gets each as it comes, one that
catches up gets only those that still hold, in their place in the order. A *curve* is thinned
only for who has fallen behind or wants few writes. What was merged away is told: `conflated`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

import msgspec
from msgspec import Struct

from workbench.errors import InvalidRequest
from workbench.messages import MESSAGE_TYPES, Delivery
from workbench.streams.conflation import Carry, columns, spared, with_conflated
from workbench.streams.log import Entry
from workbench.streams.sessions import Traded, Wanted, concerns

LOG_TYPES = tuple(
    name for name, cls in MESSAGE_TYPES.items() if cls.delivery is not Delivery.CONNECTION
)

STATES = frozenset(
    name for name, cls in MESSAGE_TYPES.items() if cls.passing or cls.delivery is Delivery.STATE
)
"""Types of which a message may tell a state."""
CURVES = frozenset(name for name, cls in MESSAGE_TYPES.items() if cls.delivery is Delivery.CURVE)
OF_TIMEFRAMES = frozenset({"candle", "pattern", "structure", "confluence"})


class _OfTimeframe(Struct):
    timeframe: str


class _Found(Struct):
    data: _OfTimeframe


_timeframe: msgspec.json.Decoder[_Found] = msgspec.json.Decoder(_Found)


class Selection(NamedTuple):
    """What to send of some entries.

    Attributes
    ----------
    messages
        Wire messages, in the order of the log.
    conflated
        Messages merged away.
    carry
        For the next selection: merged away, and not told of by any of `messages`.
    """

    messages: list[bytes]
    conflated: int
    carry: Carry


class Subscription:
    """A subscriber's filters.

    Parameters
    ----------
    types
        Only these message types; None for all.
    columns
        Merge `equity` messages between two others into one `equity_columns`.
    batch
        Put several messages into one frame, as a JSON array.
    max_rate
        Be written to so many times a second at most; None for the server's own limit.
    timeframes
        Of a market: only candles of these, and what was found on them; None for all.
    sessions
        Of the stream of all live sessions: which messages are wanted, and what tells the symbols
        of a session.

    Attributes
    ----------
    filters
        Hashable; subscriptions that select the same have the same.
    """

    def __init__(
        self,
        types: Sequence[str] | None = None,
        *,
        columns: bool = False,
        batch: bool = False,
        max_rate: float | None = None,
        timeframes: Sequence[str] | None = None,
        sessions: tuple[Wanted, Traded] | None = None,
    ) -> None:
        self.types = None if types is None else frozenset(types)
        self.columns = columns
        self.batch = batch
        self.max_rate = max_rate
        self.timeframes = None if timeframes is None else frozenset(timeframes)
        self.sessions = sessions
        wanted = None if sessions is None else sessions[0]
        self.filters = (self.types, columns, self.timeframes, wanted)

    @classmethod
    def parse(
        cls,
        types: str | None,
        format_: str | None,
        *,
        batch: bool = False,
        max_rate: float | None = None,
    ) -> Subscription:
        """Make it from the query parameters `types` and `format`.

        Raises
        ------
        InvalidRequest
            A type or format is unknown.
        """
        names = None if types is None else [name.strip() for name in types.split(",")]
        for name in names or ():
            if name not in LOG_TYPES:
                msg = f"Unknown message type {name!r}: use {', '.join(LOG_TYPES)}"
                raise InvalidRequest(msg, field="types", value=name, allowed=list(LOG_TYPES))
        if format_ not in (None, "", "messages", "columns"):
            msg = f"Unknown format {format_!r}: use messages or columns"
            raise InvalidRequest(
                msg, field="format", value=format_, allowed=["messages", "columns"]
            )
        return cls(names, columns=format_ == "columns", batch=batch, max_rate=max_rate)

    def only(self, timeframes: Sequence[str]) -> Subscription:
        """Return the same, with only these timeframes of a market."""
        return Subscription(
            None if self.types is None else sorted(self.types),
            columns=self.columns, batch=self.batch, max_rate=self.max_rate, timeframes=timeframes,
        )  # fmt: skip

    def of_sessions(self, wanted: Wanted, traded: Traded) -> Subscription:
        """Return the same, with only what concerns these sessions and symbols."""
        return Subscription(
            None if self.types is None else sorted(self.types),
            columns=self.columns, batch=self.batch, max_rate=self.max_rate,
            sessions=(wanted, traded),
        )  # fmt: skip

    def select(self, entries: Sequence[Entry], latest: Mapping[str, int]) -> list[bytes]:
        """Return the wire messages of `choose` alone."""
        return self.choose(entries, latest).messages

    def choose(
        self,
        entries: Sequence[Entry],
        latest: Mapping[str, int],
        carry: Carry = (),
        *,
        merge: bool = False,
    ) -> Selection:
        """Return what to send for `entries`.

        Parameters
        ----------
        entries
            Consecutive entries of the log.
        latest
            The log's latest seq of each state key, at this moment.
        carry
            That of the selection before this one.
        merge
            Merge the points of a curve too, to the last, the lowest and the highest.
        """
        wanted = self._wanted(entries)
        changed, untold = _states(wanted, latest, carry)
        dropped: frozenset[int] = frozenset()
        if merge:
            curve = [e for e in wanted if e.type in CURVES]
            dropped = spared(curve)
            changed.update(dict.fromkeys(dropped))
            if dropped and not self.columns:
                changed[curve[-1].seq] = with_conflated(curve[-1].wire, len(dropped))
        gone = {seq for seq, wire in changed.items() if wire is None}
        if gone:
            wanted = [e for e in wanted if e.seq not in gone]
        if self.columns:
            messages = _with_columns(wanted, changed, len(dropped))
        elif len(changed) > len(gone):
            messages = [changed.get(e.seq) or e.wire for e in wanted]
        else:
            messages = [e.wire for e in wanted]
        return Selection(messages, len(gone), untold)

    def _wanted(self, entries: Sequence[Entry]) -> Sequence[Entry]:
        types, timeframes = self.types, self.timeframes
        if types is not None:
            entries = [e for e in entries if e.type in types]
        if timeframes is not None:
            entries = [
                e for e in entries
                if e.type not in OF_TIMEFRAMES
                or _timeframe.decode(e.wire).data.timeframe in timeframes
            ]  # fmt: skip
        if self.sessions is not None:
            entries = [e for e in entries if concerns(e, *self.sessions)]
        return entries


def _states(
    entries: Sequence[Entry], latest: Mapping[str, int], carry: Carry
) -> tuple[dict[int, bytes | None], Carry]:
    """Return what is said in place of state messages, None for nothing, and what is untold then."""
    changed: dict[int, bytes | None] = {}
    untold = dict(carry)
    # Most are of types that never tell a state.
    for entry in [e for e in entries if e.type in STATES]:
        if entry.delivery is not Delivery.STATE:
            continue
        if latest.get(entry.key, entry.seq) > entry.seq:
            untold[entry.key] = untold.get(entry.key, 0) + 1
            changed[entry.seq] = None
        elif count := untold.pop(entry.key, 0):
            changed[entry.seq] = with_conflated(entry.wire, count)
    return changed, tuple(untold.items())


def _with_columns(
    entries: Sequence[Entry], changed: Mapping[int, bytes | None], dropped: int
) -> list[bytes]:
    """Return wire messages, points of a curve with nothing between them as one of columns.

    The last of a merged curve says that `dropped` points were.
    """
    messages: list[bytes] = []
    last = next((e.seq for e in reversed(entries) if e.type in CURVES), 0)
    for of_curve, group in groupby(entries, lambda entry: entry.type in CURVES):
        run = list(group)
        if of_curve:
            messages.append(columns(run, dropped if run[-1].seq == last else 0))
        else:
            messages += [changed.get(e.seq) or e.wire for e in run]
    return messages
