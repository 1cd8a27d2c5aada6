"""The WebSocketManager: who is connected to which stream, and what flows to them.

No subscriber has a queue. Each is a cursor into the shared log. While it catches up, a task of
its own reads, writes, and waits until the socket has taken what was written; at the tail, the
channel writes one chunk to all who keep up, and sends back to catching up who does not.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec

from workbench.errors import NotFound
from workbench.messages import (
    Connected,
    Gap,
    GapData,
    encode,
    utc_now,
)
from workbench.runs.service import RunService
from workbench.streams import Entry, Position, StreamInfo, StreamQuery
from workbench_server.channel import Channel
from workbench_server.chunk import Chunk, Place
from workbench_server.closing import (
    CLOSE_FINISHED,
    CLOSE_GOING_AWAY,
    CLOSE_NO_STREAM,
    CLOSE_TOO_SLOW,
)
from workbench_server.counters import Counters
from workbench_server.framing import text_frame
from workbench_server.liveness import heartbeats
from workbench_server.reader import Connection, Reader, TooSlow
from workbench_server.replaying import Replays
from workbench_server.subjects import Subject

KINDS = ("backtest", "live_trading", "market_data")
MERGE_ABOVE = 300
"""Curves are merged for a reader that has fallen behind by so many messages."""


class WebSocketManager:
    """Connections and fan-out.

    Parameters
    ----------
    service
        The runs and their logs.

    Attributes
    ----------
    counters
        What has been sent and refused since the start.
    replays
        Those who watch a finished run once more.
    """

    def __init__(self, service: RunService) -> None:
        self._service = service
        self._channels: dict[str, Channel] = {}
        self._readers: dict[Connection, Reader] = {}
        self._read: dict[Reader, Channel] = {}
        self.counters = Counters()
        self.replays = Replays(service.log, self.counters)
        service.listen(self._appended)
        service.intake.listen_elsewhere(self._refresh)

    async def serve(self, connection: Connection, subject: Subject, query: StreamQuery) -> None:
        """Send a stream to a connection until it ends or the connection does.

        Raises
        ------
        NotFound
            There is no such stream.
        """
        position = query.position
        channel = self._open(subject.stream)
        reader = self._readers[connection] = Reader(connection, query.subscription)
        self._read[reader] = channel
        try:
            if query.replay is not None:
                frames, hello = subject.timeframes, _greeting(subject, channel.info, 0)
                gap = _gap(position, channel.info)
                end = await self.replays.serve(reader, channel, query, frames, hello, gap)
                connection.close(*end)
                return
            stands = channel.info._replace(first_seq=channel.current().first_seq)
            await self._begin(reader, subject, stands, position)
            loop = asyncio.get_running_loop()
            with heartbeats(loop, connection, query.heartbeat, channel.stand, reader):
                await self._pump(reader, channel)
        except TooSlow:
            connection.close(CLOSE_TOO_SLOW, "too slow, resume from your last seq")
        finally:
            del self._readers[connection], self._read[reader]
            self._release(subject.stream, channel)

    def counts(self) -> list[dict[str, Any]]:
        """Return the streams that have subscribers, with their number."""
        return [
            {
                "type": channel.info.kind,
                "id": channel.info.id,
                "connections": channel.subscribers,
            }
            for channel in self._channels.values()
        ]

    def subscribers(self, stream: str) -> int:
        """Return the number of a stream's subscribers."""
        channel = self._channels.get(stream)
        return 0 if channel is None else channel.subscribers

    def totals(self) -> dict[str, int]:
        """Return the number of connections by stream type, and in all."""
        by_kind: Counter[str] = Counter()
        for channel in self._channels.values():
            by_kind[channel.info.kind] += channel.subscribers
        return {**{kind: by_kind[kind] for kind in KINDS}, "total": by_kind.total()}

    def lags(self) -> dict[str, int]:
        """Return, by stream type, how many messages the reader furthest behind has to get."""
        lags = dict.fromkeys(KINDS, 0)
        for reader, channel in self._read.items():
            if self.replays.of(reader.connection) is not None:
                continue  # Where a replay stands is its reader's own wish.
            lag = channel.info.seq - reader.sent
            lags[channel.info.kind] = max(lags.get(channel.info.kind, 0), lag)
        return lags

    def waiting(self) -> dict[str, int]:
        """Return, by stream type, the bytes that wait for sockets which do not keep up."""
        waiting = dict.fromkeys(KINDS, 0)
        for reader, channel in self._read.items():
            kind = channel.info.kind
            waiting[kind] = waiting.get(kind, 0) + reader.connection.unsent
        return waiting

    def shut_down(self) -> None:
        """Tell every subscriber that the server goes away."""
        for connection in list(self._readers):
            connection.close(CLOSE_GOING_AWAY, "server going away")
        for channel in self._channels.values():
            channel.close()

    async def _begin(
        self, reader: Reader, subject: Subject, stands: StreamInfo, position: Position
    ) -> None:
        """Greet a reader, and put it where it is to go on from."""
        connection = reader.connection
        resumes = not position.now and bool(position.since or position.epoch)
        gap = _gap(position, stands) if resumes else None
        # The greeting says where the log begins; what goes from here on, unread, is a gap.
        start = stands.first_seq - 1
        held: Sequence[Entry] = ()
        if position.now:
            start = stands.seq
        elif resumes and gap is None:
            start = position.since
        elif subject.snapshot is not None:
            trimmed = gap is not None and position.epoch in (None, stands.epoch)
            if not (trimmed and position.since <= stands.seq):
                start = stands.seq
            held = subject.snapshot(start)
        reader.sent = start
        await connection.send(_greeting(subject, stands, start))
        if gap is not None:
            await connection.send(text_frame(encode(gap)))
        if held:
            wishes = reader.subscription
            place = Place(0, (), wishes.filters, wishes.batch, False)
            chunk = Chunk(held, place, wishes, {})
            frames = chunk.frames(False)
            if frames:
                await connection.send(frames)
                self.counters.delivered[stands.kind] += chunk.messages
                self.counters.delivered_bytes[stands.kind] += len(frames)

    async def _pump(self, reader: Reader, channel: Channel) -> None:
        connection, now = reader.connection, asyncio.get_running_loop().time
        rate = reader.subscription.max_rate
        merge, due = rate is not None, 0.0
        while not channel.ended(reader.sent):
            if reader.sent >= channel.info.seq:
                reader.behind_since = None
                await channel.follow(reader)
                fell = connection.behind
                reader.behind_since = now() if fell else None
                await connection.drained()
                waiting = channel.info.seq - reader.sent
                merge = rate is not None or (fell and waiting >= MERGE_ABOVE)
                continue
            if reader.behind_since is None:
                reader.behind_since = now()
            if rate is not None:
                await asyncio.sleep(due - now())
                due = now() + 1 / rate
            await self._catch_up(reader, channel, merge)
            await asyncio.sleep(0)  # Catching up may not keep others waiting.
        if channel.renewed:
            connection.close(CLOSE_GOING_AWAY, "the stream begins anew")
        elif channel.deleted:
            connection.close(CLOSE_NO_STREAM, "deleted")
        else:
            connection.close(CLOSE_FINISHED, "finished")

    async def _catch_up(self, reader: Reader, channel: Channel, merge: bool) -> None:
        chunk = channel.chunk(reader, merge)
        if reader.sent < chunk.first - 1:
            # Superseded states that were taken out of the middle are no loss.
            lost = _gap(Position(reader.sent), channel.current())
            if lost is not None:
                await reader.connection.send(text_frame(encode(lost)))
        deflate = reader.connection.deflate
        frames, messages, conflated = chunk.frames(deflate), chunk.messages, chunk.conflated
        cursor = chunk.upto, chunk.carry
        # A reader that stalls now holds its frames and nothing else.
        del chunk
        if frames:
            if deflate:
                reader.step = 0
            await reader.connection.send(frames)
            self.counters.delivered[channel.info.kind] += messages
            self.counters.delivered_bytes[channel.info.kind] += len(frames)
        reader.sent, reader.carry = cursor
        reader.conflated += conflated
        self.counters.conflated[channel.info.kind] += conflated

    def _open(self, stream: str) -> Channel:
        channel = self._channels.get(stream)
        if channel is not None:
            # A position that another server has told of is not beyond the end.
            channel.refresh()
        if channel is None or channel.deleted:
            info = self._service.log.info(stream)
            if info is None:
                msg = f"There is no stream {stream!r}"
                raise NotFound(msg, stream=stream)
            channel = self._channels[stream] = Channel(self._service.log, info, self.counters)
        channel.subscribers += 1
        return channel

    def _release(self, stream: str, channel: Channel) -> None:
        channel.subscribers -= 1
        if not channel.subscribers:
            channel.close()
            if self._channels.get(stream) is channel:
                del self._channels[stream]

    def _appended(self, stream: str, entries: list[Entry]) -> None:
        channel = self._channels.get(stream)
        if channel is None:
            return
        if entries:
            channel.extend(entries)
        else:
            channel.refresh()

    def _refresh(self) -> None:
        for channel in list(self._channels.values()):
            channel.refresh()


def _greeting(subject: Subject, info: StreamInfo, start: int) -> bytes:
    """Return `connected`, for who is told all that comes after seq `start`."""
    data = subject.connected(info)
    if subject.snapshot is not None:
        data = msgspec.structs.replace(data, snapshot=start)
    return text_frame(encode(Connected(utc_now(), data=data)))


def _gap(position: Position, info: StreamInfo) -> Gap | None:
    """Return what to tell a reader whose position cannot be served."""
    if position.epoch is not None and position.epoch != info.epoch:
        reason = "the log has another epoch: the story starts again"
    elif position.since > info.seq:
        reason = "that position is beyond the end of the log: the story starts again"
    elif position.since < info.first_seq - 1:
        reason = "what came after that position is no longer kept: the story starts later"
    else:
        return None
    return Gap(
        utc_now(),
        data=GapData(
            reason,
            position.since,
            position.epoch,
            info.epoch,
            min(info.first_seq, info.seq),
            info.seq,
        ),
    )
