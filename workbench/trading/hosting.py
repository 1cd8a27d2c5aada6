"""What a book asks of its session, and what all books of one share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

from workbench.engine.live_views import Refusal, Wanted
from workbench.messages import Message
from workbench.trading.telling import TradeNumbers

if TYPE_CHECKING:
    from workbench.trading.book import Book


class Clocked(Protocol):
    """The times of a session; `at` is when the input came, epoch ms."""

    at: int

    def now(self) -> int:
        """Return the time orders and days are counted by, epoch ms."""

    def time(self) -> int:
        """Return market time, epoch ms."""


class Host(Protocol):
    """What a book asks of its session."""

    at: int

    def stamp(self) -> str:
        """Return the timestamp of messages."""

    def emit(self, message: Message) -> None:
        """Take a message."""

    def moved(self, time: int) -> None:
        """Hear that market time (epoch ms) has come to a price."""

    def closing(self, time: int) -> None:
        """Hear that the candle that opened at `time` (epoch ms) is about to close."""

    def closed(self, book: Book, time: int) -> None:
        """Hear that it has closed, and the strategies have decided."""

    def may_close(self, time: int) -> bool:
        """Say whether one more closing order may be given at market time (epoch ms) `time`.

        If so it is counted.
        """

    def admit(self, book: Book, wanted: Wanted) -> Refusal | None:
        """Say whether an entry may be ordered."""

    def filled(self, book: Book, row: Sequence[float], closed: bool) -> None:
        """Hear of a fill, its trade numbered over all symbols."""

    def priced(self, book: Book) -> None:
        """Hear that there is another price."""


class Facts(NamedTuple):
    """What all books of a session share.

    Attributes
    ----------
    session, broker
        As messages name them.
    timeframes
        The shortest first.
    routed
        Whether fills are reported by a venue.
    real_time
        Whether feeds go by the clock.
    several
        Whether there is more than one symbol.
    numbers
        Of trades.
    """

    session: str
    broker: str
    timeframes: Sequence[str]
    routed: bool
    real_time: bool
    several: bool
    numbers: TradeNumbers
