"""What a session is put together of."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from workbench.data.candles import Candles
from workbench.engine.driving import Kinds
from workbench.messages import PROCESS_AWAY, Message, iso_time
from workbench.trading.beginning import LiveSpec, account_of
from workbench.trading.book import Book
from workbench.trading.brokering import Command, Rules
from workbench.trading.commands import Commands
from workbench.trading.desk import Desk
from workbench.trading.guard import Guard
from workbench.trading.hosting import Facts
from workbench.trading.inputs import Away, Reconciled, Word
from workbench.trading.limiting import Limiting
from workbench.trading.reporting import Reporting
from workbench.trading.spec import LiveSettings
from workbench.trading.telling import TradeNumbers, Words
from workbench.trading.venue import Venue, rules_of


class Parts:
    """Books, limits, sums and orders of a session; parameters as of `Session`, which is `host`.

    Attributes
    ----------
    books
        By symbol.
    guard, limiting
        Limits, and what holds the session to them.
    reporting
        What it has come to.
    commands
        What closes and cancels.
    desk
        Its orders at a venue; None where the rules fill.
    rules
        What the venue allows, by symbol.
    """

    def __init__(
        self,
        host: Any,
        spec: LiveSpec,
        live: LiveSettings,
        facts: Facts,
        kinds: Kinds,
        histories: Mapping[str, Mapping[str, Candles]],
        sources: Mapping[str, tuple[str, bool]],
        rules: Mapping[str, Rules],
        route: Callable[[Command], None],
    ) -> None:
        self._numbers: TradeNumbers = facts.numbers
        accounts = {symbol: account_of(spec, live, symbol) for symbol in live.symbols}
        feed = str(live.feed.get("feed", ""))
        self.books: dict[str, Book] = {}
        for symbol, settings in accounts.items():
            source = sources.get(symbol, ("", False))
            words = Words(symbol, feed, source, facts.timeframes, host.stamp)
            self.books[symbol] = Book(
                host, facts, symbol, kinds, spec.strategy_ids, spec.strategy_params, spec.seed,
                settings, histories.get(symbol, {}), words,
            )  # fmt: skip
        first = accounts[live.symbols[0]]
        self.guard = Guard(live.limits, live.account_limits, spec.initial_capital)
        self.reporting = Reporting(
            host, facts.session, self.books, self.guard, spec.initial_capital, first.leverage
        )
        self.rules = dict(rules)
        self.desk: Desk | None = None
        if live.routed:
            venue = None
            if live.broker == "paper":
                venue = Venue(first, live.latency, live.participation)
                self.rules = dict.fromkeys(live.symbols, rules_of(first))
            self.desk = Desk(
                facts.session, self.books, self.rules, self.guard, venue, route, host.now
            )

        self.commands = Commands(host, self.books, self.guard, self.reporting, self.desk, live.keep)
        self.limiting = Limiting(host, self.commands, self.guard, self.reporting, facts.real_time)

    def save(self) -> dict[str, Any]:
        """Return all that is needed to go on."""
        return {
            "books": {symbol: book.save() for symbol, book in self.books.items()},
            "guard": self.guard.save(),
            "reporting": self.reporting.save(),
            "commands": self.commands.save(),
            "numbers": self._numbers.save(),
            "desk": None if self.desk is None else self.desk.save(),
        }

    def load(self, saved: Mapping[str, Any]) -> None:
        """Go on from there."""
        for symbol, book in self.books.items():
            book.load(saved["books"][symbol])
        self.guard.load(saved["guard"])
        self.reporting.load(saved["reporting"])
        self.commands.load(saved["commands"])
        self._numbers.load(saved["numbers"])
        if self.desk is not None:
            self.desk.load(saved["desk"])


def differences(given: Reconciled | Away, books: Mapping[str, Book], at: int) -> Iterator[Message]:
    """Say what was not at the broker as it was thought, each of the symbol it names.

    Or of each symbol that the process was not there to see it.
    """
    if isinstance(given, Away):
        since, back = iso_time(given.since), iso_time(given.at)
        text = f"The session's process was away from {since} to {back}: nobody decided meanwhile"
        for book in books.values():
            word = Word(at, book.symbol, book.words.state, text, PROCESS_AWAY)
            yield book.words.feed(word, since)
        return
    for text in given.differences:
        named = [one for symbol, one in books.items() if symbol in text]
        book = (named or list(books.values()))[0]
        yield book.words.feed(Word(at, book.symbol, book.words.state, text, "reconciled"))
