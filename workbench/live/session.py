"""A live session: what follows from what it is given, and nothing else."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, cast

from msgspec import UNSET

from workbench.data.bars import Bar
from workbench.data.candles import Candles
from workbench.engine.driving import Kinds
from workbench.engine.live_views import Refusal, Wanted
from workbench.engine.rules.layout import BY_COMMAND, BY_LIMIT, BY_SESSION, ENTRIES_PAUSED
from workbench.errors import InvalidRequest, WorkbenchError
from workbench.live.beginning import LiveSpec, account_of, status_of
from workbench.live.book import Book
from workbench.live.brokering import Command, Open, Rules
from workbench.live.desk import Desk
from workbench.live.gate import code_of, entry_of
from workbench.live.guard import Begun, Guard
from workbench.live.inputs import (
    Asked,
    Bars,
    Clock,
    Input,
    Missing,
    Others,
    Passed,
    Reconciled,
    Reported,
    Ticks,
    Word,
)
from workbench.live.reporting import Reporting
from workbench.live.risk import Broken
from workbench.live.telling import TradeNumbers, Words
from workbench.live.venue import Venue, rules_of
from workbench.messages import (
    Breach,
    BreachAction,
    Error,
    ErrorData,
    ErrorExtra,
    Message,
    Trade,
    iso_time,
)
from workbench.timeframes import DAY_MS, Timeframe

TOLD_EVERY_MS = 500
"""What grows, and the state of the account within a candle, is told so often at most."""
LATE_MS = 5_000
"""So long after a candle should have closed, the equity is told without the symbols that lack."""


class Session:
    """Strategies on symbols as their prices come.

    Parameters
    ----------
    spec
        What was asked for; its `live` is set.
    session_id
        Its id.
    kinds
        The strategies' classes.
    histories
        Closed candles from before, by symbol and timeframe.
    sources
        By symbol: where prices come from, for people, and whether they never traded.
    real_time
        Whether feeds go by the clock.
    rules
        What the venue allows, by symbol.
    emit, route
        Take the messages, and the commands to the broker.

    Attributes
    ----------
    ended
        Whether the last message has been emitted.
    books
        By symbol.

    Raises
    ------
    InvalidRequest
        The run is no live session, or what was asked for cannot be.
    """

    def __init__(
        self, spec: LiveSpec, session_id: str, kinds: Kinds,
        histories: Mapping[str, Mapping[str, Candles]], *,
        sources: Mapping[str, tuple[str, bool]], real_time: bool,
        rules: Mapping[str, Rules] | None = None,
        emit: Callable[[Message], None], route: Callable[[Command], None],
    ) -> None:  # fmt: skip
        live = spec.live
        if live is None:
            text = f"{session_id} is no live session: its spec has no live part"
            raise InvalidRequest(text, field="live", value=None, allowed="LiveSettings")
        self.session, self.broker = session_id, live.exchange or live.broker
        self.routed, self.real_time = live.routed, real_time
        self.numbers, self.several = TradeNumbers(), len(live.symbols) > 1
        self.timeframes = sorted(spec.timeframes, key=Timeframe.parse)
        self.at = 0
        self.ended = False
        self._spec, self._live, self._emit = spec, live, emit
        self._base_ms = Timeframe.parse(self.timeframes[0]).ms
        feed = str(live.feed.get("feed", ""))
        self.books = {
            symbol: Book(
                self, self, symbol, kinds, spec.strategy_ids, spec.strategy_params, spec.seed,
                account_of(spec, live, symbol), histories.get(symbol, {}),
                Words(symbol, feed, sources.get(symbol, ("", False)), self.timeframes, self.stamp),
            )
            for symbol in live.symbols
        }  # fmt: skip
        self._histories, self._sources, self._rules = histories, sources, dict(rules or {})
        capital = spec.initial_capital
        first = account_of(spec, live, live.symbols[0])
        self._guard = Guard(live.limits, live.account_limits, capital)
        self._reporting = Reporting(
            self, session_id, self.books, self._guard, capital, first.leverage
        )
        self._desk: Desk | None = None
        if live.routed:
            venue = None
            if live.broker == "paper":
                venue = Venue(first, live.latency, live.participation)
                self._rules = {symbol: rules_of(first) for symbol in live.symbols}
            self._desk = Desk(
                session_id, self.books, self._rules, self._guard, venue, route, self.now
            )
        self._market = 0
        self._day: int | None = None
        self._due: int | None = None
        self._last: int | None = None
        self._told = 0
        self._ending: Literal["complete", "stopped"] | WorkbenchError | None = None
        self._keep = False
        self._over: list[str] = []

    # --- what it is given -------------------------------------------------------------

    def begin(self, at: int) -> None:
        """Begin, at epoch ms `at`: tell what it is, and the candles from before."""
        self.at = at
        status = status_of(
            self.session, self._spec, self._live, self._histories, self._sources, self.real_time,
            self._rules, self.timeframes, self.stamp(),
        )  # fmt: skip
        self.emit(status)
        for book in self.books.values():
            book.begin()
        if self.real_time:
            self._day = at // DAY_MS
        self._state()

    def take(self, given: Input) -> None:
        """Take what comes next; after the end nothing has an effect."""
        if self.ended:
            return
        self.at = max(self.at, given.at)
        try:
            self._take(given)
            self._after()
        except WorkbenchError as error:
            self._fail(error)
        self._finish()

    def _take(self, given: Input) -> None:
        match given:
            case Ticks():
                book = self.books[given.symbol]
                for time, price, size, number in given.trades:
                    book.trade(time, price, size, number)
                    if self._desk is not None:
                        self._desk.trade(book, time, price, size, self.at)
            case Bars():
                book = self.books[given.symbol]
                for time, opened, high, low, close, volume, closed in given.bars:
                    book.bar(Bar(time, opened, high, low, close, volume), closed, given.origin)
                    if self._desk is not None:
                        self._desk.trade(book, book.time, close, volume, self.at)
            case Passed():
                book = self.books[given.symbol]
                book.passed(given.time)
                if self._desk is not None:
                    self._desk.passed(book, given.time, self.at)
            case Word():
                self.emit(self.books[given.symbol].words.feed(given))
                if given.state == "ended":
                    self._over_with(given.symbol)
            case Missing():
                book = self.books[given.symbol]
                if given.what == "candles" and not given.filled:
                    book.lack(given.start, given.end)
                self.emit(book.words.gap(given))
            case Asked():
                self._obey(given)
            case Others():
                self._guard.others = given
            case Reported():
                if self._desk is not None:
                    self._desk.report(given)
            case Reconciled():
                for book in self.books.values():
                    for text in given.differences:
                        if book.symbol in text or not self.several:
                            word = Word(self.at, book.symbol, book.words.state, text, "reconciled")
                            self.emit(book.words.feed(word))
            case Clock():
                pass

    def _after(self) -> None:
        """See what the input has left to be done."""
        if self.real_time:
            self.moved(self.at)
        due = self._due
        if due is not None and self._may_close(due):
            self._close(due)
        self._look()
        if self._desk is not None:
            for book in self.books.values():
                self._desk.late(book)
        if self.at - self._told >= TOLD_EVERY_MS:
            for book in self.books.values():
                book.grown()
                book.settle(tell_prices=True)
            self._state()

    def _may_close(self, due: int) -> bool:
        end = due + self._base_ms
        if all(one.aggregator.time >= end for one in self.books.values()):
            return True
        return self.real_time and self.at >= end + LATE_MS

    # --- commands ---------------------------------------------------------------------

    def _obey(self, asked: Asked) -> None:
        match asked.action:
            case "pause_entries":
                self._guard.paused = True
                self._cancel_entries(ENTRIES_PAUSED)
            case "resume_entries":
                self._guard.resume(self._reporting.equity())
            case "flatten":
                self._guard.paused = True
                self._flatten(BY_COMMAND)
            case "stop":
                self._end("stopped", self._live.keep)
            case _:
                return  # the process holds back or lets go what it gives
        self._state()

    def _over_with(self, symbol: str) -> None:
        """Know that the feed of a symbol has ended; with the last one, the session has."""
        if symbol not in self._over:
            self._over.append(symbol)
        if len(self._over) == len(self.books):
            self._end("complete", False)

    def _fail(self, error: WorkbenchError) -> None:
        """End because of what went wrong: nothing is left that nobody looks after."""
        if self._ending is None or not isinstance(self._ending, WorkbenchError):
            self._end(error, False)

    def _end(self, how: Literal["complete", "stopped"] | WorkbenchError, keep: bool) -> None:
        if self._due is not None:
            self._close(self._due)
        self._ending, self._keep, self._guard.paused = how, keep, True
        if keep:
            self._cancel_entries(ENTRIES_PAUSED)
        else:
            self._flatten(BY_SESSION)

    def _flatten(self, code: int) -> None:
        for book in self.books.values():
            book.engine.flatten(code)
            self.settle(book)

    def _cancel_entries(self, code: int, wanted: float = 0.0, had: float = 0.0) -> None:
        for book in self.books.values():
            for one in book.engine.orders():
                if one.kind == "entry":
                    book.engine.refuse(one.order, code, wanted, had)
            self.settle(book)

    def _finish(self) -> None:
        """Tell that it has ended, once nothing is left to come."""
        how = self._ending
        if how is None or (self._desk is not None and not self._desk.idle):
            return
        if not self._keep and any(one.engine.positions() for one in self.books.values()):
            return
        self.ended = True
        self._reporting.end(self._last)
        self._state()
        if isinstance(how, WorkbenchError):
            data, extra = ErrorData(how.message, how.details), ErrorExtra(how.code)
            self.emit(Error(self.stamp(), data=data, extra=extra))
        else:
            self._reporting.complete(how)

    # --- what its books ask -----------------------------------------------------------

    def stamp(self) -> str:
        """Return the timestamp of messages: of the input that brought them about."""
        seconds, milliseconds = divmod(self.at, 1000)
        return f"{iso_time(1000 * seconds)[:-1]}.{milliseconds:03d}Z"

    def emit(self, message: Message) -> None:
        """Take a message."""
        if isinstance(message, Trade):
            self._reporting.traded(message)
        self._emit(message)

    def now(self) -> int:
        """Return the time orders and days are counted by: the clock's, or the market's."""
        return self.at if self.real_time else self._market

    def moved(self, time: int) -> None:
        """Hear that market time (epoch ms) has come so far: a day may have begun."""
        self._market = max(self._market, time)
        day = self.now() // DAY_MS
        if self._day is not None and day > self._day:
            self._reporting.new_day()
            self._guard.new_day()
        self._day = day

    def closing(self, time: int) -> None:
        """Tell the equity of the candle before, where a symbol has kept it waiting."""
        if self._due is not None and time > self._due:
            self._close(self._due)

    def closed(self, book: Book, time: int) -> None:
        """See what the close of a candle has brought."""
        if self._desk is not None:
            self._desk.decided(book, self.at)
        self._due = time if self._due is None else max(self._due, time)
        if self._may_close(self._due):
            self._close(self._due)
        self.moved(book.time)
        self._look()

    def priced(self, book: Book) -> None:
        """See what another price has brought."""
        self._look()

    def filled(self, book: Book, row: Sequence[float], closed: bool) -> None:
        """Take a fill."""
        self._reporting.filled(row, closed)
        if closed:
            self._reporting.metrics()

    def settle(self, book: Book) -> None:
        """Tell what a command has brought, and send it on."""
        book.settle()
        if self._desk is not None:
            self._desk.decided(book, self.at)

    def admit(self, book: Book, wanted: Wanted) -> Refusal | None:
        """Say whether an entry may be ordered; one that may not is told of."""
        if self._guard.paused:
            return ENTRIES_PAUSED, 0.0, 0.0
        standing, entry = entry_of(self._reporting.standing(), book, wanted, self)
        broken = self._guard.admit(standing, entry)
        if broken is None:
            self._guard.gave(self.now())
            return None
        book.ledger.refused[wanted.order] = broken
        self._breach(broken, "reject", book.ledger.trades.signal_id(wanted.order))
        return code_of(broken), broken.value, broken.allowed

    # --- limits -----------------------------------------------------------------------

    def _look(self) -> None:
        """Look at the limits that the market can breach."""
        if not self._guard.watching or self._ending is not None:
            return
        for begun in self._guard.look(self._reporting.standing()):
            self._act(begun)

    def _act(self, begun: Begun) -> None:
        broken = begun.broken
        self._breach(broken, begun.action, None)
        if begun.action == "flatten":
            self._flatten(BY_LIMIT)
        elif not broken.limit.endswith("stale_after"):
            self._cancel_entries(code_of(broken), broken.value, broken.allowed)

    def _breach(self, broken: Broken, action: BreachAction, order_id: str | None) -> None:
        breach = Breach(
            broken.limit, broken.value, broken.allowed, action, broken.message,
            UNSET if broken.symbol is None else broken.symbol,
            UNSET if order_id is None else order_id,
        )  # fmt: skip
        self._reporting.risk(self._time(), breach)

    # --- what it has come to ----------------------------------------------------------

    def orders_open(self) -> list[Open]:
        """Return the orders that are not final at the broker."""
        return [] if self._desk is None else self._desk.open()

    def held(self) -> dict[str, float]:
        """Return signed units by symbol."""
        if self._desk is not None:
            return self._desk.held()
        accounts = {symbol: one.engine.account() for symbol, one in self.books.items()}
        return {symbol: one.longs - one.shorts for symbol, one in accounts.items()}

    def own(self) -> Others:
        """Return what this session has come to, for the others of its account."""
        now = self._reporting.standing()
        return Others(
            self.at, now.equity, now.exposure, -now.loss, now.open_orders, now.orders,
            {symbol: one.held for symbol, one in now.symbols.items()}, self._guard.peak,
        )  # fmt: skip

    def _close(self, time: int) -> None:
        self._due, self._last = None, time
        self._reporting.close(time)
        self._state()

    def _state(self) -> None:
        self._told = self.at
        self._reporting.state(self._time())

    def _time(self) -> int:
        return self._market or self.at
