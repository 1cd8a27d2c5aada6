"""What a book's strategy wants, in the words of the limits."""

from __future__ import annotations

from typing import Protocol

from workbench.engine.live_views import Wanted
from workbench.engine.rules.layout import LIMIT_POSITION
from workbench.live.book import Book
from workbench.live.limits import LIMIT_NAMES
from workbench.live.risk import ACCOUNT, Broken, Entry, Standing


class Asking(Protocol):
    """Of a session, what is looked at here."""

    at: int
    real_time: bool


def entry_of(
    standing: Standing, book: Book, wanted: Wanted, session: Asking
) -> tuple[Standing, Entry]:
    """Return the entry, and where the session stands, as old as the decision is."""
    closes = 0.0
    if not book.hedging:
        closes = sum(
            one.remaining * one.mark
            for one in book.engine.positions()
            if one.strategy == wanted.strategy and one.sign != wanted.sign
        )
    prices = tuple(one for one in (wanted.limit, wanted.stop) if one is not None)
    entry = Entry(book.symbol, wanted.notional, closes, prices, wanted.close)
    if session.real_time:
        own = standing.symbols[book.symbol]
        age = max(own.age or 0.0, (session.at - book.decided) / 1000)
        symbols = {**standing.symbols, book.symbol: own._replace(age=age)}
        standing = standing._replace(symbols=symbols)
    return standing, entry


def code_of(broken: Broken) -> int:
    """Return what an order ends with that a limit refuses, see `rules/layout.py`."""
    return LIMIT_POSITION + LIMIT_NAMES.index(broken.limit.removeprefix(ACCOUNT))
