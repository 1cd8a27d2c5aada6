"""The reader without a socket: what each frame and each end of a connection means."""

from __future__ import annotations

import json

import pytest
from msgspec import structs
from stories import EPOCH, NOW, RUN, array, connected, equity, story, told, trade

from workbench.client.reading import Reader
from workbench.client.wishes import Wishes
from workbench.errors import InvalidRequest, NotAllowed, NotFound, StreamCorrupted
from workbench.messages import (
    Control,
    ControlData,
    ControlRequest,
    Error,
    ErrorData,
    ErrorExtra,
    Gap,
    GapData,
    Heartbeat,
    HeartbeatData,
    Message,
    Replay,
    ReplayData,
    Reset,
    ResetData,
    SeekTo,
    Shutdown,
    ShutdownData,
    encode,
    error_message,
)

LOG = story("setetepc")


def reader(**wishes):
    return Reader(RUN, Wishes(**wishes))


def feed(target, payloads):
    return [message for payload in payloads for message in target.feed(payload)]


def seqs(messages):
    return [message.seq for message in messages if isinstance(message.seq, int)]


def refusal(code):
    return Error(NOW, data=ErrorData("That is wrong", {"field": "types"}), extra=ErrorExtra(code))


def without(payloads, *places):
    return [payload for place, payload in enumerate(payloads) if place not in places]


def test_a_whole_story_is_read_once_and_finished():
    one = reader()
    assert seqs(feed(one, told(LOG, {}))) == [1, 2, 3, 4, 5, 6, 7, 8]
    assert (one.seq, one.epoch, one.status) == (8, EPOCH, "complete")
    assert one.closed(1000) is False
    assert one.failure is None


def test_many_messages_may_share_a_frame():
    one = reader()
    assert seqs(one.feed(array(told(LOG, {})))) == [1, 2, 3, 4, 5, 6, 7, 8]


def test_what_was_told_is_passed_over():
    one = reader()
    payloads = told(LOG, {})
    assert seqs(feed(one, [*payloads[:5], *payloads[1:5], *payloads[3:]])) == list(range(1, 9))


def test_a_resumed_reader_asks_for_what_comes_next_and_proves_the_trades_across():
    one = reader(columns=True, heartbeat=2.0, max_rate=5.0, types=["trade", "complete", "equity"])
    feed(one, told(LOG, {"types": "trade,complete"})[:2])
    assert one.closed(1006) is True
    assert one.query() == {
        "since": "3", "epoch": EPOCH, "types": "trade,complete,equity", "format": "columns",
        "batch": "1", "max_rate": "5.0", "heartbeat": "2.0",
    }  # fmt: skip
    one.opened()
    rest = feed(one, told(story("setetepc", crc32=7), one.query()))
    assert [message.type for message in rest] == [
        "connected", "equity_columns", "trade", "equity_columns",
    ]  # fmt: skip
    assert "checksum" in str(one.failure)


@pytest.mark.parametrize("code", [1001, 1005, 1006, 1011, 1012, 1013, 1014, 4408])
def test_codes_after_which_one_comes_back(code):
    assert reader().closed(code, "why") is True


@pytest.mark.parametrize(
    ("code", "error"),
    [(1008, NotAllowed), (4404, NotFound), (1002, StreamCorrupted), (1009, StreamCorrupted)],
)
def test_codes_that_are_errors(code, error):
    with pytest.raises(error):
        reader().closed(code, "why")


def test_a_refusal_is_told_in_the_servers_words():
    one = reader()
    assert feed(one, [encode(refusal("invalid_request"))]) == []
    with pytest.raises(InvalidRequest, match="That is wrong") as caught:
        one.closed(1008, "bad parameter")
    assert caught.value.details == {"field": "types"}
    two = reader()
    feed(two, [encode(refusal("not_found"))])
    with pytest.raises(NotFound, match="That is wrong"):
        two.closed(4404)


def test_the_answer_to_a_request_is_part_of_the_stream():
    one = reader()
    one.ask(ControlRequest("pause"))
    assert [message.type for message in feed(one, [encode(refusal("conflict"))])] == ["error"]
    assert one.status is None


def test_a_hole_is_read_again_from_the_last_good_event():
    one = reader()
    payloads = told(LOG, {})
    # seq 3 is a trade; 4, an equity point, is told before the next event shows the hole.
    assert seqs(feed(one, without(payloads, 3))) == [1, 2, 4]
    assert one.broken
    assert one.failure is None
    assert one.query()["since"] == "1"
    one.opened()
    assert seqs(feed(one, told(LOG, one.query()))) == [3, 5, 6, 7, 8]
    assert one.closed(1000) is False


def test_what_was_lost_beside_an_event_comes_with_it():
    one = reader()
    assert seqs(feed(one, without(told(LOG, {}), 2, 3))) == [1, 4]
    one.opened()
    assert seqs(feed(one, told(LOG, one.query()))) == [2, 3, 5, 6, 7, 8]


def test_points_in_columns_are_told_once_though_a_hole_was_mended():
    log = story("seteec")
    one = reader(columns=True)
    payloads = told(log, {"format": "columns"})
    first = feed(one, without(payloads, 3))
    assert [len(m.data.time) for m in first if m.type == "equity_columns"] == [1, 2]
    one.opened()
    halves = told(log[:4], one.query()), told(log, {"since": "4", "format": "columns"})
    again = feed(one, [*halves[0], *halves[1][1:]])
    assert [message.type for message in again] == ["connected", "trade", "complete"]
    assert one.closed(1000) is False


def test_a_hole_at_the_same_place_again_is_an_error_that_names_the_event():
    one = reader()
    feed(one, without(told(LOG, {}), 3))
    one.opened()
    assert seqs(feed(one, without(told(LOG, one.query()), 2))) == []
    assert one.failure.details == {"missing_eseq": 2, "found_eseq": 3}
    assert one.failure.code == "stream_corrupted"
    assert one.feed(encode(LOG[2])) == []


def test_two_holes_at_different_places_are_both_mended():
    one = reader()
    assert seqs(feed(one, without(told(LOG, {}), 3))) == [1, 2, 4]
    one.opened()
    assert seqs(feed(one, without(told(LOG, one.query()), 4))) == [3, 6, 7]
    assert one.broken
    one.opened()
    assert seqs(feed(one, told(LOG, one.query()))) == [5, 8]


def test_a_stream_that_ends_before_its_log_does_is_not_finished():
    one = reader()
    feed(one, told(LOG, {})[:-1])
    assert one.closed(1000) is True
    assert one.query()["since"] == "5"
    one.opened()
    feed(one, told(LOG, one.query())[:-1])
    with pytest.raises(StreamCorrupted, match="Event 4") as caught:
        one.closed(1000)
    assert caught.value.details["missing_eseq"] == 4


def test_a_stream_read_from_its_end_is_finished_without_a_word():
    one = reader(since=8, epoch=EPOCH)
    feed(one, told(LOG, one.query()))
    assert one.closed(1000) is False


def test_a_filter_that_hides_the_end_ends_with_the_connection():
    one = reader(types=["trade"])
    assert seqs(feed(one, told(LOG, one.query()))) == [3, 5]
    assert one.closed(1000) is False


@pytest.mark.parametrize("forged", [{"trades": 3}, {"crc32": 1}])
def test_trades_that_are_not_the_runs_are_found(forged):
    one = reader()
    messages = feed(one, told(story("stetc", **forged), {}))
    assert messages[-1].type == "trade"
    details = one.failure.details
    assert details["received"]["trades"] == 2
    assert details["expected"] != details["received"]


def test_a_changed_trade_is_found():
    log = story("stetc")
    log[3] = structs.replace(trade(9), seq=4, eseq=3)
    one = reader()
    feed(one, told(log, {}))
    assert "checksum" in str(one.failure)


@pytest.mark.parametrize(
    ("log", "wishes"),
    [
        (story("stetc", proof=False), {}),
        (story("stetc", crc32=1), {"since": 2, "epoch": EPOCH}),
        (story("stetc", crc32=1), {"types": ["complete"]}),
    ],
    ids=["old log", "from the middle", "no trades asked for"],
)
def test_what_cannot_be_proved_is_not_held_against_the_stream(log, wishes):
    one = reader(**wishes)
    assert feed(one, told(log, one.query()))[-1].type == "complete"
    assert one.failure is None


def test_trades_are_proved_under_a_filter_that_lets_them_through():
    one = reader(types=["complete", "trade"])
    feed(one, without(told(story("stetc"), one.query()), 1))
    assert "1 trade messages came, but the run tells of 2" in str(one.failure)


def test_unknown_types_and_fields_are_ignored_but_counted():
    one = reader()
    payloads = told(LOG, {})
    strange = json.loads(payloads[3])
    payloads[3] = json.dumps({**strange, "type": "novelty", "data": {"x": 1}}).encode()
    payloads[4] = payloads[4][:-1] + b',"later":{"deep":[1]}}'
    hint = b'{"type":"hint","timestamp":"","data":{}}'
    got = one.feed(array([*payloads[:-1], hint]))
    assert seqs(got) == [1, 2, 4, 5, 6, 7]
    assert one.failure is None


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        (b'{"type":"trade","timestamp":"","data":{},"seq":2}', "trade message that is none"),
        (b'{"no":1}', "not a message"),
        (b"{", "not a message"),
        (b"\xff\xfe", "not a message"),
        (b"", "not a message"),
        (b'[{"type":"status"', "not a message"),
    ],
)
def test_what_is_no_message_is_an_error_after_those_before_it(payload, words):
    one = reader()
    assert seqs(feed(one, told(LOG, {})[:2])) == [1]
    assert one.feed(payload) == []
    assert words in str(one.failure)


def test_what_came_before_a_broken_message_in_its_frame_is_told():
    one = reader()
    bad = b'{"type":"trade","timestamp":"","data":{},"seq":3}'
    assert seqs(one.feed(array([*told(LOG, {})[:3], bad]))) == [1, 2]
    assert one.failure.details == {"type": "trade"}


def test_another_epoch_starts_the_story_again():
    one = reader()
    feed(one, told(LOG, {})[:4])
    one.opened()
    again = feed(one, told(LOG, one.query(), epoch="bbbb"))
    assert [message.type for message in again][:2] == ["connected", "gap"]
    assert seqs(again) == list(range(1, 9))
    assert one.epoch == "bbbb"
    assert one.failure is None


def test_another_epoch_without_a_gap_message_starts_again_too():
    one = reader()
    feed(one, told(LOG, {})[:4])
    one.opened()
    assert seqs(feed(one, told(LOG, {}, epoch="bbbb"))) == list(range(1, 9))


def test_a_gap_of_a_bounded_window_goes_on_where_the_log_begins():
    one = reader(since=2, epoch=EPOCH)
    gap = Gap(NOW, data=GapData("window", 2, EPOCH, EPOCH, 4, 8))
    rest = feed(one, [encode(connected(LOG)), encode(gap), *map(encode, LOG[3:])])
    assert seqs(rest) == [4, 5, 6, 7, 8]
    assert one.failure is None


def test_a_replays_reset_forgets_and_counts_anew():
    one = reader(replay=True, speed=100)
    payloads = told(LOG, {})
    back = Reset(NOW, data=ResetData("seek", 3))
    got = feed(one, [*payloads[:6], encode(back), *payloads[1:]])
    assert seqs(got) == [1, 2, 3, 4, 5, *range(1, 9)]
    assert one.failure is None
    assert one.seq == 8


def test_a_replay_comes_back_with_its_pace_and_pause():
    one = reader(replay=True, speed="3600x")
    assert one.query()["speed"] == "3600.0x"
    state = ReplayData("paused", 3, 8, None, None, None, 50.0)
    feed(one, [*told(LOG, {})[:4], encode(Replay(NOW, data=state))])
    assert one.query() == {
        "since": "3", "epoch": EPOCH, "batch": "1", "heartbeat": "5.0", "replay": "1",
        "speed": "0.001",
    }  # fmt: skip
    assert [json.loads(said) for said in one.opened()] == [
        {"type": "control", "action": "pause"},
        {"type": "control", "action": "speed", "value": 50.0},
    ]
    # Until both have taken effect, the replay's old state is what a further loss goes back to.
    for between in (structs.replace(state, state="playing", speed=0.001), state):
        assert one.query()["speed"] == "0.001"
        feed(one, [encode(Replay(NOW, data=between))])
        assert one.replaying == state
    feed(one, [encode(Replay(NOW, data=structs.replace(state, state="playing")))])
    assert one.query()["speed"] == "50.0"
    assert one.opened() == []


def test_a_replays_end_holds_until_something_is_asked():
    one = reader(replay=True)
    state = ReplayData("ended", 8, 8, None, None, None, None)
    feed(one, [*told(LOG, {}), encode(Replay(NOW, data=state))])
    assert one.paused_end
    one.ask(ControlRequest("step", -1.0))
    assert not one.paused_end


def ended():
    one = reader(replay=True)
    state = Replay(NOW, data=ReplayData("ended", 8, 8, None, None, None, None))
    feed(one, [*told(LOG, {}), encode(state)])
    return one


def answered(action, accepted):
    messages: list[Message] = [Control(NOW, data=ControlData(action, accepted))]
    if not accepted:
        messages.append(error_message(InvalidRequest(f"no {action}")))
    return [encode(message) for message in messages]


def test_a_seek_from_a_replays_end_that_is_refused_is_refused_once():
    one = ended()
    said = one.ask(ControlRequest("seek", to=SeekTo(seq=99)))
    assert [json.loads(each)["action"] for each in said] == ["seek", "resume"]
    got = feed(one, answered("seek", False) + answered("resume", False))
    assert [message.type for message in got] == ["control", "error"]
    assert got[1].data.error == "no seek"
    # What somebody asks for is answered, also when it is refused.
    one.ask(ControlRequest("resume"))
    assert len(feed(one, answered("resume", False))) == 2


def test_a_seek_from_a_replays_end_that_is_taken_plays_on():
    one = ended()
    one.ask(ControlRequest("seek", to=SeekTo(seq=3)))
    got = feed(one, answered("seek", True) + answered("resume", True))
    assert [message.data.action for message in got] == ["seek", "resume"]
    one.ask(ControlRequest("pause"))
    assert len(feed(one, answered("pause", False))) == 2


def test_from_now_is_said_once_and_resumed_from_there():
    one = reader(from_now=True)
    assert one.query()["from"] == "now"
    running = story("setet")
    feed(one, [encode(connected(running))])
    assert one.query()["since"] == "5"
    assert "from" not in one.query()
    late = structs.replace(equity(6), seq=6)
    assert seqs(feed(one, [encode(late)])) == [6]


def test_signs_of_life_are_kept_and_not_told():
    one = reader()
    beat = Heartbeat(NOW, data=HeartbeatData(9, 8, 1, 20, 0))
    bye = Shutdown(NOW, data=ShutdownData("restart", 700))
    assert feed(one, [encode(beat), encode(bye)]) == []
    assert one.heartbeat.lag == 1
    assert one.told
    assert one.reconnect_s == 0.7
    one.opened()
    assert one.reconnect_s is None
    assert not one.told
    assert one.silence_s == 15.0
    assert reader(heartbeat=None).silence_s is None


@pytest.mark.parametrize(
    "wishes", [{"since": -1}, {"since": 1, "from_now": True}, {"speed": 5}, {"speed": "fast"}]
)
def test_wishes_that_make_no_sense(wishes):
    with pytest.raises(InvalidRequest):
        reader(**wishes)
