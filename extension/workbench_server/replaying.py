"""Who watches a finished run once more; readers of one run share its index."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from weakref import WeakValueDictionary

from workbench.errors import Conflict, UnknownTimeframe
from workbench.messages import Gap, encode, error_message
from workbench.streams import Pace, Replay, ReplayIndex, StreamLog, StreamQuery
from workbench.timeframes import Timeframe
from workbench_server.channel import Channel
from workbench_server.closing import CLOSE_POLICY
from workbench_server.counters import Counters
from workbench_server.framing import text_frame
from workbench_server.liveness import heartbeats
from workbench_server.reader import Connection, Reader
from workbench_server.replay_session import PAGE_ENTRIES, ReplaySession

IDLE_S = 3600.0


class Replays:
    """The replays that are going on.

    Parameters
    ----------
    log
        Where the messages are.
    counters
        What has been sent.
    idle
        Seconds after which a replay that stands and is not controlled is closed.
    """

    def __init__(self, log: StreamLog, counters: Counters, idle: float = IDLE_S) -> None:
        self.idle = idle
        self._log = log
        self._counters = counters
        self._sessions: dict[Connection, ReplaySession] = {}
        self._indexes: WeakValueDictionary[str, ReplayIndex] = WeakValueDictionary()
        self._building: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def of(self, connection: Connection) -> ReplaySession | None:
        """Return the replay a connection watches, None if it watches the stream itself."""
        return self._sessions.get(connection)

    async def serve(
        self,
        reader: Reader,
        channel: Channel,
        query: StreamQuery,
        timeframes: Sequence[str],
        hello: bytes,
        gap: Gap | None,
    ) -> tuple[int, str]:
        """Send a finished run once more; return the close code and reason of its end.

        Parameters
        ----------
        reader
            Who reads.
        channel
            The run's stream.
        query
            The pace, and where to begin.
        timeframes
            Of the run: the lowest one's candles are what the clock counts.
        hello
            The frame of `connected`.
        gap
            What to tell a reader whose position cannot be served; it begins at the start.
        """
        connection = reader.connection
        if not channel.info.closed:
            msg = f"Run {channel.info.id} has not ended: it can be replayed once it has"
            error = Conflict(msg, field="replay", value="1", allowed=["0"])
            await connection.send(text_frame(encode(error_message(error))))
            return CLOSE_POLICY, "not ended"
        session = ReplaySession(reader, channel, self._log, self._counters, self.idle)
        self._sessions[connection] = session
        try:
            await connection.send(hello)
            if gap is not None:
                await connection.send(text_frame(encode(gap)))
            index = await self._index(channel, _step_ms(timeframes))
            since = 0 if gap is not None else query.position.since
            if query.position.now:
                since = index.last
            replay = Replay(index, query.replay or Pace(), session.now, since)

            def stand() -> tuple[int, float]:
                return max(reader.sent, replay.due(session.now)), session.now

            loop = asyncio.get_running_loop()
            with heartbeats(loop, connection, query.heartbeat, stand, reader):
                return await session.play(replay)
        finally:
            del self._sessions[connection]

    async def _index(self, channel: Channel, step_ms: int | None) -> ReplayIndex:
        """Return the log's index; readers of one run share it."""
        epoch = channel.info.epoch
        lock = self._building.setdefault(epoch, asyncio.Lock())
        async with lock:
            index = self._indexes.get(epoch)
            if index is None:
                index = ReplayIndex(step_ms)
                while page := self._log.read(channel.info.id, index.last, PAGE_ENTRIES):
                    index.extend(page)
                    await asyncio.sleep(0)
                self._indexes[epoch] = index.finish()
        return index


def _step_ms(timeframes: Sequence[str]) -> int | None:
    try:
        return min(Timeframe.parse(name).ms for name in timeframes)
    except (UnknownTimeframe, ValueError):
        return None
