"""What a log is: append-only, numbered, read from a position."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from workbench.errors import WorkbenchError
from workbench.messages import MESSAGE_TYPES, Delivery, LogMessage


class Entry(NamedTuple):
    """One message in a log.

    Attributes
    ----------
    seq
        Position, gap-free from 1.
    type
        The message's type.
    key
        What it tells the state of; the type itself for most.
    wire
        The message as JSON, `seq` in it.
    """

    seq: int
    type: str
    key: str
    wire: bytes

    @property
    def delivery(self) -> Delivery:
        """Delivery class of the message's type."""
        return MESSAGE_TYPES[self.type].delivery


class StreamInfo(NamedTuple):
    """Where a log stands.

    Attributes
    ----------
    id, kind
        Name of the stream and what produces it (``backtest``).
    epoch
        Identity of the log: a position means nothing under another epoch.
    seq, eseq
        Number of messages, and of event-class messages, in it.
    latest
        The seq of the latest message of each state key.
    closed
        Whether the last message has been written.
    """

    id: str
    kind: str
    epoch: str
    seq: int
    eseq: int
    latest: dict[str, int]
    closed: bool


class OutOfOrder(WorkbenchError):
    """A producer left out numbers; nothing of the batch was appended."""

    code = "out_of_order"
    status = 409


class StreamLog(Protocol):
    """Storage of streams. Calls return once the data is safe from the process's death."""

    def create(self, stream: str, kind: str) -> StreamInfo:
        """Start an empty log under a fresh epoch."""

    def info(self, stream: str) -> StreamInfo | None:
        """Tell where a log stands; None when there is none."""

    def position(self, stream: str, producer: str) -> int:
        """Return the last number of `producer` that is in the log, 0 when none is."""

    def append(
        self, stream: str, producer: str, first: int, messages: Sequence[LogMessage]
    ) -> list[Entry]:
        """Append messages numbered `first`, `first` + 1, … by their producer.

        Those already in the log are passed over, so a batch may be sent again.

        Raises
        ------
        OutOfOrder
            `first` is beyond the producer's next number.
        NotFound
            There is no such stream.
        """

    def read(self, stream: str, since: int, limit: int) -> list[Entry]:
        """Return at least one and about `limit` entries after `since`; none at the end."""

    def find(self, stream: str, kind: str, since: int) -> list[Entry]:
        """Return all entries of one message type after `since`; meant for rare types."""

    def delete(self, stream: str) -> None:
        """Remove the log."""
