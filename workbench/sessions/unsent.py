"""What a session had told when its process died, and its log does not have."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import UNSET, structs

from workbench.messages import AnyMessage, Message, decode, encode
from workbench.sessions import vouching
from workbench.sessions.journal import Journal


class Unsent:
    """Finds them: its journal has each before it leaves the process.

    Parameters
    ----------
    journal
        Of the session.
    known
        How many messages of the session the log has.
    """

    def __init__(self, journal: Journal, known: int) -> None:
        told = (one for body in journal.told_since(0) for one in vouching.decode(body).events)
        # Its states are not kept, so that numbers beyond what is known may be there all the same.
        self._wires = {one.wire: None for one in told if one.number > known}

    def logged(self, messages: Iterable[AnyMessage]) -> Iterable[AnyMessage]:
        """Give the messages of the log on; what is among them has been sent."""
        for message in messages:
            if self._wires:
                self._wires.pop(_plain(message), None)
            yield message

    def messages(self) -> list[AnyMessage]:
        """Return what is left, in its order."""
        return [decode(wire) for wire in self._wires]


def _plain(message: Message) -> bytes:
    """Return a message as its process has told it."""
    return encode(structs.replace(message, seq=UNSET, eseq=UNSET))
