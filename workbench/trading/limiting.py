"""A session within its limits: who is let through, and what a breach does."""

from __future__ import annotations

from msgspec import UNSET

from workbench.engine.live_views import Refusal, Wanted
from workbench.engine.rules.layout import BY_LIMIT, ENTRIES_PAUSED, LIMIT_POSITION
from workbench.messages import Breach, BreachAction
from workbench.trading.book import Book
from workbench.trading.commands import Commands
from workbench.trading.guard import Begun, Guard
from workbench.trading.hosting import Clocked
from workbench.trading.limits import LIMIT_NAMES
from workbench.trading.reporting import Reporting
from workbench.trading.risk import ACCOUNT, Broken, Entry, Standing


class Limiting:
    """Holds a session to its limits.

    Parameters
    ----------
    session
        The session.
    commands, guard, reporting
        What closes and cancels, its limits, and its sums.
    real_time
        Whether feeds go by the clock.
    """

    def __init__(
        self,
        session: Clocked,
        commands: Commands,
        guard: Guard,
        reporting: Reporting,
        real_time: bool,
    ) -> None:
        self._session, self._guard, self._reporting = session, guard, reporting
        self._commands = commands
        self._real_time = real_time

    def admit(self, book: Book, wanted: Wanted) -> Refusal | None:
        """Say whether an entry may be ordered; one that may not is told of."""
        if self._guard.paused:
            return ENTRIES_PAUSED, 0.0, 0.0
        broken = self._guard.admit(self._standing(book), _entry(book, wanted))
        if broken is None:
            self._guard.gave(self._session.now())
            return None
        book.ledger.refused[wanted.order] = broken
        self._tell(broken, "reject", book.ledger.trades.signal_id(wanted.order))
        return code_of(broken), broken.value, broken.allowed

    def look(self) -> None:
        """Look at the limits that the market can breach, and act while it goes on."""
        if not self._guard.watching or self._commands.how is not None:
            self._guard.see(self._reporting.equity())
            return
        for begun in self._guard.look(self._reporting.standing()):
            self._act(begun)

    def _act(self, begun: Begun) -> None:
        broken = begun.broken
        self._tell(broken, begun.action, None)
        if begun.action == "flatten":
            self._commands.flatten(BY_LIMIT)
        elif begun.lasts:
            self._commands.cancel_entries(code_of(broken), broken.value, broken.allowed)

    def _tell(self, broken: Broken, action: BreachAction, order_id: str | None) -> None:
        breach = Breach(
            broken.limit, broken.value, broken.allowed, action, broken.message,
            UNSET if broken.symbol is None else broken.symbol,
            UNSET if order_id is None else order_id,
        )  # fmt: skip
        self._reporting.risk(self._session.time(), breach)

    def _standing(self, book: Book) -> Standing:
        """Return where the session stands; prices of a book are as old as its decision."""
        standing = self._reporting.standing()
        if not self._real_time:
            return standing
        own = standing.symbols[book.symbol]
        age = max(own.age or 0.0, (self._session.at - book.decided) / 1000)
        symbols = {**standing.symbols, book.symbol: own._replace(age=age)}
        return standing._replace(symbols=symbols)


def _entry(book: Book, wanted: Wanted) -> Entry:
    closes = 0.0
    if not book.hedging:
        closes = sum(
            one.remaining * one.mark
            for one in book.engine.positions()
            if one.strategy == wanted.strategy and one.sign != wanted.sign
        )
    prices = tuple(one for one in (wanted.limit, wanted.stop) if one is not None)
    return Entry(book.symbol, wanted.notional, closes, prices, wanted.close)


def code_of(broken: Broken) -> int:
    """Return what an order ends with that a limit refuses, see `rules/layout.py`."""
    return LIMIT_POSITION + LIMIT_NAMES.index(broken.limit.removeprefix(ACCOUNT))
