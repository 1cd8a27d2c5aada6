"""What routing asks of an engine, and all that it remembers of a symbol."""

from __future__ import annotations

from typing import Protocol

from msgspec import Struct

from workbench.engine.live_views import HeldPosition, WaitingOrder
from workbench.trading.tickets import Exit, Past, Ticket


class Engine(Protocol):
    """What routing asks of a `LiveEngine`."""

    @property
    def bar(self) -> int: ...
    def orders(self) -> list[WaitingOrder]: ...
    def positions(self) -> list[HeldPosition]: ...
    def fill(self, order: int, price: float, quantity: float, fee: float, done: bool) -> None: ...
    def fill_exit(
        self, trade: int, price: float, quantity: float, fee: float, code: int, *, order: int = 0,
        rung: int = 0, level: float | None = None, done: bool = True,
    ) -> None: ...  # fmt: skip
    def refuse(self, order: int, code: int, wanted: float = 0.0, had: float = 0.0) -> None: ...


class State(Struct, array_like=True):
    """All that is remembered of a symbol.

    Attributes
    ----------
    past, fading
        By purpose, as text; those of the second were over at the last close.
    why
        By entry: why it is no longer wanted, where the strategy has not taken it back: a code of
        `rules/layout.py`, what was wanted, what there is.
    triggered
        Entries that rest here and whose price has come.
    closes
        Closing orders whose exits are noted.
    best
        By trade: the price its trail hangs on.
    kept
        By trade: where its stop is wanted at the venue; a trailed one moves at closes alone.
    alone
        Trades whose protection the venue does not take: it rests here.
    flatten
        Why everything is being closed; 0 while it is not.
    stray
        Signed units that came to be held without a trade: both sides of an OCO were filled.
    """

    tickets: dict[str, Ticket] = {}
    exits: list[Exit] = []
    past: dict[str, Past] = {}
    triggered: set[int] = set()
    closes: set[int] = set()
    best: dict[int, float] = {}
    kept: dict[int, float] = {}
    alone: set[int] = set()
    fading: set[str] = set()
    last: float | None = None
    flatten: int = 0
    stray: float = 0.0
    why: dict[int, tuple[int, float, float]] = {}
