"""A subscriber as the server keeps it: its socket, its wishes, and where it stands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from workbench.streams import Carry, Subscription

PUSHED_ALL = 2


class TooSlow(Exception):
    """A socket has taken nothing for too long."""


class Connection(Protocol):
    """A subscriber's socket."""

    @property
    def deflate(self) -> bool:
        """Whether permessage-deflate was agreed on, with a context the server may share."""

    async def send(self, frames: bytes) -> None:
        """Write frames and wait until the socket has taken them; raises `TooSlow`."""

    def push(self, frames: bytes) -> int:
        """Write frames without waiting; 0, and nothing written, if others still wait.

        `PUSHED_ALL` says that the socket has taken them all; any other number, that `behind`
        knows.
        """

    @property
    def behind(self) -> bool:
        """Whether the socket has not yet taken all that was written."""

    @property
    def unsent(self) -> int:
        """Bytes that were written and that the socket has not taken."""

    async def drained(self) -> None:
        """Wait until the socket has taken all that was written; raises `TooSlow`."""

    def close(self, code: int, reason: str) -> None:
        """Close the socket."""


@dataclass(eq=False, slots=True)
class Reader:
    """One subscriber of one stream.

    Attributes
    ----------
    connection, subscription
        Its socket, and what it wants in which form.
    push
        The connection's own.
    sent
        The cursor: up to which seq it has been told.
    conflated
        Messages merged away for it since it came.
    behind_since
        Since when it is not up to date, in the event loop's time; None while it is.
    carry
        Messages of each state key merged away that no message has told of yet.
    step
        The last message of the shared compression context that its inflater has seen, 0 if it
        is out of step.
    """

    connection: Connection
    subscription: Subscription
    sent: int = 0
    conflated: int = 0
    behind_since: float | None = None
    carry: Carry = ()
    step: int = 0
    push: Callable[[bytes], int] = field(init=False)

    def __post_init__(self) -> None:
        self.push = self.connection.push
