"""A replay under any sequence of controls and clock advances."""

from __future__ import annotations

from math import floor

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import WorkbenchError
from workbench.messages import ControlRequest, Delivery, SeekTo, iso_time, parse_time
from workbench.streams import Entry, Pace, Replay, ReplayIndex, Subscription

STEP_MS = 60_000
KINDS = ("status", "trade", "equity", "metrics", "progress")
LOGS = st.lists(st.tuples(st.integers(0, 3), st.sampled_from(KINDS)), min_size=1, max_size=40)
# Powers of two, so that the clock is exact.
PACED = st.integers(-2, 6).map(lambda power: 2.0**power)
RATES = st.one_of(st.none(), PACED)
WAITS = st.integers(0, 1024).map(lambda ticks: ticks / 64)
CONTROLS = st.one_of(
    st.sampled_from(("pause", "resume")).map(ControlRequest),
    st.integers(-5, 5).filter(bool).map(lambda n: ControlRequest("step", float(n))),
    RATES.map(lambda rate: ControlRequest("speed", rate)),
    st.integers(0, 40).map(lambda seq: ControlRequest("seek", to=SeekTo(seq=seq))),
    st.integers(0, 120).map(
        lambda bar: ControlRequest("seek", to=SeekTo(time=iso_time(bar * STEP_MS)))
    ),
)


def log_of(story) -> tuple[list[Entry], list[int]]:
    """Return a log and, reckoned apart from the index, each message's place."""
    entries, places, bar, place = [], [], -1, -1
    for seq, (ahead, kind) in enumerate([*story, (1, "complete")], 1):
        bar += ahead
        message = {"type": kind, "seq": seq, "data": {}}
        if kind in ("trade", "equity", "progress") and bar >= 0:
            place = bar
            message["extra"] = {"bar": bar + (kind == "progress")}
            message["data"] = {"time": iso_time(bar * STEP_MS)}
        places.append(place)
        entries.append(Entry(seq, kind, kind, msgspec.json.encode(message)))
    if place == -1:
        places = list(range(len(entries)))
    return entries, places


def index_of(entries) -> ReplayIndex:
    index = ReplayIndex(STEP_MS)
    for entry in entries:
        index.extend([entry])
    return index.finish()


def fold(entries) -> tuple[list[int], dict[str, int]]:
    """Return what a reader holds: all but states, and the latest of each state."""
    kept = [entry.seq for entry in entries if entry.delivery is not Delivery.STATE]
    states = {e.key: e.seq for e in entries if e.delivery is Delivery.STATE}
    return kept, states


class Reader:
    """Tells a replay in pages and keeps what came since the last reset."""

    def __init__(self, entries, pace: Pace) -> None:
        self.entries = entries
        self.now = 0.0
        self.replay = Replay(index_of(entries), pace, self.now)
        self.held: list[Entry] = []

    def page(self, size: int) -> None:
        replay = self.replay
        upto = min(replay.due(self.now), replay.cursor + size)
        page = self.entries[replay.cursor : upto]
        if page:
            wires = Subscription().select(page, replay.latest())
            told = {msgspec.json.decode(wire)["seq"] for wire in wires}
            self.held += [entry for entry in page if entry.seq in told]
            replay.told(upto, self.now)

    def drain(self) -> None:
        while self.replay.due(self.now) > self.replay.cursor:
            self.page(1000)

    def control(self, request: ControlRequest) -> bool:
        """Return whether it was accepted."""
        try:
            if self.replay.control(request, self.now):
                self.held = []
        except WorkbenchError:
            return False
        return True


class Model:
    """What a reader who takes all at once should have been told, reckoned another way."""

    def __init__(self, places: list[int], rate: float | None) -> None:
        self.places, self.rate = places, rate
        self.clock, self.playing, self.cursor = float(places[0]), True, 0
        self.go_on()

    def count(self) -> int:
        return sum(place <= self.clock for place in self.places)

    def wait(self, seconds: float) -> None:
        if self.playing and self.rate is not None:
            self.clock += seconds * self.rate
        self.go_on()

    def control(self, request: ControlRequest) -> None:
        match request:
            case ControlRequest("pause" | "resume" as action):
                self.playing = action == "resume"
            case ControlRequest("speed"):
                self.rate = request.value
            case ControlRequest("step", candles):
                self.playing = False
                self.clock = max(floor(self.clock) + candles, self.places[0])
                self.clock = min(self.clock, self.places[-1])
                self.cursor = self.count() if candles < 0 else max(self.cursor, self.count())
            case ControlRequest("seek", to=SeekTo(seq=int(seq))):
                self.cursor = seq
                self.clock = float(self.places[max(0, seq - 1)])
            case ControlRequest("seek", to=SeekTo(time=str(time))):
                self.clock = float(parse_time(time) // STEP_MS)
                self.cursor = self.count()
        self.go_on()

    def go_on(self) -> None:
        if self.playing:
            self.clock = self.places[-1] if self.rate is None else self.clock
            self.cursor = max(self.cursor, self.count())
        if self.cursor == len(self.places):
            self.playing, self.clock = False, float(self.places[-1])


@given(LOGS, RATES, st.lists(st.one_of(WAITS, CONTROLS), max_size=25))
def test_a_message_comes_when_the_clock_reaches_its_place_and_never_before(story, rate, acts):
    entries, places = log_of(story)
    reader = Reader(entries, Pace(rate))
    model = Model(places, rate)
    for act in [0.0, *acts]:
        if isinstance(act, float):
            reader.now += act
            model.wait(act)
        elif reader.control(act):
            model.control(act)
        reader.drain()
        assert reader.replay.cursor == model.cursor
        assert reader.replay.position(reader.now) == model.clock


@given(LOGS, RATES, st.lists(st.one_of(WAITS, CONTROLS, st.integers(1, 6)), max_size=40))
def test_a_reader_always_holds_the_log_up_to_the_cursor(story, rate, acts):
    entries, _ = log_of(story)
    reader = Reader(entries, Pace(rate))
    for act in acts:
        match act:
            case float():
                reader.now += act
            case int():
                reader.page(act)
            case _:
                reader.control(act)
        seqs = [entry.seq for entry in reader.held]
        assert seqs == sorted(set(seqs))
        if not reader.replay.jumping:
            assert fold(reader.held) == fold(entries[: reader.replay.cursor])


STATES = st.lists(st.sampled_from(("metrics", "trade")), min_size=4, max_size=12)


@given(STATES, st.lists(st.tuples(st.integers(1, 12), st.integers(1, 6)), min_size=2, max_size=4))
def test_a_seek_given_up_halfway_leaves_no_state_out(kinds, seeks):
    entries, _ = log_of([(1, kind) for kind in kinds])
    reader = Reader(entries, Pace(1.0))
    reader.control(ControlRequest("pause"))
    for seq, told in seeks:
        reader.control(ControlRequest("seek", to=SeekTo(seq=seq)))
        reader.page(told)
    reader.drain()
    assert fold(reader.held) == fold(entries[: reader.replay.cursor])


@given(LOGS, st.integers(1, 40))
def test_a_seek_tells_of_states_the_latest_alone(story, seq):
    entries, _ = log_of(story)
    reader = Reader(entries, Pace(1.0))
    reader.control(ControlRequest("pause"))
    if reader.control(ControlRequest("seek", to=SeekTo(seq=seq))):
        reader.drain()
        states = [entry.key for entry in reader.held if entry.delivery is Delivery.STATE]
        assert len(states) == len(set(states))


@given(LOGS, PACED, st.integers(1, 5))
def test_it_wakes_when_something_is_due_and_comes_to_its_end(story, rate, size):
    entries, places = log_of(story)
    reader = Reader(entries, Pace(rate))
    while (at := reader.replay.wake(reader.now)) is not None:
        assert at >= reader.now
        if at > reader.now:
            earlier = (reader.now + at) / 2
            assert reader.replay.due(earlier) == reader.replay.cursor
        reader.now = at
        cursor = reader.replay.cursor
        reader.page(size)
        assert reader.replay.cursor > cursor
    assert reader.replay.state == "ended"
    assert [entry.seq for entry in reader.held] == [entry.seq for entry in entries]
    assert reader.now == (places[-1] - places[0]) / rate


@given(LOGS, PACED, PACED, WAITS)
def test_a_change_of_speed_holds_for_the_next_event_already(story, rate, other, wait):
    entries, places = log_of(story)
    reader = Reader(entries, Pace(rate))
    reader.now = wait
    reader.drain()
    replay = reader.replay
    if replay.state == "ended":
        return
    left = places[replay.cursor] - replay.position(wait)
    replay.control(ControlRequest("speed", other), wait)
    assert replay.wake(wait) == wait + left / other


@given(LOGS, RATES, WAITS, WAITS)
def test_a_paused_replay_sends_nothing(story, rate, before, after):
    entries, _ = log_of(story)
    reader = Reader(entries, Pace(rate))
    reader.now = before
    reader.page(3)
    reader.control(ControlRequest("pause"))
    reader.now += after
    assert reader.replay.due(reader.now) == reader.replay.cursor
    assert reader.replay.wake(reader.now) is None
