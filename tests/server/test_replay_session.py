"""A replay whose socket does not take what is written, and whose log goes away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace

import msgspec
import pytest
from workbench_server import replay_session
from workbench_server.counters import Counters
from workbench_server.reader import Reader
from workbench_server.replay_session import CONTROLS_WAITING, ReplaySession

from workbench.errors import Conflict
from workbench.messages import ControlRequest
from workbench.streams import Entry, Pace, Replay, ReplayIndex, Subscription

COUNT = 50


class Socket:
    """Takes a chunk whenever it is let to."""

    deflate = False

    def __init__(self) -> None:
        self.chunks: asyncio.Queue[bytes] = asyncio.Queue()
        self.room = asyncio.Semaphore(0)

    async def send(self, frames: bytes) -> None:
        await self.chunks.put(frames)
        await self.room.acquire()

    def push(self, frames: bytes) -> int:
        raise AssertionError(frames)

    def let(self, chunks: int) -> None:
        for _ in range(chunks):
            self.room.release()


class Log:
    """Counts what is read of it."""

    def __init__(self) -> None:
        self.entries = [
            Entry(n, "equity", "equity", msgspec.json.encode({"seq": n, "extra": {"bar": n}}))
            for n in range(1, COUNT + 1)
        ]
        self.read_upto = 0

    def read(self, stream: str, since: int, limit: int, size: int | None = None) -> list[Entry]:
        found = self.entries[since : since + limit]
        self.read_upto = max(self.read_upto, since + len(found))
        return found


@pytest.fixture(autouse=True)
def pages_of_ten(monkeypatch):
    monkeypatch.setattr(replay_session, "PAGE_ENTRIES", 10)


@asynccontextmanager
async def on_stage() -> AsyncIterator[SimpleNamespace]:
    """A replay of a small log at full speed, on a socket of ours."""
    log, socket = Log(), Socket()
    channel = SimpleNamespace(deleted=False, info=SimpleNamespace(id="b", kind="backtest"))
    reader = Reader(socket, Subscription())
    session = ReplaySession(reader, channel, log, Counters(), idle=60.0)
    index = ReplayIndex()
    index.extend(log.entries)
    replay = Replay(index.finish(), Pace(), session.now)
    task = asyncio.ensure_future(session.play(replay))
    try:
        yield SimpleNamespace(
            log=log, socket=socket, channel=channel, reader=reader, session=session, task=task
        )
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_stalled_reader_costs_a_page_and_loses_nothing():
    async with on_stage() as stage:
        await stage.socket.chunks.get()
        stage.socket.let(1)
        first = await stage.socket.chunks.get()
        assert first.count(b'"bar"') == 10
        for _ in range(50):
            await asyncio.sleep(0)
        assert stage.log.read_upto == 10
        assert stage.reader.sent == 0
        assert stage.reader.behind_since is not None
        stage.socket.let(10)
        rest = [await stage.socket.chunks.get() for _ in range(5)]
        told = b"".join([first, *rest])
        assert [told.count(b'{"seq":%d,' % n) for n in range(1, COUNT + 1)] == [1] * COUNT
        assert b'"ended"' in rest[-1]
        assert stage.reader.sent == COUNT
        assert stage.reader.behind_since is None


async def test_controls_wait_in_a_short_line_only():
    async with on_stage() as stage:
        await stage.socket.chunks.get()
        for _ in range(CONTROLS_WAITING):
            stage.session.ask(ControlRequest("pause"))
        with pytest.raises(Conflict):
            stage.session.ask(ControlRequest("pause"))


async def test_a_control_is_obeyed_between_two_pages():
    async with on_stage() as stage:
        await stage.socket.chunks.get()
        stage.socket.let(1)
        await stage.socket.chunks.get()
        stage.session.ask(ControlRequest("pause"))
        stage.socket.let(2)
        assert b'"control"' in await stage.socket.chunks.get()
        assert b'"paused"' in await stage.socket.chunks.get()
        assert stage.reader.sent == 10


async def test_a_log_that_is_gone_ends_the_replay():
    async with on_stage() as stage:
        await stage.socket.chunks.get()
        stage.log.entries = []
        stage.socket.let(2)
        assert b"not_found" in await stage.socket.chunks.get()
        assert await stage.task == (4404, "deleted")
