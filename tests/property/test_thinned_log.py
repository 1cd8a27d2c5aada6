"""What thinning and windows leave of a log is read from every position, in pages of every size."""

from __future__ import annotations

import tempfile
from pathlib import Path
from unittest import mock

from hypothesis import given
from hypothesis import strategies as st

from workbench.messages import Candle, CandleData, Control, ControlData
from workbench.streams import Database, SqliteLog, window

# What comes in at once, and from where in the log (a part of it) is thinned then, if at all.
BATCHES = st.lists(
    st.tuples(
        st.lists(st.sampled_from(["event", "1M", "1H"]), min_size=1, max_size=12),
        st.none() | st.sampled_from([0.0, 0.0, 0.3, 0.8]),
    ),
    min_size=4,
    max_size=25,
)


def message(kind: str, number: int):
    if kind == "event":
        return Control("t", data=ControlData("step", True, float(number)))
    pad = "x" * (number % 7 * 30)
    data = CandleData("BTC", kind, f"2024-01-01T00:00:00Z{pad}", 1, 2, 0.5, number, 1, closed=False)
    return Candle("t", data=data)


@given(
    BATCHES,
    st.sampled_from([None, 5, 20, 60]),
    st.sampled_from([1, 3, 8]),
    st.integers(1, 9),
    st.sampled_from([None, 1, 200, 900, 5000]),
)
def test_reading_from_every_position_gives_exactly_what_is_kept(batches, keep, block, limit, size):
    with (
        tempfile.TemporaryDirectory() as folder,
        mock.patch.object(window, "BLOCK_ENTRIES", block),
    ):
        database = Database(Path(folder) / "workbench.db")
        log = SqliteLog(database)
        log.create("s", "live_trading", keep)
        told, number = [], 0
        for batch, thinned in batches:
            made = [message(kind, number + n) for n, kind in enumerate(batch)]
            told += log.append("s", "p", number + 1, made)
            number += len(batch)
            if thinned is not None:
                log.thin("s", int(thinned * number))
        info = log.info("s")
        whole = {entry.seq: entry for entry in told}
        kept = log.read("s", 0, len(told) + 1)
        assert len(kept) == info.kept
        assert all(whole[entry.seq] == entry for entry in kept)
        missing = set(range(info.first_seq, info.seq + 1)) - {entry.seq for entry in kept}
        # Only what has been superseded may be gone from between.
        assert all(info.latest[whole[seq].key] > seq for seq in missing if whole[seq].key)
        assert not any(whole[seq].type == "control" for seq in missing)
        for since in range(info.seq + 1):
            found, place = [], since
            while page := log.read("s", place, limit, size):
                assert page[0].seq > place
                found += page
                place = page[-1].seq
            assert found == [entry for entry in kept if entry.seq > since], since
        database.close()
