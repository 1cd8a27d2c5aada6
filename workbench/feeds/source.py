"""What a feed gives: trades, candles, the passing of time, and word of how it fares."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Literal, NamedTuple, Protocol

from workbench.analysis.bars import Bar
from workbench.data.candles import Candles
from workbench.data.growing import Origin
from workbench.messages import FeedState


class Tick(NamedTuple):
    """A trade. `time` in epoch ms, UTC; `number` as the exchange counts, None if it does not."""

    time: int
    price: float
    size: float
    number: int | None = None


class BarUpdate(NamedTuple):
    """A candle as the source makes it; of the shortest timeframe of the feed."""

    timeframe: str
    bar: Bar
    closed: bool
    origin: Origin = "live"


class Moment(NamedTuple):
    """Market time has come so far (epoch ms): all trades before it have been given.

    It closes candles, and trades of these that come after it are late. So a source says it a
    little after its clock does, as long as trades may be on their way.
    """

    time: int


class Note(NamedTuple):
    """How the feed fares: becomes a `feed` message."""

    state: FeedState
    message: str
    code: str | None = None


class Hole(NamedTuple):
    """Something is missing between two market times (epoch ms): becomes a `data_gap` message."""

    what: Literal["trades", "candles"]
    missing: int
    start: int
    end: int
    filled: bool
    first_number: int | None = None
    last_number: int | None = None
    timeframe: str | None = None


Item = Tick | BarUpdate | Moment | Note | Hole


class Source(Protocol):
    """Where the prices of one symbol come from.

    Attributes
    ----------
    description
        For people, such as ``coinbase trades``.
    synthetic
        Whether the prices never traded.
    """

    description: str
    synthetic: bool

    async def history(self, timeframes: Sequence[str], count: int) -> Mapping[str, Candles]:
        """Return about `count` closed candles of each timeframe from before the feed begins.

        Raises
        ------
        UnknownSymbol
            The source has no such symbol.
        """
        ...

    def items(self) -> AsyncIterator[Sequence[Item]]:
        """Give what comes, a few at once, in order, until the source ends.

        What goes wrong and can be mended is told as a `Note` and mended here; an exception ends
        the feed.
        """
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...
