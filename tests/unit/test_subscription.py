"""What a subscriber gets: filters, latest states, equity as columns."""

from __future__ import annotations

import msgspec
import pytest

from workbench.contract.market_examples import MARKET_EXAMPLES
from workbench.errors import InvalidRequest
from workbench.messages import Equity, EquityData, encode
from workbench.streams import Entry, StreamQuery, Subscription


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


def conflated(wires: list[bytes]) -> dict[int, int]:
    """Return `conflated` by seq, of the messages that have it."""
    found = [msgspec.json.decode(wire) for wire in wires]
    return {m["seq"]: m["conflated"] for m in found if "conflated" in m}


def test_a_state_says_how_many_were_merged_into_it():
    chosen = Subscription().choose(STORY, {"progress": 7})
    assert conflated(chosen.messages) == {7: 1}
    assert (chosen.conflated, chosen.carry) == (1, ())


def test_the_count_is_carried_from_chunk_to_chunk():
    first = Subscription().choose(STORY[:4], {"progress": 7})
    assert (first.conflated, first.carry) == (1, (("progress", 1),))
    assert conflated(first.messages) == {}
    second = Subscription().choose(STORY[4:], {"progress": 7}, first.carry)
    assert conflated(second.messages) == {7: 1}
    assert (second.conflated, second.carry) == (0, ())


def test_a_type_that_was_not_asked_for_is_not_merged():
    chosen = Subscription(["trade"]).choose(STORY, {"progress": 7}, merge=True)
    assert (chosen.conflated, chosen.carry) == (0, ())


def curve(values: list[float]) -> list[Entry]:
    return [
        Entry(
            n, "equity", "equity",
            encode(Equity("t", data=EquityData("b", "2024-01-01T00:00:00Z", v, 1.0, 0.0), seq=n)),
        )
        for n, v in enumerate(values, 1)
    ]  # fmt: skip


def test_a_merged_curve_keeps_last_lowest_and_highest():
    chosen = Subscription().choose(curve([5, 9, 4, 1, 6, 7]), {}, merge=True)
    assert seqs(chosen.messages) == [2, 4, 6]
    assert conflated(chosen.messages) == {6: 3}
    assert chosen.conflated == 3


def test_a_merged_curve_crosses_no_event_and_spares_none():
    entries = curve([5, 9, 4, 1, 6, 7])
    entries[2] = entry(3, "trade")
    assert seqs(Subscription().choose(entries, {}, merge=True).messages) == [2, 3, 4, 6]
    sent = Subscription(columns=True).choose(entries, {}, merge=True).messages
    assert seqs(sent) == [2, 3, 6]
    assert conflated(sent) == {6: 2}
    assert msgspec.json.decode(sent[2])["data"]["equity"] == [1.0, 7.0]


def test_a_curve_is_whole_unless_merging_is_wanted():
    chosen = Subscription().choose(curve([1, 2, 3, 4, 5, 6]), {})
    assert (len(chosen.messages), chosen.conflated) == (6, 0)


def test_candles_of_some_timeframes_the_growing_ones_only_while_they_are_the_latest():
    names = ["candle", "candle growing", "pattern", "pattern provisional", "confluence", "feed"]
    told = [MARKET_EXAMPLES[name] for name in names]
    entries = [
        Entry(seq, message.type, message.key, encode(message))
        for seq, message in enumerate(told, 1)
    ]
    latest = {entry.key: entry.seq for entry in entries if entry.key != entry.type}
    hourly = StreamQuery.parse_market({"timeframes": "1h"}, ["15M", "1H"]).subscription

    def chosen(subscription, latest):
        wires = subscription.select(entries, latest)
        return [name for name, entry in zip(names, entries, strict=True) if entry.wire in wires]

    assert chosen(Subscription(), latest) == names
    assert chosen(hourly, latest) == ["candle growing", "pattern provisional", "feed"]
    assert chosen(hourly, {**latest, "candle:1H": 99}) == ["pattern provisional", "feed"]
    assert hourly.filters != Subscription().filters
