"""What an engine tells, and whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from workbench.engine.story import Happening


@dataclass(slots=True, frozen=True)
class Account:
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
