"""SIGKILL of a live session's process on any step: the next one goes on as if nothing had been."""

from __future__ import annotations

import asyncio
import itertools
import random
import signal

import msgspec
import pytest
from ledger_broker import LedgerBroker
from live_jobs import live_job
from live_nursery import LiveNursery
from msgspec import structs
from publish_log import PublishLog

from workbench.data.bars import bars_of
from workbench.feeds.spec import FeedSpec
from workbench.feeds.synthetic import SyntheticSource
from workbench.messages import MESSAGE_TYPES, Delivery, decode, iso_time, parse_time
from workbench.sessions.job import journal_of

RANGE = {"feed": "replay", "start": "2017-03-01", "end": "2017-03-11"}
KILLED = -signal.SIGKILL
ROUTED = {"broker": "exchange", "exchange": "fake"}


@pytest.fixture(scope="module")
def nursery():
    nursery = LiveNursery()
    yield nursery
    nursery.close()


@pytest.fixture
def new_door(tmp_path):
    doors = []

    def make(name="home"):
        doors.append(PublishLog(tmp_path / name, "live_1"))
        return doors[-1]

    yield make
    for door in doors:
        door.close()


def job_of(door, **live):
    spec = {"strategy_params": {"fast": 3, "slow": 8}, "commission": 0.0001}
    job = live_job(door.home, live={"feed": RANGE, **live}, spec=spec, patience=20.0)
    return msgspec.structs.replace(job, urls=[door.url])


def essence(messages):
    """Return all but when; what a source says of itself when it is asked again is news."""
    return [(one["type"], one["data"]) for one in messages if one["type"] != "feed"]


def die_and_go_on(nursery, job, draw, times, **options):
    """Kill a session's process again and again, on a random step; it then comes to its end.

    A session of these prices has more than 400 steps: at least half the deaths come before its end.
    """
    for died in range(times):
        code = nursery.run(job, fuse=draw.randint(1, 800 // times), **options)
        if code != KILLED:
            assert died >= times // 2
            assert code == 0
            return
    assert nursery.run(job, **options) == 0


@pytest.mark.parametrize("seed", range(2))
def test_a_killed_session_tells_what_an_undisturbed_one_does(nursery, new_door, seed):
    whole, door = new_door("whole"), new_door()
    assert nursery.run(job_of(whole), session="counting") == 0
    die_and_go_on(nursery, job_of(door), random.Random(seed), 8, session="counting")
    assert essence(door.messages()) == essence(whole.messages())
    assert not journal_of(door.home, "live_1").exists()


def told(messages):
    """Return what no reader may miss, the curve, and what holds at the end.

    How often a state is told goes by the clock.
    """
    always, states = [], {}
    for one in messages:
        kind = MESSAGE_TYPES[one["type"]]
        message = decode(msgspec.json.encode(one))
        if kind.delivery_of(message.key) is Delivery.STATE:
            states[message.key] = one["data"]
        elif one["type"] != "feed":
            always.append((one["type"], one["data"]))
    return always, states


@pytest.mark.parametrize("seed", range(2))
def test_a_killed_paper_session_trades_as_an_undisturbed_one(nursery, new_door, seed):
    whole, door = new_door("whole"), new_door()
    assert nursery.run(job_of(whole)) == 0
    die_and_go_on(nursery, job_of(door), random.Random(seed), 6)
    events, states = told(door.messages())
    expected, final = told(whole.messages())
    assert len([one for one in expected if one[0] == "trade"]) > 10
    assert events == expected
    assert states == final


@pytest.mark.parametrize("seed", range(2))
def test_no_order_is_lost_or_doubled_at_a_broker(nursery, new_door, tmp_path, seed):
    door, path = new_door(), tmp_path / "ledger"
    options = {"session": "counting", "ledger": str(path)}
    job = job_of(door, **ROUTED)
    die_and_go_on(nursery, job, random.Random(seed), 8, **options)
    ledger = LedgerBroker(path).ledger()
    orders = [one["data"] for one in door.messages() if one["type"] == "order"]
    told = {one["order_id"]: one["status"] for one in orders}
    assert len(told) == len(orders), "an order ended twice"
    filled = {name for name, status in told.items() if status == "filled"}
    # What was ordered with the very last prices is still on its way when the session ends.
    assert filled <= set(ledger)
    assert not {name for name, status in told.items() if status == "rejected"} & set(ledger)
    numbers = sorted(int(name.rpartition("-")[2]) for name in {*told, *ledger})
    assert numbers == list(range(1, len(numbers) + 1))


def test_trades_of_a_growing_candle_are_neither_lost_nor_doubled(nursery, new_door):
    door, draw = new_door(), random.Random(3)
    feed = FeedSpec(symbol="BTC-USD", timeframes=["1M", "5M"], seed=5, speed="600x")
    options = {"symbols": ["BTC-USD"], "feed": {"feed": "synthetic", "seed": 5, "speed": "600x"}}
    job = job_of(door, **options)
    spec = structs.replace(job.spec, symbol="BTC-USD", timeframes=feed.timeframes)
    job = structs.replace(job, spec=spec)
    for _ in range(4):
        assert nursery.run(job, fuse=draw.randint(200, 400)) == KILLED
    door.ask("stop")
    assert nursery.run(job) == 0
    found = {}
    for one in door.messages():
        data = one["data"]
        if one["type"] == "candle" and data["closed"]:
            key = data["timeframe"], data["time"]
            assert key not in found, "told twice"
            found[key] = tuple(data[name] for name in ("open", "high", "low", "close", "volume"))
        assert one["type"] != "data_gap"
    last = max(parse_time(time) for name, time in found if name == "1M")
    source = SyntheticSource(feed, clock=lambda: last / 1000 + 60)
    history = asyncio.run(source.history(feed.timeframes, 600))
    for name in feed.timeframes:
        known = {iso_time(bar.time): tuple(bar[1:]) for bar in bars_of(history[name])}
        mine = {time: row for (frame, time), row in found.items() if frame == name}
        assert len(mine) > (20 if name == "1M" else 19)
        for time, row in mine.items():
            assert row == pytest.approx(known[time])
    times = sorted(parse_time(time) for name, time in found if name == "1M")
    assert [after - before for before, after in itertools.pairwise(times)] == [60_000] * (
        len(times) - 1
    )
