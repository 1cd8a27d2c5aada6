"""What a session says leaves its process once its journal has it, and never in two versions."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import NamedTuple

from workbench.errors import StorageFull
from workbench.messages import Message, decode, encode
from workbench.sessions import vouching
from workbench.sessions.journal import Journal
from workbench.sessions.vouching import Batch, Told

log = logging.getLogger("workbench.session")


class Numbered(NamedTuple):
    """A message of the session, with its place in all that it has told, from 1.

    `wire` is how it is sent, where that is known already.
    """

    number: int
    message: Message
    wire: bytes | None = None


class Saying:
    """Numbers what a session tells, and holds it back until it is written down.

    What nobody has heard of may be done otherwise by another process; all else is done again as it
    was, or the session ends.

    Parameters
    ----------
    session
        Its id.
    journal
        Where it is written.
    send
        Takes each message, in order.

    Attributes
    ----------
    position
        How many messages it has told.
    """

    def __init__(self, session: str, journal: Journal, send: Callable[[Numbered], None]) -> None:
        self._session, self._journal, self._send = session, journal, send
        self._said: list[tuple[Message, Told]] = []
        self.position = 0

    @property
    def held_back(self) -> bool:
        """Whether something is not written down yet."""
        return bool(self._said)

    def restart(self, position: int) -> None:
        """Go on after so many messages; what was held back is forgotten."""
        self.position = position
        self._said.clear()

    def add(self, message: Message) -> None:
        """Take a message."""
        self.position += 1
        self._said.append((message, Told(self.position, encode(message))))

    def write(self) -> None:
        """Write down what was told for the last entry of the journal, then send it.

        Raises
        ------
        StorageFull
            It cannot be written; nothing is sent.
        """
        if self._said:
            self._journal.tell(vouching.encode(self._batch()))
            self._let_go()

    def again(self, number: int, other_version: Callable[[], bool]) -> None:
        """Send what was told again for an entry, if it is what was told for it before.

        Parameters
        ----------
        number
            Of the entry; 0 for the beginning.
        other_version
            Tells whether other code than this began the session.

        Raises
        ------
        NotDeterministic
            It is not. What was told before, from there on, has been sent.
        """
        kept = self._journal.told(number)
        first, last = self._journal.told_range
        if kept is None and not first < number < last:
            # Nothing of it has left a process; or the journal is of a version that kept none.
            try:
                if number == self._journal.last:
                    self.write()
            except StorageFull as error:
                log.warning("%s", error.message)
            else:
                self._let_go()
            return
        now = self._batch()
        before = Batch(now.upto, []) if kept is None else vouching.decode(kept)
        if before != now and (what := vouching.difference(before, now)):
            self._said.clear()
            self._tell_from(number)
            raise vouching.refusal(self._session, what, other_version())
        self._let_go()

    def _tell_from(self, number: int) -> None:
        for body in self._journal.told_since(number):
            for event in vouching.decode(body).events:
                self._send(Numbered(event.number, decode(event.wire), event.wire))

    def _batch(self) -> Batch:
        events = [told for message, told in self._said if vouching.counts(message)]
        return Batch(self.position, events)

    def _let_go(self) -> None:
        said, self._said = self._said, []
        for message, told in said:
            self._send(Numbered(told.number, message, told.wire))
