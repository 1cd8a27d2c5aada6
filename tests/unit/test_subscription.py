"""What a subscriber gets: filters, latest states, equity as columns."""

from __future__ import annotations

import msgspec
import pytest

from workbench.errors import InvalidRequest
from workbench.messages import Equity, EquityData, encode
from workbench.streams import Entry, Subscription


def entry(seq: int, kind: str) -> Entry:
    if kind == "equity":
        message = Equity(
            "2024-01-01T00:00:00.000Z",
            data=EquityData("b", f"2024-01-01T00:00:{seq:02d}Z", float(seq), 1.0, -0.5),
            seq=seq,
        )
        return Entry(seq, kind, kind, encode(message))
    return Entry(seq, kind, kind, msgspec.json.encode({"type": kind, "seq": seq}))


STORY = [
    entry(n, kind)
    for n, kind in enumerate(
        ["status", "equity", "progress", "equity", "trade", "equity", "progress", "complete"], 1
    )
]


def seqs(wires: list[bytes]) -> list[int]:
    return [msgspec.json.decode(wire)["seq"] for wire in wires]


def test_a_late_reader_gets_every_event_the_curve_and_the_latest_states():
    assert seqs(Subscription().select(STORY, {"progress": 7})) == [1, 2, 4, 5, 6, 7, 8]


def test_a_reader_at_the_tail_gets_each_state_while_it_is_the_latest():
    assert seqs(Subscription().select(STORY[:3], {"progress": 3})) == [1, 2, 3]


def test_types_filter():
    assert seqs(Subscription(["trade", "complete"]).select(STORY, {"progress": 7})) == [5, 8]


def test_columns_merge_equity_without_crossing_another_message():
    sent = Subscription(columns=True).select(STORY, {"progress": 7})
    decoded = [msgspec.json.decode(wire) for wire in sent]
    assert [m["type"] for m in decoded] == [
        "status", "equity_columns", "trade", "equity_columns", "progress", "complete",
    ]  # fmt: skip
    first = decoded[1]
    assert first["seq"] == 4
    assert first["data"]["equity"] == [2.0, 4.0]
    assert first["data"]["time"] == [1704067202000, 1704067204000]
    assert seqs(sent) == sorted(seqs(sent))


@pytest.mark.parametrize(
    ("types", "format_", "field"), [("trade,nope", None, "types"), (None, "xml", "format")]
)
def test_unknown_filters_are_named(types, format_, field):
    with pytest.raises(InvalidRequest) as caught:
        Subscription.parse(types, format_)
    assert caught.value.details["field"] == field
    assert caught.value.details["allowed"]
