"""Publishing a stream from a producer's process, through every loss of the server."""

from __future__ import annotations

import contextlib
import logging
import random
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from websockets.exceptions import InvalidStatus, WebSocketException
from websockets.sync.client import ClientConnection

from workbench.messages import PROMPT_TYPES, Message, encode
from workbench.runs import spool
from workbench.runs.door import opened
from workbench.runs.outbox import Outbox
from workbench.runs.publishing import (
    MAX_MESSAGE_BYTES,
    Ack,
    Command,
    Hello,
    Refused,
    batch_frame,
    reply_decoder,
    too_large,
)
from workbench.runs.rebuffs import Rebuffs
from workbench.runs.spill import Spill

log = logging.getLogger(__name__)

BATCH_MESSAGES = 500
BATCH_BYTES = 256 * 1024
IN_FLIGHT = 4 * BATCH_MESSAGES
LINGER_S = 0.02
"""Between two batches, while there is not enough for a full one."""
GATHER_S = 0.002
"""What belongs together, like all that a candle has to tell, is there within this time."""
RETRY_S = (0.1, 2.0)
STALL_S = 1.0
"""A server that acknowledges nothing for so long is taken for one that is away."""


class Publisher:
    """Sends messages to a stream, from any thread; a thread of its own does the talking.

    The caller never waits for the network. What is beyond the outbox's bound in memory goes to
    disk; only once that is full too, the caller waits until the server has taken some. With
    `home`, all that waits while no server is there is in files (see `workbench.runs.spool`) where
    the next server finds it should this process die.

    Parameters
    ----------
    stream
        Name of the stream.
    token
        The right to publish it; sent in a header.
    urls
        Called before each connection: base addresses of the servers to try, in order.
    on_command
        Called from a thread of the publisher's with each control, once. It may not wait, nor
        send: nothing is sent or acknowledged until it returns.
    on_refused
        Called from a thread of the publisher's, once, when the server takes no more.
    folder
        Where to spill to; None for the system's temporary folder.
    home
        The state folder, where all is to be found that waits when this process dies. None if
        it is on another machine, or if nothing is to be left: what waits dies with the process.
    outbox
        What to keep messages in, if not the usual one.

    Attributes
    ----------
    refused
        Why the server takes no more; None while it does. What is sent then is dropped.
    joined
        Set once a server has taken the producer in and handed over the controls that waited, or
        has refused it.
    """

    def __init__(
        self,
        stream: str,
        token: str,
        urls: Callable[[], list[str]],
        on_command: Callable[[Command], None],
        *,
        on_refused: Callable[[], None] = lambda: None,
        folder: Path | None = None,
        home: Path | None = None,
        outbox: Outbox | None = None,
    ) -> None:
        self._stream = stream
        self._token = token
        self._urls = urls
        self._on_command = on_command
        self._on_refused = on_refused
        self._rebuffs = Rebuffs()
        if outbox is None:
            name = None if home is None else partial(spool.path_of, home, stream)
            outbox = Outbox(spill=Spill(home or folder, path=name))
        self._outbox = outbox
        self._outbox.keep()
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        self._hurry = threading.Event()
        self._closing = False
        self._abandoned = False
        self.refused: str | None = None
        self.joined = threading.Event()
        self._obeyed = 0
        self._thread = threading.Thread(target=self._run, name="publisher", daemon=True)
        self._thread.start()

    def send(self, message: Message) -> None:
        """Queue a message; see `send_encoded`."""
        self.send_encoded(encode(message), message.type in PROMPT_TYPES)

    def send_encoded(self, wire: bytes, prompt: bool = False) -> None:
        """Queue a message that is JSON already; a prompt one is not held back for others.

        Raises
        ------
        PayloadTooLarge
            The server would not take it; nothing is queued.
        """
        if len(wire) > MAX_MESSAGE_BYTES:
            raise too_large(wire)
        # The lock itself: this is done for every message, and the condition's detour costs.
        with self._lock:
            if self._outbox.full:
                self._wait_for_room()
            if self.refused is None:
                if self._outbox.add(wire):
                    self._changed.notify_all()
                if prompt:
                    self._hurry.set()

    def send_together(self, messages: Sequence[Message]) -> None:
        """Queue messages of which the log is to have all or none, however this process ends.

        Raises
        ------
        PayloadTooLarge
            The server would not take them; nothing is queued.
        """
        wires = [encode(message) for message in messages]
        longest = max(wires, key=len, default=b"")
        if sum(map(len, wires)) + len(wires) > MAX_MESSAGE_BYTES:
            raise too_large(longest)
        with self._lock:
            if self._outbox.full:
                self._wait_for_room()
            if self.refused is None:
                ready = [self._outbox.add(wire, at > 0) for at, wire in enumerate(wires)]
                if any(ready):
                    self._changed.notify_all()

    def position(self) -> tuple[int, int]:
        """Return how many messages have been sent, and how many of them the log has."""
        with self._lock:
            return self._outbox.last, self._outbox.first - 1

    def close(self, patience: float) -> bool:
        """Wait until all is acknowledged, `patience` seconds at most; tell whether it is."""
        deadline = time.monotonic() + patience
        with self._changed:
            self._closing = True
            self._hurry.set()
            self._changed.notify_all()
            while len(self._outbox) and self.refused is None:
                left = deadline - time.monotonic()
                if left <= 0:
                    break
                self._changed.wait(left)
            done = not len(self._outbox)
        if done:
            self._thread.join(5)
        return done

    def leave(self) -> bool:
        """Give up; leave what is not acknowledged to the next server, and tell whether it is."""
        with self._changed:
            self._abandoned = True
            self._hurry.set()
            self._changed.notify_all()
        self._thread.join(5)
        with self._changed:
            return self._outbox.leave()

    def _wait_for_room(self) -> None:
        box = self._outbox
        log.warning("%d messages wait for a server, %d bytes on disk", len(box), box.spilled)
        while self._outbox.full and self.refused is None:
            self._changed.wait()
        log.warning("going on: %d messages wait", len(self._outbox))

    # --- the publisher's thread ---------------------------------------------------------

    def _run(self) -> None:
        delay = RETRY_S[0]
        while not self._finished():
            for url in self._urls():
                before = self._outbox.first
                self._session(url)
                if self._outbox.first > before:
                    delay = RETRY_S[0]
                if self._finished():
                    return
            time.sleep(delay * random.uniform(0.5, 1.0))
            delay = min(delay * 2, RETRY_S[1])

    def _finished(self) -> bool:
        with self._changed:
            idle = self._closing and not len(self._outbox)
            return self.refused is not None or self._abandoned or idle

    def _session(self, url: str) -> None:
        """Publish over one connection until it breaks."""
        try:
            connection = opened(url, self._stream, self._token, self._obeyed)
        except InvalidStatus as refusal:
            reply = refusal.response
            self._refuse(self._rebuffs.turned_away(reply.status_code, reply.body))
            return
        except (OSError, WebSocketException, TimeoutError):
            return
        broken = threading.Event()
        receiver = threading.Thread(
            target=self._receive, args=(connection, broken), name="acks", daemon=True
        )
        with connection:
            try:
                hello = reply_decoder.decode(connection.recv(timeout=10))
                if not isinstance(hello, Hello):
                    return
                self._rebuffs.welcomed()
                if hello.last > self._outbox.last:
                    self._refuse("another producer has published this stream")
                with self._changed:
                    if self.refused is not None or self._abandoned:
                        return
                    self._outbox.rewind(hello.last)
                    self._outbox.settle()
                    self._changed.notify_all()
                for command in hello.commands:
                    self._obey(command)
                self.joined.set()
                receiver.start()
                self._send_all(connection, broken)
            except (OSError, WebSocketException, TimeoutError, msgspec.MsgspecError) as error:
                log.info("connection to the server lost: %s", type(error).__name__)
            finally:
                self._keep()
        if receiver.is_alive():
            receiver.join(5)
        closed = connection.protocol.close_rcvd
        if closed is not None:
            # Not an echo: this side closes with the same code when no pong comes.
            theirs = bool(connection.protocol.close_rcvd_then_sent)
            self._refuse(self._rebuffs.closed(closed.code, theirs, self._outbox.first))

    def _send_all(self, connection: ClientConnection, broken: threading.Event) -> None:
        sent = 0.0
        while not broken.is_set():
            with self._changed:
                while not broken.is_set() and not (
                    self._outbox.ready and self._outbox.in_flight < IN_FLIGHT
                ):
                    if self._abandoned or (self._closing and not len(self._outbox)):
                        return
                    self._changed.wait(1.0)
                gather = self._outbox.ready < BATCH_MESSAGES and not self._closing
            if gather:
                self._hurry.wait(max(GATHER_S, sent + LINGER_S - time.monotonic()))
            self._hurry.clear()
            if self._abandoned:
                return
            with self._changed:
                first, messages = self._outbox.take(BATCH_MESSAGES, BATCH_BYTES)
            if messages:
                sent = time.monotonic()
                connection.send(batch_frame(first, messages), text=True)

    def _keep(self) -> None:
        """Take it that nobody hears what is said."""
        with self._changed:
            if self.refused is None:
                self._outbox.keep()

    def _receive(self, connection: ClientConnection, broken: threading.Event) -> None:
        try:
            while True:
                try:
                    frame = connection.recv(STALL_S)
                except TimeoutError:
                    if self._outbox.in_flight:
                        self._keep()
                else:
                    self._reply(reply_decoder.decode(frame))
        except (OSError, WebSocketException, msgspec.MsgspecError):
            pass
        finally:
            self._keep()
            broken.set()
            self._hurry.set()
            with self._changed:
                self._changed.notify_all()

    def _reply(self, reply: Any) -> None:
        if isinstance(reply, Command):
            self._obey(reply)
            return
        if isinstance(reply, Refused):
            self._refuse(reply.error)
            return
        with self._changed:
            if isinstance(reply, Ack) and not self._abandoned:
                self._outbox.acknowledge(reply.last)
                self._outbox.settle()
            self._changed.notify_all()

    def _obey(self, command: Command) -> None:
        # One that could not be put into the log has no number there.
        if not command.seq or command.seq > self._obeyed:
            self._obeyed = max(self._obeyed, command.seq)
            with contextlib.suppress(Exception):
                self._on_command(command)

    def _refuse(self, why: str | None) -> None:
        """Take it that no server will ever take more, unless there is no reason to."""
        if why is None:
            return
        with self._changed:
            if self.refused is not None:
                return
            log.warning("giving up on stream %s: %s", self._stream, why)
            self.refused = why
            self._outbox.discard()
            self.joined.set()
            self._changed.notify_all()
        self._on_refused()
