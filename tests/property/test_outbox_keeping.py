"""A producer that is killed while nobody hears it leaves on disk all that the log has not."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from workbench.messages import Control, ControlData, encode
from workbench.runs import spool
from workbench.runs.outbox import Outbox
from workbench.runs.spill import Spill

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.integers(1, 9)),
        st.tuples(st.just("acknowledge"), st.integers(0, 9)),
        st.tuples(st.just("keep"), st.none()),
        st.tuples(st.just("settle"), st.none()),
    ),
    max_size=40,
)


def numbered(number: int) -> bytes:
    return encode(Control("t", data=ControlData("step", True, float(number))))


def on_disk(home: Path) -> list[int]:
    """Return what the next server would find, were the process dead now."""
    found: list[int] = []
    for path in spool.left(home, "r", ended=True):
        for batch in spool.read(path):
            values = [int(message.data.value) for message in batch.messages]
            assert values == list(range(batch.first, batch.first + len(values)))
            found += values
    return found


@given(STEPS, st.integers(1, 2000), st.integers(1, 1500), st.integers(1, 400))
def test_what_is_kept_is_on_disk_and_goes_when_it_is_acknowledged(steps, memory, segment, buffer):
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        spill = Spill(home, segment, buffer, path=partial(spool.path_of, home, "r"))
        outbox = Outbox(memory, 1 << 40, spill)
        last = acknowledged = wanted = 0
        away = False
        for action, count in steps:
            if action == "add":
                for _ in range(count):
                    last += 1
                    outbox.add(numbered(last))
            elif action == "acknowledge":
                outbox.take(100, 1 << 20)
                acknowledged = min(acknowledged + count, acknowledged + outbox.in_flight)
                outbox.acknowledge(acknowledged)
            elif action == "keep":
                away = True
                outbox.keep()
            else:
                away = False
                outbox.settle()
            if away or action == "settle":
                wanted = last if away else wanted
            found = on_disk(home)
            assert found == sorted(set(found))
            assert set(range(acknowledged + 1, wanted + 1)) <= set(found)
            if acknowledged == last:
                assert found == []
        whole = outbox.leave()
        assert whole
        assert set(range(acknowledged + 1, last + 1)) <= set(on_disk(home))
