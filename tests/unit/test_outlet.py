"""The writing end of a connection whose peer does not read."""

from __future__ import annotations

import asyncio
import logging
import socket

import pytest
from tornado.iostream import IOStream
from workbench_server.outlet import Outlet
from workbench_server.reader import TooSlow


@pytest.mark.parametrize("cancelled", [False, True])
async def test_giving_up_a_stalled_reader_cancels_nothing_of_tornados(caplog, cancelled):
    near, far = socket.socketpair()
    near.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    stream = IOStream(near)
    outlet = Outlet(stream)
    with caplog.at_level(logging.DEBUG):
        task = asyncio.ensure_future(outlet.send(bytes(1 << 20), 60.0 if cancelled else 0.05))
        if cancelled:
            await asyncio.sleep(0)
            task.cancel()
        with pytest.raises(asyncio.CancelledError if cancelled else TooSlow):
            await task
        assert outlet.behind
        stream.close()
        far.close()
        await asyncio.sleep(0)
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


async def test_who_was_gone_before_anything_was_written_is_written_nothing():
    near, far = socket.socketpair()
    stream = IOStream(near)
    stream.close()
    far.close()
    outlet = Outlet(stream)
    assert outlet.push(b"frame") == 0
    assert outlet.behind
