"""Why sockets are closed."""

from __future__ import annotations

from typing import NamedTuple


class CloseCode(NamedTuple):
    """A close code.

    Attributes
    ----------
    code
        As in the close frame.
    meaning
        In a sentence.
    resume
        Whether to come back with `since` and `epoch`.
    """

    code: int
    meaning: str
    resume: bool


CLOSE_CODES = (
    CloseCode(1000, "Finished: the last message has been sent.", False),
    CloseCode(1001, "The server goes away.", True),
    CloseCode(1002, "A frame broke the WebSocket protocol.", False),
    CloseCode(1006, "Nothing was heard of the peer: in no frame, only in the counts.", True),
    CloseCode(1007, "A text message was not UTF-8, or could not be decompressed.", False),
    CloseCode(1008, "A parameter, a batch or too many messages were wrong.", False),
    CloseCode(1009, "A message was larger than allowed.", False),
    CloseCode(1011, "The server failed at this stream; its log says how.", True),
    CloseCode(1013, "Too many connections, or the log cannot be written now; try later.", True),
    CloseCode(4404, "No such stream, or it was deleted.", False),
    CloseCode(4408, "Too slow: the socket did not take what was sent.", True),
    CloseCode(4500, "The log is damaged: what comes next cannot be read.", False),
)
