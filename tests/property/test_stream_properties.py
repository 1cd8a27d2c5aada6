"""Nothing lost, nothing twice, in order: producer to log and log to reader, cut anywhere."""

from __future__ import annotations

import tempfile
from pathlib import Path

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from workbench.messages import (
    Control,
    ControlData,
    Delivery,
    Equity,
    EquityData,
    Metrics,
    MetricsData,
    encode,
)
from workbench.runs.outbox import Outbox
from workbench.runs.publishing import batch_decoder, batch_frame
from workbench.streams import Database, SqliteLog, Subscription


def message(kind: str, number: int):
    if kind == "event":
        return Control("t", data=ControlData("step", True, float(number)))
    if kind == "state":
        return Metrics("t", data=MetricsData("b", number, 0, 0.0, 0.0, 0.0, 0.0))
    return Equity("t", data=EquityData("b", "2024-01-01T00:00:00Z", float(number), 0.0, 0.0))


class State:
    """A log in a file of its own."""

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.database = Database(Path(self.folder.name) / "workbench.db")
        log = SqliteLog(self.database)
        log.create("s", "backtest")
        return log

    def __exit__(self, *_):
        self.database.close()
        self.folder.cleanup()


KINDS = st.sampled_from(["event", "curve", "state"])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("say"), st.integers(1, 20)),
        st.tuples(st.just("send"), st.integers(1, 8)),
        # Sent and appended, but the acknowledgement is lost with the connection.
        st.tuples(st.just("cut"), st.integers(1, 8)),
        # Sent, and lost before it arrived.
        st.tuples(st.just("lose"), st.integers(1, 8)),
    ),
    max_size=40,
)


@given(STEPS)
def test_a_producer_cut_anywhere_is_in_the_log_exactly_once(steps):
    with State() as log:
        outbox = Outbox()
        said = 0

        def transmit(count: int) -> int:
            first, wires = outbox.take(count, 1 << 20)
            if wires:
                batch = batch_decoder.decode(batch_frame(first, wires))
                log.append("s", "worker", batch.first, batch.messages)
            return first + len(wires) - 1

        for action, count in steps:
            if action == "say":
                for _ in range(count):
                    said += 1
                    outbox.add(encode(message("event", said)))
            elif action == "send":
                outbox.acknowledge(transmit(count))
            elif action == "cut":
                transmit(count)
                outbox.rewind(log.position("s", "worker"))
            else:
                outbox.take(count, 1 << 20)
                outbox.rewind(log.position("s", "worker"))
        while len(outbox):
            outbox.acknowledge(transmit(5))
        entries = log.read("s", 0, 10_000)
        told = [msgspec.json.decode(entry.wire) for entry in entries]
        assert [m["data"]["value"] for m in told] == list(range(1, said + 1))
        assert [m["seq"] for m in told] == list(range(1, said + 1))


@given(
    st.lists(KINDS, max_size=60),
    st.lists(st.integers(1, 15), min_size=20, max_size=20),
    st.lists(st.booleans(), min_size=20, max_size=20),
    st.booleans(),
)
def test_a_reader_cut_anywhere_gets_every_event_and_point_once_and_ends_with_the_latest(
    kinds, pages, cuts, columns
):
    """The log grows between reads; a cut throws away what was read but not received."""
    with State() as log:
        subscription = Subscription(columns=columns)
        received: list[dict] = []
        cursor = position = 0
        pending = [message(kind, number) for number, kind in enumerate(kinds, 1)]
        undisturbed = [(15, False)] * 10
        for page, cut in [*zip(pages, cuts, strict=True), *undisturbed]:
            if pending:
                log.append("s", "worker", log.position("s", "worker") + 1, pending[:page])
                pending = pending[page:]
            info = log.info("s")
            entries = log.read("s", cursor, page)
            sent = [msgspec.json.decode(w) for w in subscription.select(entries, info.latest)]
            cursor = entries[-1].seq if entries else cursor
            kept = sent[: len(sent) // 2] if cut else sent
            received += kept
            position = max([position, *(m["seq"] for m in kept)])
            if cut:
                cursor = position
        seqs = [m["seq"] for m in received]
        assert seqs == sorted(set(seqs))
        whole = log.read("s", 0, 10_000)
        events = [e.seq for e in whole if e.delivery is Delivery.EVENT]
        assert [m["seq"] for m in received if m["type"] == "control"] == events
        points = [
            value
            for m in received
            if m["type"].startswith("equity")
            for value in (m["data"]["equity"] if columns else [m["data"]["equity"]])
        ]
        assert points == [n for n, kind in enumerate(kinds, 1) if kind == "curve"]
        states = [n for n, kind in enumerate(kinds, 1) if kind == "state"]
        if states:
            last = [m for m in received if m["type"] == "metrics"][-1]
            assert last["data"]["total_trades"] == states[-1]
