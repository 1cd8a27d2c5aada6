"""Readers that stop reading cost nobody anything, and lose nothing themselves."""

from __future__ import annotations

import asyncio
import random
from typing import NamedTuple

import psutil
import pytest
from faults import journal
from flip import flip_body
from readers import Journal, Stalled, read_to_the_end
from server_process import TOKEN

STALLED, HEALTHY = 5, 45
SEEDED = random.Random(3)


class Outcome(NamedTuple):
    digest: str
    events: int
    healthy: list[Journal]
    before: list[int]
    after: list[Journal]
    growth: int


@pytest.fixture
def server(new_server):
    """A server that pings nobody: on a crowded machine a healthy reader may answer too late."""
    process = new_server()
    config = process.home / "config"
    config.mkdir(parents=True)
    (config / "jupyter_server_config.py").write_text("c.WorkbenchApp.ping_interval = 0\n")
    return process


async def stall(process) -> Outcome:
    server = await asyncio.to_thread(process.start)
    body = flip_body(end_date="2021-12-31", equity_every=1000, progress_every=1000, speed=8_000)
    run_id = (await asyncio.to_thread(server.rest.post, "api/backtesting/start", body))[
        "backtest_id"
    ]
    path = f"/api/ws/stream/backtest/{run_id}"
    memory = psutil.Process(process.process.pid).memory_info
    stalled = [await Stalled.connect(process.port, path, TOKEN, Journal()) for _ in range(STALLED)]
    tasks = [
        asyncio.ensure_future(read_to_the_end(process.port, path, TOKEN)) for _ in range(HEALTHY)
    ]
    before_run = memory().rss
    healthy = await asyncio.gather(*tasks)
    growth = memory().rss - before_run
    stood_at = [one._journal.seq for one in stalled]
    after = []
    for one in stalled:
        one.go_on()
        code = await one.closed
        if code != 1000:
            await read_to_the_end(process.port, path, TOKEN, journal=one._journal)
        after.append(one._journal)
    digest, events, _ = journal(process.home, run_id)
    return Outcome(digest, events, healthy, stood_at, after, growth)


@pytest.mark.timeout(300)
def test_stalled_readers_hold_up_nobody_and_catch_up(server):
    outcome = asyncio.run(stall(server))
    assert outcome.events >= 35_000
    for reader in outcome.healthy:
        assert reader.faults == []
        assert reader.connections == 1
        assert reader.digest.hexdigest() == outcome.digest
    # They really stood still while the others read to the end ...
    assert max(outcome.before) < outcome.events / 10
    # ... which is some 15 MB for each of them. Of the growth, about 30 MB are the server's own
    # caches and its 45 other readers, with or without those that stand still.
    assert outcome.growth < 60_000_000
    for reader in outcome.after:
        assert reader.faults == []
        assert reader.digest.hexdigest() == outcome.digest


async def join_at_random(process, joins: int) -> tuple[str, int, list[Journal]]:
    server = await asyncio.to_thread(process.start)
    body = flip_body(equity_every=10, end_date="2021-03-31", speed=4_000)
    run_id = (await asyncio.to_thread(server.rest.post, "api/backtesting/start", body))[
        "backtest_id"
    ]
    path = f"/api/ws/stream/backtest/{run_id}"
    first = Journal()
    tasks = [asyncio.ensure_future(read_to_the_end(process.port, path, TOKEN, journal=first))]
    while len(tasks) < joins and not first.ended:
        # Each joins when the first has got so much further: the moments are spread over the run.
        reached = first.seq + SEEDED.randrange(1, 400)
        while first.seq < reached and not first.ended:
            await asyncio.sleep(0)
        tasks.append(asyncio.ensure_future(read_to_the_end(process.port, path, TOKEN)))
    readers = await asyncio.gather(*tasks)
    digest, events, _ = journal(process.home, run_id)
    return digest, events, readers


@pytest.mark.timeout(200)
def test_readers_that_join_at_any_moment_have_history_and_live_without_a_seam(server):
    digest, events, readers = asyncio.run(join_at_random(server, 40))
    assert len(readers) > 20
    for reader in readers:
        assert reader.faults == []
        assert reader.eseq == events
        assert reader.digest.hexdigest() == digest
        assert reader.connections == 1
