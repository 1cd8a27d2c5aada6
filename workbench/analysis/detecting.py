"""What a detector is: candles in, findings out, nothing known before its time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct, field

from workbench.analysis.bars import Bar
from workbench.messages import Bias, StructureKind
from workbench.messages import ConfluenceTerm as Term


class PatternFinding(Struct, frozen=True, gc=False):
    """A candlestick pattern; times in epoch milliseconds, see `messages.PatternData`."""

    timeframe: str
    pattern: str
    direction: Bias
    strength: int
    bar_time: int
    confirmed_at: int
    provisional: bool = False


class StructureFinding(Struct, frozen=True, gc=False):
    """A fact of market structure; times in epoch milliseconds, see `messages.StructureData`."""

    timeframe: str
    id: str
    kind: StructureKind
    direction: Bias
    status: str
    bar_time: int
    confirmed_at: int
    price: float
    top: float | None = None
    bottom: float | None = None
    numbers: dict[str, float] = field(default_factory=dict)


class ConfluenceFinding(Struct, frozen=True, gc=False):
    """How much speaks for one side; times in epoch ms, see `messages.ConfluenceData`."""

    timeframe: str
    bar_time: int
    confirmed_at: int
    score: float
    direction: Bias
    terms: tuple[Term, ...]
    rationale: str


Finding = PatternFinding | StructureFinding | ConfluenceFinding


class Detector(Protocol):
    """Sees the candles of one timeframe, one after the other.

    A finding's `confirmed_at` is the close time of the bar given, never earlier; nothing that
    was found is changed or taken back.
    """

    def update(self, bar: Bar) -> Sequence[Finding]:
        """Take the next closed candle; return what it made known."""
        ...

    def peek(self, bar: Bar) -> Sequence[Finding]:
        """Look at a candle that still grows; keep nothing of it."""
        ...


class Analysis(Protocol):
    """All detectors of a market, and what they add up to (`workbench.analysis.market`)."""

    def closed(self, timeframe: str, bar: Bar) -> Sequence[Finding]:
        """Take a closed candle; those of several timeframes come the longest first."""
        ...

    def forming(self, timeframe: str, bar: Bar) -> Sequence[Finding]:
        """Look at a candle that still grows."""
        ...
