"""Signs of life: pings that find dead peers, heartbeats that tell a reader where it stands.

The event loop is handed in, its clock is the only one: tests drive a loop of their own.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import ceil
from typing import Protocol

from workbench.messages import (
    Heartbeat,
    HeartbeatData,
    Shutdown,
    ShutdownData,
    encode,
    utc_now,
)

RECONNECT_MS = (500, 5000)
"""Clients are sent away to come back within this span, spread evenly."""


class Timer(Protocol):
    """What `call_later` returns."""

    def cancel(self) -> None:
        """Call nothing."""


class Clock(Protocol):
    """The part of an event loop that is used here."""

    def time(self) -> float:
        """Return seconds since some moment."""

    def call_later(self, delay: float, callback: Callable[[], object], /) -> Timer:
        """Call back after `delay` seconds."""


class Peer(Protocol):
    """A connection as it is pinged."""

    @property
    def behind(self) -> bool:
        """Whether the socket has not yet taken all that was written."""

    @property
    def written(self) -> int:
        """Grows whenever the socket has taken something."""

    def send_ping(self) -> None:
        """Write a ping frame."""

    def drop(self, reason: str) -> None:
        """End the connection without a farewell."""


class Pinger:
    """Pings a peer; one that does not answer in time is dropped.

    A reader that has not taken all that was written to it may not have the ping yet: it stays
    while the socket goes on taking bytes.

    Parameters
    ----------
    clock
        The event loop.
    peer
        Whom to ping.
    interval, timeout
        Seconds between two pings, and until the answer must be there. An interval of 0 is never.
    """

    def __init__(self, clock: Clock, peer: Peer, interval: float, timeout: float) -> None:
        self._clock = clock
        self._peer = peer
        self._interval = interval
        self._timeout = timeout
        self._alive = False
        self._written = 0
        self._timer: Timer | None = None
        if interval > 0:
            # Those who came together are not pinged together.
            self._timer = clock.call_later(interval * random.uniform(0.5, 1.0), self._ping)

    def heard(self) -> None:
        """Note that the peer gave a sign of life."""
        self._alive = True

    def stop(self) -> None:
        """Ping no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _ping(self) -> None:
        self._alive = False
        self._written = self._peer.written
        self._timer = self._clock.call_later(self._timeout, self._judge)
        self._peer.send_ping()

    def _judge(self) -> None:
        if self._alive or (self._peer.behind and self._peer.written != self._written):
            rest = max(0.0, self._interval - self._timeout)
            self._timer = self._clock.call_later(rest, self._ping)
        else:
            self._timer = None
            self._peer.drop("no answer to a ping")


class Reading(Protocol):
    """How far a subscriber has been told."""

    sent: int
    conflated: int
    behind_since: float | None


class Listener(Protocol):
    """A connection that can be told something in passing."""

    def offer(self, message: bytes) -> None:
        """Write a message, unless the one offered before it still waits."""


def heartbeat(seq: int, reader: Reading, now: float, news: float) -> Heartbeat:
    """Return what a heartbeat says of a reader of a log that stands at `seq`.

    Who was up to date, and has not been told the last news yet, is behind since these came.
    """
    lag = max(0, seq - reader.sent)
    since = news if reader.behind_since is None else reader.behind_since
    lag_ms = max(1, ceil((now - since) * 1000)) if lag else 0
    data = HeartbeatData(seq, reader.sent, lag, lag_ms, reader.conflated)
    return Heartbeat(utc_now(), data=data)


@contextmanager
def heartbeats(
    clock: Clock,
    connection: Listener,
    every: float | None,
    stand: Callable[[], tuple[int, float]],
    reader: Reading,
) -> Iterator[None]:
    """Tell a connection every `every` seconds where it stands, until the block ends.

    Parameters
    ----------
    clock
        The event loop; `reader.behind_since` is in its time.
    connection
        Whom to tell.
    every
        Seconds; None for never.
    stand
        Up to which seq there is something to tell, and since when the last of it.
    reader
        How far the connection has been told.
    """
    if every is None:
        yield
        return

    def beat() -> None:
        nonlocal timer
        timer = clock.call_later(every, beat)
        seq, news = stand()
        connection.offer(encode(heartbeat(seq, reader, clock.time(), news)))

    timer = clock.call_later(every, beat)
    try:
        yield
    finally:
        timer.cancel()


def shutdown_message() -> bytes:
    """Return the `shutdown` message for one connection."""
    pause = random.randint(*RECONNECT_MS)
    return encode(Shutdown(utc_now(), data=ShutdownData("the server goes away", pause)))
