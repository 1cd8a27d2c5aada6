"""What logs tell of sessions that were killed, and whether it is what it has to be."""

from __future__ import annotations

import hashlib
import itertools
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec

from workbench.messages import FINAL_ORDER_STATUSES, Delivery, decode
from workbench.runs.reading import open_folder

TRADING = ("position", "order", "risk", "pnl")


class Story:
    """A log as it is in the state file.

    Attributes
    ----------
    messages
        All of it, as they are sent.
    digest, eseq
        Of the events' bytes, as a reader has them; the number of the last.
    complete
        Whether no superseded state was taken out of it.
    """

    def __init__(self, home: Path, stream: str) -> None:
        with closing(open_folder(home)) as service:
            entries = service.log.read(stream, 0, 10_000_000)
        self.stream = stream
        self.messages: list[dict[str, Any]] = [msgspec.json.decode(one.wire) for one in entries]
        events = [one for one in self.messages if "eseq" in one]
        self.eseq = len(events)
        assert [one["eseq"] for one in events] == list(range(1, self.eseq + 1)), (
            "events are lacking"
        )
        seqs = [one.seq for one in entries]
        assert all(after > before for before, after in itertools.pairwise(seqs))
        self.complete = bool(seqs) and seqs[-1] == len(seqs)
        self.digest = hashlib.sha256(
            b"".join(
                entry.wire
                for entry, one in zip(entries, self.messages, strict=True)
                if "eseq" in one
            )
        ).hexdigest()

    def told(self, *types: str) -> list[dict[str, Any]]:
        """Return the messages of some types without their numbers here."""
        return [
            {name: value for name, value in one.items() if name not in ("seq", "eseq")}
            for one in self.messages
            if one["type"] in types
        ]


def outcome(story: Story) -> tuple[list[Any], dict[str, Any]]:
    """Return what no reader may miss and the curve, in order, and what holds at the end.

    Without what goes by the clock of the computer, when things were said and how often a state was,
    and what a source says of itself, which it says again when it is asked again.
    """
    always: list[Any] = []
    states: dict[str, Any] = {}
    for one in story.messages:
        message = decode(msgspec.json.encode(one))
        text = msgspec.json.encode([one["type"], one["data"]]).decode()
        fact = text.replace(story.stream, "SESSION")
        if one["type"] == "feed":
            continue
        if message.delivery_of(message.key) is Delivery.STATE:
            states[message.key.replace(story.stream, "SESSION")] = fact
        else:
            always.append(fact)
    return always, states


def check_same(story: Story, undisturbed: Story) -> None:
    """Assert that a session on paper told what the same one told that nobody killed."""
    events, states = outcome(story)
    expected, final = outcome(undisturbed)
    for mine, other in zip(events, expected, strict=False):
        assert mine == other
    assert len(events) == len(expected)
    assert states == final
    assert {"risk:SESSION", "pnl:SESSION"} <= set(states)


def check_orders(story: Story) -> int:
    """Assert that each order ends once, by one final status; return how many there are."""
    orders = [one["data"] for one in story.messages if one["type"] == "order"]
    ends = Counter(one["order_id"] for one in orders if one["status"] in FINAL_ORDER_STATUSES)
    assert set(ends) == {one["order_id"] for one in orders}, "an order has no end"
    assert set(ends.values()) <= {1}, "an order has ended twice"
    last = {one["order_id"]: one["status"] for one in orders}
    assert set(last.values()) <= FINAL_ORDER_STATUSES, "an order went on after its end"
    return len(ends)


def check_copies(common: Story, sessions: Iterable[Story]) -> None:
    """Assert that the log of all sessions has what theirs tell of trading, once each, in order."""
    for story in sessions:
        own = story.told(*TRADING)
        copies = [one for one in common.told(*TRADING) if one["data"]["session"] == story.stream]
        assert events_of(copies) == events_of(own), f"the events of {story.stream}"
        assert latest(copies) == latest(own), f"what holds of {story.stream}"
        if story.complete and common.complete:
            assert copies == own
        elif common.complete:
            assert is_part(own, copies), f"the log of all lacks something of {story.stream}"


def events_of(messages: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return those of which none may be missed."""
    found = []
    for one in messages:
        message = decode(msgspec.json.encode(one))
        if message.delivery_of(message.key) is Delivery.EVENT:
            found.append(one)
    return found


def latest(messages: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the last message of each key."""
    return {decode(msgspec.json.encode(one)).key: one for one in messages}


def is_part(some: Sequence[Any], all_: Sequence[Any]) -> bool:
    """Tell whether some things are among others in the same order."""
    rest = iter(all_)
    return all(any(one == other for other in rest) for one in some)
