"""Deleting a large run leaves the server's loop to others."""

from __future__ import annotations

import asyncio
import json
from itertools import pairwise

import pytest
from bodies import SPEC_BODY

from workbench.messages import Control, ControlData
from workbench.streams import erasing

BLOCKS = 120
AT_ONCE = 10


@pytest.fixture
def large(app):
    """A run with many blocks that no worker is at."""
    app.service.supervisor._max_workers = 0
    run_id = app.service.start(json.dumps(SPEC_BODY).encode()).id
    for number in range(1, BLOCKS + 1):
        app.service.append(run_id, "worker", number, [Control("t", data=ControlData("step", True))])
    return run_id


@pytest.fixture
def pieces(app, jp_asyncio_loop, monkeypatch):
    """For each piece: the turn of the loop it was in, and how many blocks it left."""
    monkeypatch.setattr(erasing, "PIECE_BLOCKS", AT_ONCE)
    found, turns, erase = [], 0, app.service.log.erase
    counting = True

    def turn():
        nonlocal turns
        turns += 1
        if counting:
            jp_asyncio_loop.call_soon(turn)

    def noting():
        more = erase()
        left = app.service._database.query("SELECT count(*) FROM blocks")[0][0]
        found.append((turns, left))
        return more

    monkeypatch.setattr(app.service.log, "erase", noting)
    jp_asyncio_loop.call_soon(turn)
    yield found
    counting = False


async def until_gone(app):
    while app.service._database.query("SELECT count(*) FROM blocks")[0][0]:
        await asyncio.sleep(0.01)


async def test_others_have_their_turn_between_two_pieces(app, call, connect, large, pieces):
    reader = await connect(large)
    await reader.read_message()
    status, _ = await call("DELETE", "api", "backtesting", large)
    assert status == 204
    assert (await call("GET", "api", "backtesting", large))[0] == 404
    while await reader.read_message() is not None:
        pass
    assert reader.close_code == 4404
    await until_gone(app)
    steps = [BLOCKS, *(left for _, left in pieces)]
    assert max(a - b for a, b in pairwise(steps)) <= AT_ONCE
    taken = [turn for (turn, left), before in zip(pieces, steps, strict=False) if left < before]
    assert len(taken) >= BLOCKS // AT_ONCE
    assert len(set(taken)) == len(taken), "two pieces in one turn of the loop"


async def test_what_retention_deletes_goes_in_pieces_too(app, large, pieces):
    app.service.registry.set_status(large, "complete", {"data": {}, "extra": {}})
    app._retention._keep_bytes = 0
    app._poll.stop()
    await app.tidy()
    assert app.service._database.query("SELECT count(*) FROM blocks")[0][0] == 0
    turns = [turn for turn, _ in pieces]
    assert len(turns) >= BLOCKS // AT_ONCE
    assert len(set(turns)) == len(turns)
