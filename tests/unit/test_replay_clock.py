"""A replay's clock at its corners; the general rules are in the property tests."""

from __future__ import annotations

import msgspec
import pytest

from workbench.errors import Conflict, InvalidRequest
from workbench.messages import ControlRequest, SeekTo, iso_time
from workbench.streams import Entry, Pace, Replay, ReplayIndex

STEP_MS = 60_000
ONE = Pace(1.0)


def replay(*bars: int, pace: Pace = ONE, since: int = 0) -> Replay:
    index = ReplayIndex(STEP_MS)
    index.extend(
        [
            Entry(seq, "equity", "equity", msgspec.json.encode(
                {"data": {"time": iso_time(bar * STEP_MS)}, "extra": {"bar": bar}}
            ))
            for seq, bar in enumerate(bars, 1)
        ]
    )  # fmt: skip
    return Replay(index.finish(), pace, 0.0, since)


def tell(made: Replay, now: float) -> int:
    made.told(made.due(now), now)
    return made.cursor


def test_market_time_runs_by_candles():
    made = replay(0, 1, 5, pace=Pace(120.0, True))
    assert tell(made, 0.0) == 1
    assert made.wake(0.0) == 0.5
    assert tell(made, 0.5) == 2
    assert made.wake(0.5) == 2.5


def test_the_clock_stands_while_the_socket_is_full():
    made = replay(0, 1, 2)
    tell(made, 0.0)
    made.hold(10.0)
    assert made.due(10.9) == 1
    assert made.wake(10.9) == 11.0
    assert tell(made, 11.0) == 2


def test_the_clock_stands_while_a_seek_is_told():
    made = replay(0, 1, 2, 3)
    tell(made, 0.0)
    made.control(ControlRequest("seek", to=SeekTo(seq=2)), 0.5)
    assert made.due(100.0) == 2
    made.told(2, 100.0)
    assert made.wake(100.0) == 101.0


def test_pausing_in_a_backlog_pauses_where_the_reader_is():
    made = replay(0, 1, 2, 3, 4)
    made.told(1, 0.0)
    assert made.due(3.0) == 4
    made.told(2, 3.0)
    made.control(ControlRequest("pause"), 3.0)
    assert made.describe(9.0).time == iso_time(STEP_MS)
    made.control(ControlRequest("resume"), 10.0)
    assert made.due(10.0) == 2
    assert made.wake(10.0) == 11.0


def test_a_change_of_speed_ends_a_long_wait():
    made = replay(0, 1000, pace=Pace(1.0))
    tell(made, 0.0)
    made.control(ControlRequest("speed", 600.0, "x"), 500.0)
    assert made.wake(500.0) == 550.0
    assert made.describe(500.0).unit == "x"


def test_candles_without_messages_are_stepped_over_one_by_one():
    made = replay(0, 3)
    tell(made, 0.0)
    for cursor in (1, 1, 2):
        assert made.control(ControlRequest("step"), 0.0) is False
        assert tell(made, 0.0) == cursor
    assert made.state == "ended"
    assert made.control(ControlRequest("step", -1.0), 0.0) is True
    assert (made.cursor, made.target) == (0, 1)


def test_steps_beyond_an_end_stop_there():
    made = replay(4, 5, 6)
    tell(made, 0.0)
    made.control(ControlRequest("step", 1e9), 0.0)
    assert tell(made, 0.0) == 3
    made.control(ControlRequest("step", -1e9), 0.0)
    assert tell(made, 0.0) == 1


def test_after_the_end_going_back_pauses():
    made = replay(0, 1, pace=Pace())
    tell(made, 0.0)
    assert made.state == "ended"
    with pytest.raises(Conflict):
        made.control(ControlRequest("resume"), 0.0)
    made.control(ControlRequest("seek", to=SeekTo(seq=1)), 0.0)
    tell(made, 0.0)
    assert made.state == "paused"
    made.control(ControlRequest("resume"), 0.0)
    assert tell(made, 0.0) == 2


def test_resuming_a_lost_connection_begins_there_and_then():
    made = replay(0, 1, 1, 2, since=2)
    assert tell(made, 0.0) == 3
    assert made.wake(0.0) == 1.0
    assert replay(0, 1, since=2).state == "ended"


def test_an_empty_log_has_ended():
    made = replay()
    assert (made.state, made.due(5.0), made.wake(5.0)) == ("ended", 0, None)
    assert made.describe(0.0).time is None


def test_a_seek_into_a_candle_tells_no_more_of_it_until_resumed():
    made = replay(0, 1, 1, 1, 2)
    made.control(ControlRequest("pause"), 0.0)
    made.control(ControlRequest("seek", to=SeekTo(seq=3)), 0.0)
    assert tell(made, 0.0) == 3
    assert made.due(9.0) == 3
    made.control(ControlRequest("resume"), 9.0)
    assert tell(made, 9.0) == 4


def test_a_seek_given_up_halfway_for_one_before_it_starts_again():
    made = replay(0, 1, 1, 1, 1, 2)
    made.control(ControlRequest("seek", to=SeekTo(seq=5)), 0.0)
    made.told(3, 0.0)
    assert made.control(ControlRequest("seek", to=SeekTo(seq=6)), 0.0) is False
    assert made.control(ControlRequest("seek", to=SeekTo(seq=3)), 0.0) is True
    assert (made.cursor, made.target) == (0, 3)


def test_a_time_without_an_offset_is_utc_and_one_with_is_taken_as_meant():
    made = replay(0, 60, 120)
    made.control(ControlRequest("seek", to=SeekTo(time="1970-01-01T02:00:00+01:00")), 0.0)
    assert made.target == 2
    made.control(ControlRequest("seek", to=SeekTo(time="1970-01-01T02:00:00")), 0.0)
    assert made.target == 3


def test_a_log_without_market_time_is_sought_by_seq():
    index = ReplayIndex()
    index.extend([Entry(1, "status", "status", b'{"data":{}}')])
    made = Replay(index.finish(), Pace(), 0.0)
    with pytest.raises(InvalidRequest, match="seek by seq"):
        made.control(ControlRequest("seek", to=SeekTo(time="2024-01-01")), 0.0)


@pytest.mark.parametrize("wire", [b'{"data":{}}', b'{"data":{},"extra":{"bar":7}}'])
def test_a_log_whose_beginning_was_trimmed_begins_where_it_can(wire):
    index = ReplayIndex(STEP_MS)
    index.extend([Entry(seq, "equity", "equity", wire) for seq in (5, 6, 7)])
    made = Replay(index.finish(), Pace(), 0.0)
    assert tell(made, 0.0) == 7
    with pytest.raises(InvalidRequest) as caught:
        made.control(ControlRequest("seek", to=SeekTo(seq=4)), 0.0)
    assert caught.value.details["allowed"] == [5, 7]
    made.control(ControlRequest("seek", to=SeekTo(seq=5)), 0.0)
    assert tell(made, 0.0) == 5
    made.control(ControlRequest("step", -9.0), 0.0)
    assert tell(made, 0.0) >= 5


def told_by_its_status(start: int, end: int) -> Replay:
    """A run from minute `start` to `end`, whose only point is at minute 2."""
    data = {"start": iso_time(start * STEP_MS), "end": iso_time(end * STEP_MS)}
    point = {"data": {"time": iso_time(2 * STEP_MS)}, "extra": {"bar": 2}}
    index = ReplayIndex(STEP_MS)
    index.extend(
        [
            Entry(1, "status", "status", msgspec.json.encode({"data": data})),
            Entry(2, "equity", "equity", msgspec.json.encode(point)),
            Entry(3, "complete", "complete", b'{"data":{}}'),
        ]
    )
    return Replay(index.finish(), ONE, 0.0)


def test_a_run_goes_from_where_to_where_its_status_says():
    made = told_by_its_status(0, 9)
    about = made.describe(0.0)
    assert (about.start, about.end) == (iso_time(0), iso_time(9 * STEP_MS))
    assert about.time == about.start
    made.control(ControlRequest("seek", to=SeekTo(time=about.end)), 0.0)
    assert tell(made, 0.0) == 3
    made.control(ControlRequest("seek", to=SeekTo(time=about.start)), 0.0)
    assert tell(made, 0.0) == 1
    assert made.describe(0.0).time == about.start
    with pytest.raises(InvalidRequest):
        made.control(ControlRequest("seek", to=SeekTo(time=iso_time(10 * STEP_MS))), 0.0)


def test_a_status_that_turns_time_round_is_not_believed():
    about = told_by_its_status(9, 0).describe(0.0)
    assert (about.start, about.end) == (iso_time(2 * STEP_MS), iso_time(2 * STEP_MS))
