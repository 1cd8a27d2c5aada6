"""What an engine tells, and whom."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct

from workbench.engine.story import Happening


class Account(Struct, frozen=True, gc=False):
    """The account at the last close; money in its currency, drawdown a fraction (<= 0)."""

    balance: float
    equity: float
    drawdown: float
    open_positions: int


class Listener(Protocol):
    """Who is told what happens, in order, with the engine as it stood then."""

    def happened(self, what: Happening) -> None:
        """Take a fill, or a signal that came to none."""

    def marked(self) -> None:
        """Take notice that as many candles are done as `BacktestEngine.marks` asks for."""


class Reader(Protocol):
    """A listener that is handed the rows of events themselves, which takes less time."""

    def wrote(self, row: Sequence[float]) -> None:
        """Take an entry, an exit, or the end of an order; see `rules/layout.py`."""

    def marked(self) -> None:
        """Take notice that as many candles are done as `BacktestEngine.marks` asks for."""
