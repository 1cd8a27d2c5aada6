"""What a log takes from a producer: nothing forged, nothing after the end, each once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from workbench.errors import InvalidRequest
from workbench.messages import Equity, EquityData, Error, ErrorData, ErrorExtra
from workbench.streams import StreamInfo
from workbench.streams.guard import fresh
from workbench.streams.log import OutOfOrder, StreamEnded

OPEN = StreamInfo("s", "backtest", "e", 5, 0, {}, False)
ENDED = OPEN._replace(closed=True)


def point(equity=1.0, time="2024-01-15T08:00:00Z", **forged):
    return Equity("now", data=EquityData("s", time, equity, 1.0, 0.0), **forged)


def last():
    return Error("now", data=ErrorData("x", {}), extra=ErrorExtra("error"))


@pytest.mark.parametrize("first", [0, -1, -(2**70)])
def test_numbers_start_at_1(first):
    with pytest.raises(InvalidRequest, match=str(first)):
        fresh(OPEN, 0, first, [point()])


@pytest.mark.parametrize("first", [7, 2**70])
def test_a_left_out_number_is_refused(first):
    with pytest.raises(OutOfOrder, match=str(first)):
        fresh(OPEN, 5, first, [point()])


def test_numbers_that_are_the_logs_to_give_are_taken_away():
    (message,) = fresh(OPEN, 0, 1, [point(seq=9, eseq=9, conflated=9)])
    assert (message.seq, message.eseq, message.conflated) == (UNSET, UNSET, UNSET)


def test_nothing_follows_the_final_message():
    with pytest.raises(StreamEnded):
        fresh(ENDED, 5, 6, [point()])
    with pytest.raises(InvalidRequest, match="ends the log"):
        fresh(OPEN, 0, 1, [last(), point()])
    assert len(fresh(OPEN, 0, 1, [point(), last()])) == 2


@pytest.mark.parametrize("time", ["", "t", "2024-13-01", "0" * 5000])
def test_a_time_that_cannot_be_read_is_refused(time):
    with pytest.raises(InvalidRequest, match="ISO 8601") as caught:
        fresh(OPEN, 0, 1, [point(), point(time=time)])
    assert len(str(caught.value)) < 100


def test_what_an_ended_log_has_may_be_sent_again():
    assert list(fresh(ENDED, 5, 4, [point(), last()])) == []
    assert list(fresh(ENDED, 5, 6, [])) == []


@given(st.integers(0, 30), st.lists(st.tuples(st.integers(1, 40), st.integers(0, 12))))
def test_however_batches_are_cut_and_repeated_each_message_enters_once(start, cuts):
    entered, position = list(range(1, start + 1)), start
    for first, size in cuts:
        batch = [point(float(n)) for n in range(first, first + size)]
        try:
            new = fresh(OPEN, position, first, batch)
        except OutOfOrder:
            assert first > position + 1
            continue
        entered += [int(message.data.equity) for message in new]
        position += len(new)
    assert entered == list(range(1, position + 1))
