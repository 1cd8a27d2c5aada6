"""What is heard of a market on its stream, and when its feed has come to its end: pure."""

from __future__ import annotations

import msgspec

from workbench.client.reading import Reader
from workbench.client.wishes import Wishes
from workbench.messages import AnyMessage, Connected, Feed

OVER = frozenset({"ended", "stopped", "failed"})
"""States in which a feed tells nothing, unless it is started again."""


class Course:
    """Whether a feed is at its end now, by the messages of its stream.

    The log tells of former ends as well: what counts is the feed's last word, and that it has
    not been started again since.

    Attributes
    ----------
    over
        It is.
    """

    def __init__(self) -> None:
        self.over = False
        self._head = self._stands = 0
        self._starting = self._ended = False

    def greeted(self, message: Connected, seq: int) -> None:
        """Note what a connection was greeted with by which one goes on after `seq`."""
        data = message.data
        self._head = data.eseq
        self._starting = data.status == "starting"
        self._stands, self._ended = data.seq, data.status in OVER
        self.reached(seq)

    def told(self, message: Feed) -> None:
        """Note a word of the feed."""
        number = message.eseq if isinstance(message.eseq, int) else 0
        if number > self._head or (number == self._head and not self._starting):
            self.over = message.data.state in OVER
            self._ended = False

    def reached(self, seq: int) -> None:
        """Note how far one has read."""
        if self._ended:
            self.over = seq >= self._stands


class MarketReader(Reader):
    """State of one reader of a market.

    Parameters
    ----------
    name
        Of the feed.
    wishes
        See `Wishes`.
    forever
        Go on when the feed has come to its end, for it may be started again.
    wake
        Have the feed started where it does not run.
    """

    def __init__(self, name: str, wishes: Wishes, *, forever: bool, wake: bool) -> None:
        self._forever, self._wake = forever, wake
        self._hidden = not forever and wishes.types is not None and "feed" not in wishes.types
        self._course = Course()
        if self._hidden:
            wishes = msgspec.structs.replace(wishes, types=(*(wishes.types or ()), "feed"))
        super().__init__(name, wishes)

    def query(self) -> dict[str, str]:
        """Return the query of the next connection."""
        return super().query() | ({} if self._wake else {"wake": "0"})

    def feed(self, data: bytes | str) -> list[AnyMessage]:
        """Take in a frame; return the messages that are new, in order."""
        fresh = super().feed(data)
        self._course.reached(self.seq)
        self.over = self._course.over and not self._forever
        return fresh

    def _greeted(self, message: Connected) -> None:
        super()._greeted(message)
        self._course.greeted(message, self.seq)

    def _event(self, message: AnyMessage, fresh: list[AnyMessage]) -> bool:
        if isinstance(message, Feed):
            self._course.told(message)
            if self._hidden:
                self.status = message.data.state
                return True
        return super()._event(message, fresh)
