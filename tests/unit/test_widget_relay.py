"""Handing the stream on through the comm."""

from __future__ import annotations

from widget_fakes import STORY, WAIT_S, FakeSource, Outbox

from workbench.widgets.relay import Relay


def test_the_whole_story_arrives_in_order_and_its_end_is_told() -> None:
    source, outbox = FakeSource(STORY[:3], STORY[3:]), Outbox()
    Relay(source, outbox, interval=0).start(0, None)
    source.release(2)
    outbox.wait(kind="state", state="finished")
    assert outbox.seqs() == [1, 2, 3, 5, 6, 7]
    assert source.asked == [(0, None)]


def test_what_piles_up_between_two_messages_goes_out_as_one() -> None:
    batches = [[m] for m in STORY]
    source, outbox = FakeSource(*batches), Outbox()
    # An hour between two sends: only the first can go out.
    relay = Relay(source, outbox, interval=3600)
    relay.start(0, None)
    source.release()
    outbox.wait(kind="messages")
    source.release(len(batches) - 1)
    assert source.told.wait(WAIT_S)
    relay.stop()
    assert [m["batch"] for m in outbox.sent] == [[STORY[0]]]


def test_a_second_page_restarts_from_the_earlier_position() -> None:
    source, outbox = FakeSource(STORY[:4], STORY[4:]), Outbox()
    relay = Relay(source, outbox, interval=0)
    relay.start(0, None)
    source.release()
    outbox.wait(kind="messages")
    relay.start(6, "e1")
    assert source.asked[0] == (0, None)
    source.release(4)
    outbox.wait(kind="state", state="finished")
    assert source.asked[-1] == (3, "e1")
    assert {4, 5, 6, 7} - {4} <= set(outbox.seqs())


def test_a_run_that_does_not_exist_is_a_failure_with_its_reason() -> None:
    outbox = Outbox()
    Relay(FakeSource(missing=True), outbox, interval=0).start(0, None)
    assert outbox.wait(kind="state")["state"] == "failed"
    assert "No backtest is named" in outbox.sent[-1]["reason"]


def test_a_run_that_goes_while_it_is_read_was_deleted() -> None:
    source, outbox = FakeSource(STORY[:3], gone=True), Outbox()
    Relay(source, outbox, interval=0).start(0, None)
    source.release()
    assert outbox.wait(kind="state")["state"] == "deleted"


def test_after_stop_nothing_is_sent() -> None:
    source, outbox = FakeSource(STORY[:2], STORY[2:]), Outbox()
    relay = Relay(source, outbox, interval=0)
    relay.start(0, None)
    source.release()
    outbox.wait(kind="messages")
    relay.stop()
    source.release(5)
    assert outbox.seqs() == [1]
