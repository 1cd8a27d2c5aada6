"""One connection's replay: a `Replay`'s clock, the log's pages, and the client's controls."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from itertools import islice, takewhile

from msgspec import UNSET

from workbench.errors import Conflict, NotFound, WorkbenchError
from workbench.messages import (
    Control,
    ControlData,
    ControlRequest,
    Message,
    Reset,
    ResetData,
    encode,
    error_message,
    utc_now,
)
from workbench.messages import Replay as ReplayMessage
from workbench.streams import Entry, Replay, StreamLog
from workbench_server.channel import Channel
from workbench_server.chunk import Chunk, Place, bounded
from workbench_server.closing import CLOSE_FINISHED, CLOSE_NO_STREAM
from workbench_server.counters import Counters
from workbench_server.framing import text_frames
from workbench_server.reader import Reader

PAGE_ENTRIES = 1000
PAGE_BYTES = 192 * 1024
"""A reader that stalls holds a page, a block of the log at least, and as much in frames."""
TICK_S = 0.02
"""What is due is gathered for so long, unless the reader asks for less."""
STATE_S = 0.5
LOOK_S = 1.0
CONTROLS_WAITING = 100
_GOING = ("seek", "step")


class ReplaySession:
    """One connection's replay: tells what is due, and answers controls.

    Parameters
    ----------
    reader
        Who reads; its `sent` is kept.
    channel
        The run's stream.
    log, counters, idle
        As of `Replays`.
    """

    def __init__(
        self, reader: Reader, channel: Channel, log: StreamLog, counters: Counters, idle: float
    ) -> None:
        self._reader = reader
        self._channel = channel
        self._log = log
        self._counters = counters
        self._idle = idle
        self._loop = asyncio.get_running_loop()
        self._asked: deque[ControlRequest] = deque()
        self._woken = asyncio.Event()
        self._page: deque[Entry] = deque()
        self._write_at = 0.0
        self._state_at = 0.0
        self._idle_at = 0.0
        self._state = ""

    @property
    def now(self) -> float:
        """The clock of the replay: seconds of the event loop."""
        return self._loop.time()

    def ask(self, request: ControlRequest) -> None:
        """Take a control; the answer comes over the socket.

        Raises
        ------
        Conflict
            Too many are waiting.
        """
        if len(self._asked) >= CONTROLS_WAITING:
            msg = f"{CONTROLS_WAITING} controls of this replay are waiting: ask more slowly"
            raise Conflict(msg, field="action", value=request.action[:40], allowed=[])
        self._asked.append(request)
        self._woken.set()

    async def play(self, replay: Replay) -> tuple[int, str]:
        """Tell the replay; return the close code and reason once it is over."""
        self._reader.sent = replay.cursor
        self._idle_at = self.now + self._idle
        while not self._channel.deleted:
            if not replay.jumping and self._state_due(replay):
                await self._describe(replay)
            elif self._asked and (not replay.jumping or self._asked[0].action in _GOING):
                await self._answer(replay, self._asked.popleft())
            elif replay.jumping or (replay.due(self.now) > replay.cursor and self._may_write):
                if not await self._tell(replay):
                    break
            elif replay.state == "playing":
                self._idle_at = self.now + self._idle
                await self._sleep(replay.wake(self.now))
            elif self.now < self._idle_at:
                self._page.clear()
                await self._sleep(self._idle_at)
            else:
                return CLOSE_FINISHED, "idle"
        name = self._channel.info.id
        gone = NotFound(f"The stream {name!r} was deleted", stream=name)
        await self._say(error_message(gone))
        return CLOSE_NO_STREAM, "deleted"

    @property
    def _may_write(self) -> bool:
        return self.now >= self._write_at

    async def _tell(self, replay: Replay) -> bool:
        """Tell a page of what is due; False if the log no longer has it."""
        reader = self._reader
        due = replay.due(self.now)
        entries = self._read(replay.cursor, due)
        if not entries:
            return False
        if reader.behind_since is None:
            reader.behind_since = self.now
        wants = reader.subscription
        place = Place(replay.cursor, reader.carry, wants.filters, wants.batch, merge=False)
        chunk = Chunk(entries, place, wants, replay.latest())
        deflate = reader.connection.deflate
        frames = chunk.frames(deflate)
        if frames:
            if deflate:
                reader.step = 0
            began = self.now
            await reader.connection.send(frames)
            replay.hold(self.now - began)
            self._count(chunk, len(frames))
        reader.sent, reader.carry = chunk.upto, chunk.carry
        replay.told(reader.sent, self.now)
        if reader.sent == due:
            reader.behind_since = None
        if wants.max_rate is not None:
            self._write_at = self.now + 1 / wants.max_rate
        elif reader.sent == due:
            self._write_at = self.now + TICK_S
        await asyncio.sleep(0)
        return True

    def _read(self, since: int, upto: int) -> Sequence[Entry]:
        """Return up to a page of the entries after `since`, up to `upto`."""
        page = self._page
        while page and page[0].seq <= since:
            page.popleft()
        if not page or page[0].seq != since + 1:
            name = self._channel.info.id
            page = self._page = deque(self._log.read(name, since, PAGE_ENTRIES, PAGE_BYTES))
        wanted = takewhile(lambda entry: entry.seq <= upto, islice(page, PAGE_ENTRIES))
        return bounded(list(wanted), PAGE_BYTES, merge=False)

    def _count(self, chunk: Chunk, size: int) -> None:
        kind = self._channel.info.kind
        self._counters.delivered[kind] += chunk.messages
        self._counters.delivered_bytes[kind] += size
        self._counters.conflated[kind] += chunk.conflated
        self._reader.conflated += chunk.conflated

    async def _answer(self, replay: Replay, request: ControlRequest) -> None:
        self._idle_at = self.now + self._idle
        try:
            back = replay.control(request, self.now)
        except WorkbenchError as error:
            self._counters.refused[error.code] += 1
            await self._say(_control(request, error.message), error_message(error))
            await self._describe(replay)
            return
        await self._say(_control(request))
        if back:
            self._reader.sent, self._reader.carry = 0, ()
            await self._say(Reset(utc_now(), data=ResetData(request.action, replay.target)))
        self._state = ""

    def _state_due(self, replay: Replay) -> bool:
        state = replay.state
        return state != self._state or (state == "playing" and self.now >= self._state_at)

    async def _describe(self, replay: Replay) -> None:
        self._state = replay.state
        self._state_at = self.now + STATE_S
        await self._say(ReplayMessage(utc_now(), data=replay.describe(self.now)))

    async def _say(self, *messages: Message) -> None:
        await self._reader.connection.send(text_frames(encode(message) for message in messages))

    async def _sleep(self, until: float | None) -> None:
        """Wait for a control, until a time, and at most until the log is to be looked after."""
        self._woken.clear()
        if self._asked:
            return
        when = self.now + LOOK_S
        if until is not None:
            when = min(when, max(until, self._write_at))
        if self._state == "playing":
            when = min(when, self._state_at)
        timer = self._loop.call_at(when, self._woken.set)
        try:
            await self._woken.wait()
        finally:
            timer.cancel()


def _control(request: ControlRequest, reason: str | None = None) -> Control:
    return Control(
        utc_now(),
        data=ControlData(
            request.action[:40],
            reason is None,
            UNSET if request.value is None else request.value,
            UNSET if request.unit is None else request.unit[:40],
            UNSET if request.until is None else request.until,
            UNSET if request.to is None else request.to,
            UNSET if reason is None else reason,
        ),
    )
