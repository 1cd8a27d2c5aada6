"""Subscribers that cost little, written from RFC 6455 alone: no library of ours in them."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
import socket
from collections.abc import Callable

import msgspec

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
FINAL = ("complete", "error")


class Head(msgspec.Struct, gc=False):
    """What a reader must know of each message."""

    type: str
    seq: int | None = None
    eseq: int | None = None


class Epoch(msgspec.Struct):
    epoch: str


class Greeting(msgspec.Struct):
    data: Epoch


head_of = msgspec.json.Decoder(Head).decode
greeting_of = msgspec.json.Decoder(Greeting).decode


class WebSocket(asyncio.Protocol):
    """One connection; `messages` is called with the text messages that have come whole.

    Attributes
    ----------
    opened, closed
        Done once the upgrade was accepted; once the connection is gone, with the close code
        (None when it was cut).
    """

    def __init__(self, path: str, token: str) -> None:
        loop = asyncio.get_running_loop()
        self.opened: asyncio.Future[None] = loop.create_future()
        self.closed: asyncio.Future[int | None] = loop.create_future()
        self.transport: asyncio.Transport | None = None
        self._path = path
        self._token = token
        self._left = b""
        self._upgraded = False
        self._code: int | None = None

    def messages(self, payloads: list[bytes]) -> None:
        """Take messages, in the order in which they came."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        key = base64.b64encode(os.urandom(16)).decode()
        self._write(
            f"GET {self._path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
            f"Authorization: token {self._token}\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        data = self._left + data
        if not self._upgraded:
            head, found, data = data.partition(b"\r\n\r\n")
            if not found:
                self._left = head
                return
            if b" 101 " not in head.split(b"\r\n", 1)[0]:
                assert self.transport is not None
                self.transport.close()
                return
            self._upgraded = True
            self.opened.set_result(None)
        self._left = data[self._frames(data) :]

    def _frames(self, data: bytes) -> int:
        """Take all whole frames; return where the first that is not whole begins."""
        at, end = 0, len(data)
        texts: list[bytes] = []
        while at + 2 <= end:
            size, start = data[at + 1] & 127, at + 2
            if size >= 126:
                start += 2 if size == 126 else 8
                if start > end:
                    break
                size = int.from_bytes(data[at + 2 : start], "big")
            stop = start + size
            if stop > end:
                break
            opcode, at = data[at] & 15, stop
            if opcode == TEXT:
                texts.append(data[start:stop])
            else:
                self._answer(opcode, data[start:stop])
        self.messages(texts)
        return at

    def _answer(self, opcode: int, payload: bytes) -> None:
        if opcode == CLOSE:
            self._code = int.from_bytes(payload[:2], "big")
            self._say(CLOSE, payload)
        elif opcode == PING:
            self._say(PONG, payload)

    def _say(self, opcode: int, payload: bytes) -> None:
        # Masked with zeros, that is: as it is.
        self._write(bytes((0x80 | opcode, 0x80 | len(payload), 0, 0, 0, 0)) + payload)

    def _write(self, data: bytes) -> None:
        assert self.transport is not None
        self.transport.write(data)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.opened.done():
            self.opened.set_exception(ConnectionError("no upgrade"))
            self.opened.exception()
        if not self.closed.done():
            self.closed.set_result(self._code)


class Journal:
    """What one reader has of a log, however often it was cut off.

    Attributes
    ----------
    seq, eseq, epoch
        Where it stands.
    digest
        Of the event-class messages' bytes, in order.
    points
        Equity messages.
    faults
        What should never have happened.
    """

    def __init__(self) -> None:
        self.faults: list[str] = []
        self.epoch: str | None = None
        self.connections = 0
        self.clear()

    def clear(self) -> None:
        """Forget the story; it is going to be told again."""
        self.seq = self.eseq = self.points = 0
        self.digest = hashlib.sha256()
        self.ended = False

    def take(self, payloads: list[bytes]) -> None:
        """Take messages."""
        seq, eseq, events = self.seq, self.eseq, []
        for payload, head in zip(payloads, map(head_of, payloads), strict=True):
            if head.seq is None:
                self._aside(payload, head.type)
                continue
            if head.seq <= seq:
                self.faults.append(f"seq {head.seq} after {seq}")
            seq = head.seq
            if head.eseq is None:
                self.points += head.type == "equity"
                continue
            if head.eseq != eseq + 1:
                self.faults.append(f"eseq {head.eseq} after {eseq}")
            eseq = head.eseq
            events.append(payload)
            if head.type in FINAL:
                self.ended = True
        self.seq, self.eseq = seq, eseq
        self.digest.update(b"".join(events))

    def _aside(self, payload: bytes, type_: str) -> None:
        """Take what is said to this connection alone."""
        if type_ == "connected":
            epoch = greeting_of(payload).data.epoch
            if self.epoch not in (None, epoch):
                self.faults.append("the epoch has changed")
            self.epoch = epoch
        elif type_ == "gap":
            self.faults.append(f"gap after seq {self.seq}: {payload!r}")

    @property
    def query(self) -> str:
        """Where to resume."""
        return f"?since={self.seq}&epoch={self.epoch}" if self.seq else ""


class Reading(WebSocket):
    """A connection that fills a journal."""

    def __init__(self, path: str, token: str, journal: Journal) -> None:
        super().__init__(path, token)
        self._journal = journal

    def messages(self, payloads: list[bytes]) -> None:
        self._journal.take(payloads)


async def read_to_the_end(
    port: int,
    path: str,
    token: str,
    *,
    resume: bool = True,
    journal: Journal | None = None,
    connection: Callable[[str, str, Journal], Reading] = Reading,
) -> Journal:
    """Read a stream to its end through every cut; without `resume` from the start each time.

    `connection` makes each connection out of path, token and journal.
    """
    journal = journal or Journal()
    loop = asyncio.get_running_loop()
    while True:
        if not resume:
            journal.clear()
        target = path + journal.query
        try:
            transport, reading = await loop.create_connection(
                lambda target=target: connection(target, token, journal),  # type: ignore[misc]
                "127.0.0.1",
                port,
            )
        except OSError:
            await asyncio.sleep(0.05)
            continue
        journal.connections += 1
        try:
            code = await reading.closed
        finally:
            transport.close()
        if code == 1000 and journal.ended:
            return journal
        if code in (1008, 4404):
            journal.faults.append(f"closed with {code}")
            return journal
        if code is None:
            await asyncio.sleep(0.01)


class Stalled(Reading):
    """A reader that stops reading once it is connected, until told to go on."""

    @classmethod
    async def connect(cls, port: int, path: str, token: str, journal: Journal) -> Stalled:
        """Connect with as small a receive buffer as there is."""
        plug = socket.socket()
        plug.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        plug.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(plug, ("127.0.0.1", port))
        _, reading = await loop.create_connection(lambda: cls(path, token, journal), sock=plug)
        await reading.opened
        assert reading.transport is not None
        reading.transport.pause_reading()
        return reading

    def go_on(self) -> None:
        """Read again."""
        assert self.transport is not None
        if not self.transport.is_closing():
            self.transport.resume_reading()
