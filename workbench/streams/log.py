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
        """Delivery class of the message."""
        return MESSAGE_TYPES[self.type].delivery_of(self.key)


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
    first_seq
        The first message there still is, 1 unless earlier ones were trimmed; one beyond `seq`
        if all were.
    window
        So many messages are kept at least, and not many more; None for all.
    bytes
        What its messages take.
    spared
        Messages between `first_seq` and `seq` that are not kept: superseded states.
    """

    id: str
    kind: str
    epoch: str
    seq: int
    eseq: int
    latest: dict[str, int]
    closed: bool
    first_seq: int = 1
    window: int | None = None
    bytes: int = 0
    spared: int = 0

    @property
    def kept(self) -> int:
        """Number of messages in the log."""
        return self.seq - self.first_seq + 1 - self.spared


class OutOfOrder(WorkbenchError):
    """A producer left out numbers; nothing of the batch was appended."""

    code = "out_of_order"
    status = 409


class StreamEnded(WorkbenchError):
    """The stream's last message is in the log; nothing comes after it."""

    code = "stream_ended"
    status = 409


class StreamLog(Protocol):
    """Storage of streams. Calls return once the data is safe from the process's death."""

    def create(self, stream: str, kind: str, window: int | None = None) -> StreamInfo:
        """Start an empty log under a fresh epoch, that keeps about `window` messages or all.

        Superseded states are the first of a window to go.
        """

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
        StreamEnded
            The log is closed, and some of the messages are not in it.
        NotFound
            There is no such stream.
        """

    def read(self, stream: str, since: int, limit: int, size: int | None = None) -> list[Entry]:
        """Return at least one and about `limit` entries after `since`; none at the end.

        With `size` they come to about so many bytes, or more if these lie together in the log.
        Where `since` is before what is kept, they begin with the first that is.

        Raises
        ------
        LogDamaged
            The message after `since` should be there, but cannot be read.
        """

    def trim(self, stream: str, before: int) -> StreamInfo:
        """Forget the messages before seq `before`; tell where the log stands.

        State messages among them are no longer the latest of their key: there is none then.

        Raises
        ------
        NotFound
            There is no such stream.
        """

    def find(self, stream: str, kind: str, since: int) -> list[Entry]:
        """Return all entries of one message type after `since`; meant for rare types.

        Raises
        ------
        LogDamaged
            Messages that should be there cannot be read.
        """

    def delete(self, stream: str) -> None:
        """Remove the log; its room is given back by `erase`, or when its name is used again."""

    def erase(self) -> bool:
        """Give back a piece, bounded in size, of what deleted logs held; tell whether more is left.

        What another process has deleted, this one finds when it begins.
        """

    def retire(self, stream: str, producer: str) -> None:
        """Forget the numbers of a producer that will not come again."""
