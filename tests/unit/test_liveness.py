"""Pings, heartbeats and limits as rules, on a clock of the test's own."""

from __future__ import annotations

import heapq
import itertools
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from workbench_server.limits import TOLERATED, Inbound, Places, TokenBucket, Verdict
from workbench_server.liveness import (
    RECONNECT_MS,
    Pinger,
    heartbeat,
    heartbeats,
    shutdown_message,
)

from workbench.messages import decode


class Clock:
    """An event loop's clock that goes on when told to."""

    def __init__(self):
        self.now = 0.0
        self._calls = []
        self._numbers = itertools.count()

    def time(self):
        return self.now

    def call_later(self, delay, callback):
        call = [self.now + delay, next(self._numbers), callback]
        heapq.heappush(self._calls, call)
        return SimpleNamespace(cancel=lambda: call.__setitem__(2, None))

    @property
    def waiting(self):
        return sum(call[2] is not None for call in self._calls)

    def go_on(self, seconds):
        end = self.now + seconds
        while self._calls and self._calls[0][0] <= end:
            self.now, _, callback = heapq.heappop(self._calls)
            if callback is not None:
                callback()
        self.now = end


class Peer:
    def __init__(self):
        self.behind = False
        self.written = 0
        self.pings = 0
        self.dropped_at = None
        self.clock = Clock()
        self.answers = None

    def send_ping(self):
        self.pings += 1
        if self.answers is not None:
            self.answers()

    def drop(self, reason):
        assert self.dropped_at is None
        self.dropped_at = self.clock.now


@pytest.fixture
def peer():
    return Peer()


def test_a_peer_that_never_answers_is_dropped_within_interval_and_timeout(peer):
    Pinger(peer.clock, peer, 20, 10)
    peer.clock.go_on(30)
    assert peer.pings == 1
    assert 20 <= peer.dropped_at <= 30
    peer.clock.go_on(100)
    assert peer.pings == 1
    assert peer.clock.waiting == 0


@pytest.mark.parametrize("timeout", [5, 20, 60])
def test_a_peer_that_answers_stays(peer, timeout):
    pinger = Pinger(peer.clock, peer, 20, timeout)
    peer.answers = pinger.heard
    peer.clock.go_on(2000)
    assert peer.dropped_at is None
    assert peer.pings >= 2000 / max(20, timeout) - 1


def test_a_peer_that_stops_answering_is_dropped(peer):
    pinger = Pinger(peer.clock, peer, 20, 10)
    peer.answers = pinger.heard
    peer.clock.go_on(100)
    peer.answers = None
    peer.clock.go_on(30)
    assert peer.dropped_at is not None


def test_a_slow_reader_stays_while_its_socket_takes_bytes(peer):
    Pinger(peer.clock, peer, 20, 10)
    peer.behind = True
    for _ in range(300):
        peer.written += 1000
        peer.clock.go_on(1)
    assert peer.dropped_at is None
    peer.clock.go_on(60)
    assert peer.dropped_at is not None


def test_bytes_taken_are_no_excuse_once_nothing_waits(peer):
    Pinger(peer.clock, peer, 20, 10)
    for _ in range(31):
        peer.written += 1000
        peer.clock.go_on(1)
    assert peer.dropped_at is not None


def test_an_interval_of_0_is_no_ping_and_stop_ends_the_timers(peer):
    Pinger(peer.clock, peer, 0, 10)
    assert peer.clock.waiting == 0
    Pinger(peer.clock, peer, 20, 10).stop()
    assert peer.clock.waiting == 0
    peer.clock.go_on(100)
    assert peer.pings == 0


def reader(sent=0, conflated=0, behind_since=None):
    return SimpleNamespace(sent=sent, conflated=conflated, behind_since=behind_since)


@pytest.mark.parametrize(
    ("seq", "who", "lag", "lag_ms"),
    [
        (10, reader(10), 0, 0),
        (10, reader(10, behind_since=1.0), 0, 0),
        (10, reader(4, behind_since=1.5), 6, 3500),
        (10, reader(4), 6, 500),
        (10, reader(4, behind_since=5.0), 6, 1),
        (0, reader(5), 0, 0),
    ],
)
def test_a_heartbeat_says_where_the_reader_stands(seq, who, lag, lag_ms):
    data = heartbeat(seq, who, 5.0, 4.5).data
    assert (data.seq, data.sent, data.lag, data.lag_ms) == (seq, who.sent, lag, lag_ms)


def test_heartbeats_come_at_the_asked_pace_and_end_with_the_block():
    clock, told = Clock(), []
    listener = SimpleNamespace(offer=lambda message: told.append(decode(message)))
    who, log = reader(conflated=3), SimpleNamespace(seq=0)
    with heartbeats(clock, listener, 0.5, lambda: (log.seq, 0.0), who):
        clock.go_on(1.2)
        log.seq, who.sent = 7, 5
        clock.go_on(0.5)
    clock.go_on(10)
    assert [(m.data.seq, m.data.lag, m.data.conflated) for m in told] == [
        (0, 0, 3), (0, 0, 3), (7, 2, 3)
    ]  # fmt: skip
    assert clock.waiting == 0


def test_no_heartbeat_unless_asked_for():
    clock = Clock()
    with heartbeats(clock, SimpleNamespace(), None, lambda: (0, 0.0), reader()):
        assert clock.waiting == 0


def test_clients_are_sent_away_to_come_back_at_different_times():
    pauses = {decode(shutdown_message()).data.reconnect_ms for _ in range(200)}
    assert len(pauses) > 50
    assert min(pauses) >= RECONNECT_MS[0]
    assert max(pauses) <= RECONNECT_MS[1]


@given(
    st.floats(0.1, 1000), st.integers(1, 100), st.lists(st.floats(0, 5), min_size=1, max_size=200)
)
def test_a_bucket_never_lets_through_more_than_rate_and_burst(rate, burst, pauses):
    bucket, now, passed = TokenBucket(rate, burst, 0.0), 0.0, 0
    for pause in pauses:
        now += pause
        passed += bucket.take(now)
        assert passed <= burst + now * rate + 1e-6
    assert TokenBucket(0, 1, 0.0).take(0.0)


def test_the_contracts_ping_every_30_s_is_never_refused():
    inbound = Inbound(10, 50, 0.0)
    assert {inbound.judge(30.0 * n) for n in range(1000)} == {Verdict.ACCEPT}


def test_a_flood_is_told_once_a_second_and_then_closed():
    inbound = Inbound(10, 50, 0.0)
    said = [inbound.judge(n / 100) for n in range(300)]
    assert said[:50] == [Verdict.ACCEPT] * 50
    first = said.index(Verdict.CLOSE)
    assert said[:first].count(Verdict.TELL) == 2
    refused = [v for v in said[:first] if v is not Verdict.ACCEPT]
    assert len(refused) == TOLERATED


def test_a_peer_that_calms_down_is_forgiven():
    inbound = Inbound(10, 50, 0.0)
    now, seen = 0.0, set()
    for _ in range(20):
        seen |= {inbound.judge(now) for _ in range(100)}
        now += 6
        seen.add(inbound.judge(now))
        now += 6
    assert Verdict.CLOSE not in seen
    assert Verdict.TELL in seen


def test_places_are_counted_in_all_and_by_stream():
    places = Places(3, 2)
    assert [places.take(s) for s in ("a", "a", "a", "b", "b")] == [None, None, 2, None, 3]
    places.free("a")
    assert places.take("b") is None
    assert [Places(0, 0).take("a") for _ in range(3)] == [None] * 3
