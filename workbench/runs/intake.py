"""The one way into the logs of a state folder, whatever they tell of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from workbench.errors import InvalidRequest, WorkbenchError
from workbench.messages import LogMessage, error_message
from workbench.runs import admission
from workbench.runs.commands import shortened
from workbench.streams import Database, Entry, SqliteLog

Listener = Callable[[str, list[Entry]], None]
Rule = Callable[[str, LogMessage], None]
SERVER = "server"
"""The producer of what the server itself says."""


class Desk(Protocol):
    """What a kind of stream has to say of what comes in."""

    def admit(self, stream: str, producer: str) -> None:
        """Raise if this producer is not the stream's any more; called with the write lock held."""

    def rules(self, stream: str) -> Rule:
        """Return what raises `InvalidRequest` for what a producer may not say in this stream."""

    def note(self, stream: str, messages: Sequence[LogMessage]) -> Mapping[str, list[Entry]] | None:
        """Take down what new messages tell, in the transaction that appends them.

        Returns what was appended to other streams on that occasion.
        """


class Intake:
    """Puts messages into logs, and tells the listeners.

    Parameters
    ----------
    database, log
        The state file, and the logs in it.
    """

    def __init__(self, database: Database, log: SqliteLog) -> None:
        self.database = database
        self.log = log
        self._listeners: list[Listener] = []
        self._elsewhere: list[Callable[[], None]] = []
        self._version = database.version()

    def listen(self, listener: Listener) -> None:
        """Call `listener` with (stream, entries) after each append; no entries: it was deleted."""
        self._listeners.append(listener)

    def listen_elsewhere(self, listener: Callable[[], None]) -> None:
        """Call `listener` when another process has written, such as a second server; see `look`."""
        self._elsewhere.append(listener)

    def look(self) -> None:
        """Find out whether another process has written: often, it costs next to nothing."""
        version = self.database.version()
        if version != self._version:
            self._version = version
            for listener in self._elsewhere:
                listener()

    def deleted(self, stream: str) -> None:
        """Tell the listeners that a log is gone."""
        for listener in self._listeners:
            listener(stream, [])

    def append(
        self, desk: Desk, stream: str, producer: str, first: int, messages: Sequence[LogMessage]
    ) -> None:
        """Put messages into a log, note what they tell, and tell the listeners.

        Raises
        ------
        NotFound, OutOfOrder, StreamEnded
            As `StreamLog.append`.
        """
        # One transaction: what the desk's books say is never behind the log.
        with self.database.transaction():
            desk.admit(stream, producer)
            entries = self.log.append(stream, producer, first, messages)
            others = desk.note(stream, messages[len(messages) - len(entries) :]) or {}
            # Not before a greater transaction is committed: what was told cannot be taken back.
            self.database.once_committed(lambda: self._tell({stream: entries, **others}))

    def _tell(self, appended: Mapping[str, list[Entry]]) -> None:
        for name, new in appended.items():
            if new:
                for listener in self._listeners:
                    listener(name, new)

    def say(self, desk: Desk, stream: str, messages: Sequence[LogMessage]) -> None:
        """Put the server's own messages into a log."""
        self.append(desk, stream, SERVER, self.log.position(stream, SERVER) + 1, messages)

    def publish(
        self,
        desk: Desk,
        stream: str,
        producer: str,
        first: int,
        messages: Sequence[LogMessage],
        failure: InvalidRequest | None = None,
    ) -> None:
        """Take in what a producer says, up to what it may not say; with that the stream ends.

        Parameters
        ----------
        failure
            What is wrong with the message after `messages`, if that could not be understood.

        Raises
        ------
        InvalidRequest
            A message was refused. Those before it are in the log, after them an `error`, unless
            they end the stream themselves.
        NotFound, OutOfOrder, StreamEnded
            As `StreamLog.append`; nothing was taken, and the stream goes on.
        """
        known = max(0, self.log.position(stream, producer) - first + 1)
        count, flaw = admission.good(stream, messages[known:], desk.rules(stream))
        self.append(desk, stream, producer, first, messages[: known + count])
        refused = flaw or failure
        if refused is None:
            return
        info = self.log.info(stream)
        if info is not None and not info.closed:
            self.say(desk, stream, [error_message(_refusal(refused))])
        raise refused


def _refusal(refused: InvalidRequest) -> WorkbenchError:
    """Return what the stream says of a message that was refused."""
    msg = f"The server refused what the stream's producer said: {refused.message}"
    return type(refused)(shortened(msg, 500), field=refused.details.get("field"))
