"""What producers put aside on disk: while they run, and when they leave."""

from __future__ import annotations

import errno
import os
from functools import partial

import pytest

from workbench.messages import Control, ControlData, encode
from workbench.runs import spool
from workbench.runs.leftovers import Leftovers
from workbench.runs.outbox import Outbox
from workbench.runs.records import RunRecord
from workbench.runs.spec import RunSpec
from workbench.runs.spill import BUFFER_BYTES, Spill
from workbench.streams import OutOfOrder


def control(number: int) -> bytes:
    return encode(Control("t", data=ControlData("step", True, float(number))))


def test_files_have_no_name_and_are_given_back(tmp_path):
    spill = Spill(tmp_path, segment=BUFFER_BYTES)
    sent = [b"%06d" % n * 20 for n in range(5000)]
    for number, message in enumerate(sent):
        spill.add(message, number)
    assert len(spill._files) > 3
    assert list(tmp_path.iterdir()) == []
    got = []
    while len(spill):
        got += spill.take(10_000)
    assert got == sent
    assert spill.size == 0
    assert len(spill._files) == 0


def test_without_the_folder_the_systems_own_is_used(tmp_path):
    spill = Spill(tmp_path / "gone")
    spill.add(b"x" * BUFFER_BYTES, 1)
    spill.add(b"y", 2)
    assert spill.take(1 << 20) + spill.take(1 << 20) == [b"x" * BUFFER_BYTES, b"y"]


def test_a_full_disk_loses_nothing(monkeypatch):
    room = 100_000
    real = os.pwrite

    def pwrite(fd, data, offset):
        if offset >= room:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(fd, data[: room - offset], offset)

    monkeypatch.setattr(os, "pwrite", pwrite)
    spill = Spill()
    sent = [b"%05d" % n * 200 for n in range(300)]
    for number, message in enumerate(sent):
        spill.add(message, number)
    got = []
    while len(spill):
        got += spill.take(5000)
    assert got == sent


def test_a_file_read_to_its_end_does_not_stand_before_the_next():
    spill = Spill(segment=1, buffer=4)
    spill.add(b"aaaa", 1)
    spill.add(b"b", 2)
    assert spill.take(100) == [b"aaaa"]
    spill.add(b"cccc", 3)
    assert spill.take(100) == [b"b", b"cccc"]
    assert spill.size == len(spill) == 0


def test_a_disk_that_is_full_at_once_gives_back_what_is_in_memory(monkeypatch):
    def pwrite(fd, data, offset):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "pwrite", pwrite)
    spill = Spill(buffer=4)
    spill.add(b"aaaa", 1)
    assert spill.take(1) == [b"aaaa"]


def test_a_line_cut_short_by_a_full_disk_is_written_anew(monkeypatch):
    real, room = os.pwrite, [3, 100, 100]

    def pwrite(fd, data, offset):
        return real(fd, data[: room.pop(0)], offset)

    monkeypatch.setattr(os, "pwrite", pwrite)
    spill = Spill(segment=2, buffer=4)
    for number, message in enumerate((b"aaaa", b"bbbb", b"cccc")):
        spill.add(message, number)
    got = []
    while len(spill):
        got += spill.take(100)
    assert got == [b"aaaa", b"bbbb", b"cccc"]


def test_the_outbox_says_when_the_disk_bound_is_reached():
    outbox = Outbox(memory=10, disk=20)
    outbox.add(b"x" * 10)
    outbox.add(b"y" * 10)
    assert not outbox.full
    outbox.add(b"z" * 10)
    assert outbox.full
    outbox.take(1, 100)
    outbox.acknowledge(1)
    assert not outbox.full


def left(home, messages, first: int = 1):
    """Leave messages as a producer does; return the file."""
    outbox = Outbox(spill=Spill(home, path=partial(spool.path_of, home, "r")), first=first)
    outbox.keep()
    for message in messages:
        outbox.add(message)
    assert outbox.leave()
    return spool.left(home, "r", ended=False)[-1]


def record() -> RunRecord:
    spec = RunSpec(symbol="S", timeframes=["1H"], start_date="", end_date="", strategy_ids=["x"])
    return RunRecord(
        id="r", status="running", created="t", spec=spec, source="", synthetic=False,
        token_hash="", producer="kernel",
    )  # fmt: skip


class Log:
    """Takes batches in as the log does."""

    def __init__(self) -> None:
        self.values: list[float] = []
        self.producers: set[str] = set()

    def append(self, stream, producer, first, messages):
        if first > len(self.values) + 1:
            raise OutOfOrder("gap", first=first)
        self.producers.add(producer)
        self.values += [m.data.value for m in messages[len(self.values) + 1 - first :]]


def test_what_a_run_leaves_is_taken_in_piece_by_piece(tmp_path):
    left(tmp_path, map(control, range(1, 1601)))
    log = Log()
    leftovers = Leftovers(tmp_path, log.append)
    turns = 0
    while not leftovers.take(record(), ended=False, seconds=0.0):
        turns += 1
        assert len(log.values) == min(turns * spool.BATCH_MESSAGES, 1600)
    assert turns > 1
    assert log.values == list(range(1, 1601))
    assert log.producers == {"kernel"}
    assert list((tmp_path / "spool").iterdir()) == []


def test_a_file_that_is_being_written_is_left_alone_until_its_writer_is_gone(tmp_path):
    path = left(tmp_path, [control(1)])
    path.rename(path.with_suffix(".part"))
    log = Log()
    leftovers = Leftovers(tmp_path, log.append)
    assert leftovers.take(record(), ended=False, seconds=1.0)
    assert log.values == []
    assert leftovers.take(record(), ended=True, seconds=1.0)
    assert log.values == [1]


@pytest.mark.parametrize("cut", range(1, 60, 7))
def test_a_torn_end_loses_nothing_before_it(tmp_path, cut):
    path = left(tmp_path, map(control, range(1, 11)))
    path.write_bytes(path.read_bytes()[:-cut])
    (batch,) = spool.read(path)
    assert [m.data.value for m in batch.messages] == list(range(1, 10))


@pytest.mark.parametrize("content", [b"", b"1", b"not a number\n{}\n", b"1\n{}\n"])
def test_a_damaged_file_is_no_end_of_the_server(tmp_path, content):
    path = left(tmp_path, [control(1)])
    path.write_bytes(content)
    log = Log()
    assert Leftovers(tmp_path, log.append).take(record(), ended=True, seconds=1.0)
    assert log.values == []
    assert not path.exists()


def test_a_busy_state_file_is_tried_again_from_the_beginning(tmp_path):
    left(tmp_path, map(control, range(1, 1101)))
    log = Log()
    calls = []

    def append(*arguments):
        calls.append(arguments)
        if len(calls) == 2:
            raise RuntimeError("busy")
        log.append(*arguments)

    leftovers = Leftovers(tmp_path, append)
    with pytest.raises(RuntimeError, match="busy"):
        leftovers.take(record(), ended=True, seconds=9.0)
    assert len(log.values) == 500
    assert leftovers.take(record(), ended=True, seconds=9.0)
    assert log.values == list(range(1, 1101))


def test_the_file_goes_with_its_last_batch_however_long_that_took(tmp_path):
    log = Log()
    path = left(tmp_path, map(control, [1, 2]))
    assert Leftovers(tmp_path, log.append).take(record(), ended=False, seconds=0.0)
    assert not path.exists()


def test_what_is_left_while_the_first_is_taken_in_is_not_removed_with_it(tmp_path):
    left(tmp_path, map(control, range(1, 601)))
    log = Log()
    leftovers = Leftovers(tmp_path, log.append)
    assert not leftovers.take(record(), ended=False, seconds=0.0)
    later = left(tmp_path, map(control, range(601, 611)), first=601)
    assert not leftovers.take(record(), ended=False, seconds=1.0)
    assert later.exists()
    assert leftovers.take(record(), ended=False, seconds=1.0)
    assert log.values == list(range(1, 611))
    assert list((tmp_path / "spool").iterdir()) == []


def test_a_producer_that_dies_while_its_file_is_taken_in_is_not_given_up_before_the_rest(tmp_path):
    left(tmp_path, map(control, range(1, 601)))
    log = Log()
    leftovers = Leftovers(tmp_path, log.append)
    assert not leftovers.take(record(), ended=False, seconds=0.0)
    path = left(tmp_path, [control(601)], first=601)
    path.rename(path.with_suffix(".part"))
    assert not leftovers.take(record(), ended=True, seconds=1.0)
    assert leftovers.take(record(), ended=True, seconds=1.0)
    assert log.values == list(range(1, 602))


def test_two_servers_take_in_the_same_once(tmp_path):
    left(tmp_path, map(control, range(1, 1601)))
    log = Log()
    both = [Leftovers(tmp_path, log.append) for _ in range(2)]
    done = [False, False]
    while not all(done):
        for turn, leftovers in enumerate(both):
            done[turn] = done[turn] or leftovers.take(record(), ended=True, seconds=0.0)
    assert log.values == list(range(1, 1601))
    assert list((tmp_path / "spool").iterdir()) == []


def test_what_another_server_has_removed_is_no_failure(tmp_path):
    path = left(tmp_path, [control(1)])
    log = Log()
    leftovers = Leftovers(tmp_path, log.append)
    second = left(tmp_path, map(control, range(2, 1000)), first=2)
    assert not leftovers.take(record(), ended=True, seconds=0.0)
    second.unlink()
    assert leftovers.take(record(), ended=True, seconds=1.0)
    assert not path.exists()
    assert log.values[0] == 1


def test_what_nobody_asks_for_is_removed(tmp_path):
    kept = left(tmp_path, [control(1)])
    gone = kept.with_name("deleted.1.part")
    gone.write_bytes(kept.read_bytes())
    Leftovers(tmp_path, Log().append).tidy(lambda: ["r", "other"])
    assert list((tmp_path / "spool").iterdir()) == [kept]
