"""Who keeps a feed's process: backoff, grace and claims, by a clock of the test's own."""

from __future__ import annotations

import subprocess
import sys

import psutil
import pytest

from workbench.errors import TooManyConnections
from workbench.feeds.service import FeedService
from workbench.messages import Feed, decode
from workbench.runs import spawning
from workbench.runs.service import RunService


class Clock:
    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def processes(monkeypatch):
    """Processes that wait instead of feeding; each is noted with its job."""
    made = []

    def spawn(module, job, home, output, *, python=None, paths=()):
        child = subprocess.Popen(
            [sys.executable, "-c", "import time; time.sleep(1000)"], stdin=subprocess.DEVNULL
        )
        made.append((child, job))
        return child, psutil.Process(child.pid).create_time()

    monkeypatch.setattr(spawning, "spawn", spawn)
    yield made
    for child, _ in made:
        child.kill()
        child.wait()


@pytest.fixture
def feeds(tmp_path, clock, processes):
    runs = RunService(tmp_path / "home", list, max_workers=0)
    service = FeedService(runs, list, grace=60.0, most=2)
    service.keeper._clock = clock
    service.keeper._since = clock.now
    yield service
    service.keeper.release()
    runs.close()


def states(feeds, name="BTC-USD"):
    told = [decode(entry.wire) for entry in feeds.log.read(name, 0, 1000)]
    return [(m.data.state, m.data.message) for m in told if isinstance(m, Feed)]


def kill(processes):
    child, _ = processes[-1]
    child.kill()
    child.wait()


def test_a_feed_goes_on_for_a_while_after_its_last_reader(feeds, clock, processes):
    name = feeds.find("btcusd").name
    feeds.subscribe(name)
    feeds.subscribe(name)
    assert len(processes) == 1
    feeds.unsubscribe(name)
    clock.now += 1000
    feeds.keeper.poll()
    assert processes[0][0].poll() is None
    feeds.unsubscribe(name)
    clock.now += 59
    feeds.keeper.poll()
    assert processes[0][0].poll() is None
    clock.now += 2
    feeds.keeper.poll()
    processes[0][0].wait(30)
    assert states(feeds) == [("stopped", "stopped: nobody listens")]
    assert feeds.book.get(name).pid is None


def test_a_feed_wanted_at_another_server_stays(feeds, clock, processes):
    name = feeds.find("BTC-USD").name
    feeds.subscribe(name)
    feeds.unsubscribe(name)
    for _ in range(10):
        clock.now += 50
        feeds.book.see(name, clock.now)  # As the other server does.
        feeds.keeper.poll()
    assert processes[0][0].poll() is None


def test_a_feed_that_dies_again_and_again_is_tried_ever_more_rarely(feeds, clock, processes):
    name = feeds.find("BTC-USD").name
    feeds.subscribe(name)
    began = clock.now
    waits = []
    for _ in range(8):
        # As if it had lived for a moment only, by the test's clock.
        feeds.book._update(name, pid_start=psutil.Process(processes[-1][0].pid).create_time())
        kill(processes)
        feeds.keeper.poll()
        record = feeds.book.get(name)
        assert record.pid is None
        waits.append(record.retry_at - clock.now)
        count = len(processes)
        clock.now += waits[-1] - 0.5
        feeds.keeper.poll()
        assert len(processes) == count
        clock.now += 0.5
        feeds.keeper.poll()
        assert len(processes) == count + 1
    assert clock.now > began
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]
    assert [state for state, _ in states(feeds)] == ["reconnecting"] * 4 + ["failed"] * 4
    assert "ended with exit code -9; it is started again in 1 s" in states(feeds)[0][1]


def test_nobody_wants_it_nobody_starts_it(feeds, clock, processes):
    name = feeds.find("BTC-USD").name
    feeds.subscribe(name)
    feeds.unsubscribe(name)
    kill(processes)
    feeds.keeper.poll()
    clock.now += 100
    feeds.keeper.poll()
    assert len(processes) == 1
    feeds.subscribe(name)
    assert len(processes) == 2


def test_a_process_is_told_where_the_log_stands(feeds, processes):
    name = feeds.find("BTC-USD").name
    feeds.subscribe(name)
    assert processes[0][1].closed == {}
    feeds.book.set_closed(name, {"1M": 5, "1H": 3})
    feeds.stop(name)
    feeds.subscribe(name)
    assert processes[1][1].closed == {"1M": 5, "1H": 3}
    assert processes[1][1].token != processes[0][1].token
    assert not feeds.may_publish(name, processes[0][1].token)
    assert feeds.may_publish(name, processes[1][1].token)


def test_so_many_at_once_and_no_more(feeds, processes):
    for name in ("one", "two"):
        feeds.start(feeds.asked(b'{"symbol": "BTC-USD", "name": "%s"}' % name.encode()))
    with pytest.raises(TooManyConnections, match="2 feeds run already"):
        feeds.start(feeds.asked(b'{"symbol": "BTC-USD", "name": "three"}'))
    feeds.stop("one")
    feeds.start(feeds.asked(b'{"symbol": "BTC-USD", "name": "three"}'))
    assert len(processes) == 3
