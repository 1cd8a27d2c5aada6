"""A reader through any number of cuts, losses and doubles: the log exactly once, or the loss."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs
from stories import EPOCH, NOW, RUN, array, entries, story, told
from websockets.client import ClientProtocol
from websockets.protocol import OPEN
from websockets.uri import parse_uri
from workbench_server.framing import text_frame

from workbench.client.reading import Reader
from workbench.client.wishes import Wishes
from workbench.errors import StreamCorrupted
from workbench.messages import Delivery, Reset, ResetData, encode

bodies = st.text("etp", max_size=24).map(lambda middle: f"s{middle}c")
chance = st.randoms(use_true_random=False)
filters = st.sampled_from(
    [{}, {"columns": True}, {"types": ("trade", "complete")}, {"types": ("equity", "trade")}]
)


def frames(payloads, random):
    """Put payloads into frames, some alone, some together."""
    found = []
    while payloads:
        size = random.randint(1, 4)
        together, payloads = payloads[:size], payloads[size:]
        found.append(together[0] if len(together) == 1 else array(together))
    return found


def received(wire: bytes) -> list[bytes]:
    """Return the payloads of the frames that have come as a whole."""
    protocol = ClientProtocol(parse_uri("ws://localhost/"), state=OPEN, max_size=None)
    protocol.receive_data(wire)
    return [bytes(frame.data) for frame in protocol.events_received()]


def expected(log, wishes):
    """Return what of a log is never spared: its events, and the curve's points."""
    types = wishes.get("types")
    return [
        message.seq
        for message in log
        if message.delivery is not Delivery.STATE and (types is None or message.type in types)
    ]


def lasting(messages):
    """Return the seqs of what is never spared; those of points in columns as the points' own."""
    found = []
    for message in messages:
        if message.type == "equity_columns":
            found += [round(value - 10_000) for value in message.data.equity]
        elif isinstance(message.seq, int) and message.delivery is not Delivery.STATE:
            found.append(message.seq)
    return found


@given(bodies, chance, filters)
def test_cuts_at_any_byte_lose_and_double_nothing(kinds, random, wishes):
    log = story(kinds)
    reader = Reader(RUN, Wishes(**wishes))
    seen = []
    there = 1
    for connection in range(200):
        reader.opened()
        there = max(there, random.randint(1, len(log)))  # A log only grows.
        # Now and then the whole of it comes, else the proof would take for ever.
        payloads = told(log[:there], reader.query())
        whole = random.random() < 0.2 or connection > 100
        if whole:
            payloads = told(log, reader.query())
        wire = b"".join(map(text_frame, frames(payloads, random)))
        for payload in received(wire if whole else wire[: random.randint(0, len(wire))]):
            seen += reader.feed(payload)
        assert reader.failure is None
        assert not reader.broken
        if whole:
            assert reader.closed(1000) is False
            break
        assert reader.closed(1006) is True
    assert lasting(seen) == expected(log, wishes)


@given(bodies, chance)
def test_lost_and_doubled_messages_are_mended_or_named(kinds, random):
    log = story(kinds)
    columns = random.random() < 0.5
    reader = Reader(RUN, Wishes(columns=columns))
    seen = []
    lost_for_ever = random.random() < 0.3
    victim = random.choice([m.seq for m in log if m.delivery is Delivery.EVENT])
    error = None
    for connection in range(100):
        reader.opened()
        payloads = told(log, reader.query())
        if lost_for_ever:
            payloads = [p for p in payloads if f'"seq":{victim},"eseq"'.encode() not in p]
        elif connection < 50:
            payloads = [p for p in payloads[1:] for _ in range(random.choice([0, 1, 1, 1, 1, 2]))]
            payloads.insert(0, told(log, reader.query())[0])
        for payload in frames(payloads, random):
            seen += reader.feed(payload)
        error = reader.failure
        if error is None and not reader.broken:
            try:
                if not reader.closed(1000):
                    break
            except StreamCorrupted as corrupted:
                error = corrupted
        if error is not None:
            break
    events = [m.seq for m in seen if m.delivery is Delivery.EVENT]
    everything = [m.seq for m in log if m.delivery is Delivery.EVENT]
    points = [seq for seq in lasting(seen) if log[seq - 1].type == "equity"]
    assert len(points) == len(set(points))
    if error is None:
        assert not lost_for_ever
        assert events == everything
    else:
        missing = error.details["missing_eseq"]
        assert events == everything[: missing - 1]
        assert not lost_for_ever or everything[missing - 1] == victim


@given(bodies, bodies, chance)
def test_another_log_is_told_from_its_start(before, after, random):
    old, new = story(before), story(after)
    reader = Reader(RUN)
    for payload in told(old, {})[: random.randint(1, len(old))]:
        reader.feed(payload)
    assert reader.closed(1012) is True
    reader.opened()
    seen = [m for p in told(new, reader.query(), epoch="bbbb") for m in reader.feed(p)]
    assert lasting(seen) == expected(new, {})
    assert reader.failure is None
    assert reader.closed(1000) is False


@given(bodies, chance)
def test_a_replay_that_goes_back_and_forth_ends_as_the_log(kinds, random):
    log = story(kinds)
    reader = Reader(RUN, Wishes(replay=True))
    since: list[int] = []
    seen = []
    place = 0
    wire = entries(log)
    for _ in range(random.randint(0, 6)):
        upto = random.randint(place, len(log))
        seen += [m for entry in wire[place:upto] for m in reader.feed(entry.wire)]
        place = random.randint(0, upto)
        seen += reader.feed(encode(Reset(NOW, data=ResetData("seek", place))))
        since.append(len(seen))
        seen += [m for entry in wire[:place] for m in reader.feed(entry.wire)]
    rest = [m for entry in wire[place:] for m in reader.feed(entry.wire)]
    told_last = seen[since[-1] if since else 0 :] + rest
    assert [m.seq for m in told_last] == [m.seq for m in log]
    assert reader.failure is None
    assert reader.closed(1000) is False


@given(bodies, chance)
def test_a_changed_trade_is_always_found(kinds, random):
    log = story(kinds + "" if "t" in kinds else kinds[:-1] + "tc")
    victim = random.choice([m for m in log if m.type == "trade"])
    price = victim.data.entry_price + random.choice([-1.0, 1e-9, 0.5])
    data = structs.replace(victim.data, entry_price=price)
    log[victim.seq - 1] = structs.replace(victim, data=data)
    reader = Reader(RUN)
    for payload in told(log, {}):
        reader.feed(payload)
    assert reader.failure is not None
    assert reader.failure.code == "stream_corrupted"
    assert reader.epoch == EPOCH
