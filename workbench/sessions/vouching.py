"""What a session told for each thing it was given: kept, and held against what it tells again.

Pure. A process that comes after another is given the same, and is to tell the same: its messages
have the numbers of those that the log, or an exchange, has acted on.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from workbench.errors import NotDeterministic
from workbench.messages import Delivery, Message, Position

_WORDS = frozenset({
    "timestamp", "reasoning", "rationale", "confidence", "message", "error", "details",
    "latency_ms", "risk_reasoning",
})  # fmt: skip
"""What is said beside the deeds: no money and no order hangs on it."""
_NAMED = (
    "event", "status", "symbol", "timeframe", "order_id", "side", "direction", "kind", "quantity",
    "price", "entry_price", "exit_price", "state", "time",
)  # fmt: skip
_WAY_OUT = (
    "A live strategy may depend on nothing but what it is given: take random numbers from "
    "self.rng, the time from self.time, and nothing from the network, files or the order of a set"
)


class Told(NamedTuple):
    """An event of the session: its place in all that it has told, and how it is sent."""

    number: int
    wire: bytes


class Batch(NamedTuple):
    """What was told for one entry of the journal: the events, and how many messages in all by then.

    States are not kept: the next one takes their place.
    """

    upto: int
    events: list[Told]


encode = msgspec.msgpack.Encoder().encode
_decoder = msgspec.msgpack.Decoder(tuple[int, list[tuple[int, bytes]]])


def decode(body: bytes) -> Batch:
    """Return a batch that was kept."""
    upto, events = _decoder.decode(body)
    return Batch(upto, [Told(*one) for one in events])


def counts(message: Message) -> bool:
    """Tell whether the books of a session depend on a message."""
    return isinstance(message, Position) or message.delivery_of(message.key) is Delivery.EVENT


def difference(before: Batch, now: Batch) -> str:
    """Return what differs, for people; empty if that is at most words."""
    for old, new in zip(before.events, now.events, strict=False):
        if _deed(old.wire) != _deed(new.wire):
            return f"it told {_brief(old)} at first, and {_brief(new)} when it came again"
        if old.number != new.number:
            return f"{_brief(old)} was message {old.number} at first, and then {new.number}"
    had, has = len(before.events), len(now.events)
    if had > has:
        return f"it told {_brief(before.events[has])} at first, and nothing when it came again"
    if has > had:
        return f"it told nothing at first, and {_brief(now.events[had])} when it came again"
    if before.upto != now.upto:
        return f"it had told {before.upto} messages at first, and {now.upto} when it came again"
    return ""


def refusal(session: str, what: str, other_version: bool) -> NotDeterministic:
    """Return what a session ends with that does not do the same again.

    Parameters
    ----------
    what
        As `difference` has it.
    other_version
        Whether it was begun by another version of the workbench, of Python or of the strategy.
    """
    cause = "the same" if not other_version else "the same by another version of its code"
    msg = (
        f"Session {session} cannot go on after its process ended: given {cause}, it does not do "
        f"what it did: {what}. {_WAY_OUT}"
    )
    return NotDeterministic(msg, session=session, reason=what)


def _deed(wire: bytes) -> Any:
    return _without(msgspec.json.decode(wire))


def _without(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without(one) for name, one in value.items() if name not in _WORDS}
    return [_without(one) for one in value] if isinstance(value, list) else value


def _brief(told: Told) -> str:
    message = msgspec.json.decode(told.wire)
    data = message.get("data") or {}
    facts: Sequence[str] = [f"{name}={data[name]}" for name in _NAMED if data.get(name) is not None]
    return f"{message['type']} ({', '.join(facts)})" if facts else str(message["type"])
