"""The client library against a real server that dies: the proof holds across it."""

from __future__ import annotations

import asyncio
import threading

from workbench.client import AsyncStream, Stream
from workbench.messages import Equity, EquityBatch, Trade

from .conftest import LONG_BODY, TOKEN, start_run, wait_for

BODY = {**LONG_BODY, "end_date": "2021-06-30", "speed": 8000}


def test_every_kind_of_reader_gets_the_whole_story_through_a_kill(new_server):
    process = new_server()
    server = process.start()
    run_id = start_run(server, BODY)
    options = [{"columns": True}, {"types": ["trade", "complete"]}]
    streams = [Stream.connect(run_id, url=server.url, token=TOKEN, **each) for each in options]
    found = [[] for _ in options]
    threads = [
        threading.Thread(target=seen.extend, args=(stream,))
        for seen, stream in zip(found, streams, strict=True)
    ]
    for thread in threads:
        thread.start()
    told = []

    async def follow():
        async with AsyncStream.connect(run_id, url=server.url, token=TOKEN) as stream:
            async for message in stream:
                told.append(message)

    another = threading.Thread(target=lambda: asyncio.run(follow()))
    another.start()
    wait_for(lambda: server.rest.get(f"api/backtesting/{run_id}")["progress"] > 20, "20 %")
    process.kill()
    server = process.start(process.port)
    for thread in (*threads, another):
        thread.join(100)
        assert not thread.is_alive()
    log = list(Stream(server, run_id))
    trades = [m for m in log if isinstance(m, Trade)]
    points = [m.data.equity for m in log if isinstance(m, Equity)]
    events = [m.eseq for m in log if isinstance(m.eseq, int)]
    assert events == list(range(1, len(events) + 1))
    assert len(trades) > 20
    for seen in (*found, told):
        assert [m for m in seen if isinstance(m, Trade)] == trades
        assert seen[-1].type == "complete"
    for seen in (found[0], told):
        assert [m.eseq for m in seen if isinstance(m.eseq, int)] == events
    assert [m.data.equity for m in told if isinstance(m, Equity)] == points
    columns = [m.data.equity for m in found[0] if isinstance(m, EquityBatch)]
    assert [value for column in columns for value in column] == points
    assert all(stream.status == "complete" for stream in streams)
