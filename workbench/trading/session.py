"""A live session: what follows from what it is given, and nothing else."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Mapping, Sequence

from workbench.data.bars import Bar
from workbench.data.candles import Candles
from workbench.data.growing import Origin
from workbench.engine.driving import Kinds
from workbench.engine.live_views import Refusal, Wanted
from workbench.errors import InvalidRequest, WorkbenchError
from workbench.messages import Message, Trade, iso_stamp
from workbench.timeframes import DAY_MS, Timeframe
from workbench.trading.beginning import LiveSpec, start_of, status_of
from workbench.trading.book import Book
from workbench.trading.brokering import Command, Open, Rules
from workbench.trading.commands import How
from workbench.trading.hosting import Facts
from workbench.trading.inputs import (
    Asked,
    Away,
    Bars,
    Input,
    Missing,
    Others,
    Passed,
    Reconciled,
    Reported,
    Ticks,
    Word,
)  # fmt: skip
from workbench.trading.parts import Parts, differences
from workbench.trading.telling import TradeNumbers
from workbench.trading.telling_pace import told_every

LATE_MS = 5_000
"""After a candle should have closed, the equity waits so long for symbols that lack."""


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
            raise InvalidRequest("The run's spec has no live part", field="live", value=None)
        self._timeframes = sorted(spec.timeframes, key=Timeframe.parse)
        facts = Facts(
            session_id, live.exchange or live.broker, self._timeframes, live.routed, real_time,
            len(live.symbols) > 1, TradeNumbers(),
        )  # fmt: skip
        self.session, self._real_time = session_id, real_time
        self.at, self.ended = 0, False
        self._spec, self._live, self._emit = spec, live, emit
        self._base_ms = Timeframe.parse(self._timeframes[0]).ms
        self._every = told_every(self._base_ms, real_time)
        self._histories, self._sources = histories, sources
        self._parts = parts = Parts(
            self, spec, live, facts, kinds, histories, sources, rules or {}, route
        )
        self.books, self._desk, self._commands = parts.books, parts.desk, parts.commands
        self._guard, self._limiting, self._reporting = parts.guard, parts.limiting, parts.reporting
        self._market = 0
        self._day: int | None = None
        self._due: int | None = None
        self._last: int | None = None
        self._told = 0

    # --- what it is given -------------------------------------------------------------

    def begin(self, at: int) -> None:
        """Begin, at epoch ms `at`: tell what it is, and the candles from before."""
        self.at = at
        status = status_of(
            self.session, self._spec, self._live, self._histories, self._sources, self._real_time,
            self._parts.rules, self._timeframes, self.stamp(),
        )  # fmt: skip
        self.emit(status)
        for book in self.books.values():
            book.begin()
        if self._real_time:
            self._day = at // DAY_MS
        else:
            known = max(book.time for book in self.books.values())
            self._market = known or start_of(self._live)
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
            if not self._commands.failed:
                self._end(error)
        if self._commands.done():
            self.ended = True
            self._commands.tell(self._last)

    def _take(self, given: Input) -> None:
        match given:
            case Ticks():
                for trade in given.trades:
                    self._trade(self.books[given.symbol], *trade)
            case Bars():
                for *bar, closed in given.bars:
                    self._bar(self.books[given.symbol], Bar._make(bar), closed, given.origin)
            case Passed():
                book = self.books[given.symbol]
                book.passed(given.time)
                if self._desk is not None:
                    self._desk.passed(book, given.time, self.at)
            case Word():
                self.emit(self.books[given.symbol].said(given))
                if given.state == "ended" and self._commands.over(given.symbol):
                    self._end("complete")
            case Missing():
                book = self.books[given.symbol]
                if given.what == "candles" and not given.filled:
                    book.aggregator.lack(given.start, given.end)
                self.emit(book.words.gap(given))
            case Asked(action="stop"):
                self._end("stopped")
            case Asked():
                if self._commands.obey(given.action):
                    self._state()
            case Others():
                self._guard.others = given
            case Reported():
                if self._desk is not None:
                    self._desk.report(given)
            case Reconciled() | Away():
                for message in differences(given, self.books, self.at):
                    self.emit(message)

    def _trade(self, book: Book, time: int, price: float, size: float, number: int | None) -> None:
        if not self._commands.failed:
            book.trade(time, price, size, number)
        if self._desk is not None:
            self._desk.trade(book, time, price, size, self.at)
        self._grown()

    def _bar(self, book: Book, bar: Bar, closed: bool, origin: Origin) -> None:
        if not self._commands.failed:
            book.bar(bar, closed, origin)
        if self._desk is not None:
            self._desk.trade(book, book.time, bar.close, bar.volume, self.at)
        self._grown()

    def _end(self, how: How) -> None:
        if self._due is not None:
            self._close(self._due)
        self._commands.end(how)

    def _after(self) -> None:
        """See what the input has left to be done."""
        if self._real_time:
            self.moved(self.at)
        due = self._due
        if due is not None and self._may_close(due):
            self._close(due)
        self._limiting.look()
        if self._desk is not None:
            self._desk.late()
        self._grown()

    def _grown(self) -> None:
        """Tell what has grown, where that was not told for long."""
        if self.now() - self._told >= self._every:
            for book in self.books.values():
                book.grown()
                book.settle(tell_prices=True)
            self._state()

    def _may_close(self, due: int) -> bool:
        end = due + self._base_ms
        if all(one.aggregator.time >= end for one in self.books.values()):
            return True
        return self._real_time and self.at >= end + LATE_MS

    # --- what its books ask -----------------------------------------------------------

    def stamp(self) -> str:
        """Return the timestamp of messages: of the input that brought them about."""
        return iso_stamp(self.at)

    def emit(self, message: Message) -> None:
        """Take a message."""
        if isinstance(message, Trade):
            self._reporting.traded(message)
        self._emit(message)

    def now(self) -> int:
        """Return the time orders and days are counted by: the clock's, or the market's."""
        return self.at if self._real_time else self._market

    def moved(self, time: int) -> None:
        """Hear that market time (epoch ms) has come so far: a day may have begun."""
        self._market = max(self._market, time)
        day = self.now() // DAY_MS
        if self._day is not None and day > self._day:
            self._reporting.new_day()
            self._guard.new_day()
        self._day = day

    def closing(self, time: int) -> None:
        """Tell the equity of the candle before, where a symbol has kept it waiting.

        What is decided at a close is counted by its time; the day it ends is over after that.
        """
        if self._due is not None and time > self._due:
            self._close(self._due)
        self._market = max(self._market, time + self._base_ms)

    def closed(self, book: Book, time: int) -> None:
        """See what the close of a candle has brought."""
        if self._desk is not None:
            self._desk.decided(book, self.at)
        self._due = time if self._due is None else max(self._due, time)
        if self._may_close(self._due):
            self._close(self._due)
        self.moved(book.time)
        self._limiting.look()

    def priced(self, book: Book) -> None:
        """See what another price has brought."""
        self._limiting.look()

    def filled(self, book: Book, row: Sequence[float], closed: bool) -> None:
        """Take a fill."""
        self._reporting.filled(row, closed)
        self._told = min(self._told, self.now() - self._every)
        if closed:
            self._reporting.metrics()

    def may_close(self, time: int) -> bool:
        """Say whether one more closing order may be given at market time (epoch ms) `time`.

        If so it is counted.
        """
        now = self.at if self._real_time else time
        may = self._guard.may_close(now)
        if may:
            self._guard.gave(now)
        return may

    def admit(self, book: Book, wanted: Wanted) -> Refusal | None:
        """Say whether an entry may be ordered."""
        return self._limiting.admit(book, wanted)

    # --- what it has come to ----------------------------------------------------------

    def orders_open(self) -> list[Open]:
        """Return the orders that are not final at the broker."""
        return [] if self._desk is None else self._desk.open()

    def held(self) -> dict[str, float]:
        """Return signed units by symbol."""
        if self._desk is not None:
            return self._desk.held()
        accounts = self._reporting.accounts().items()
        return {symbol: one.longs - one.shorts for symbol, one in accounts}

    def own(self) -> Others:
        """Return what this session has come to, for the others of its account."""
        return self._reporting.own(self.at)

    def _close(self, time: int) -> None:
        self._due, self._last = None, time
        self._reporting.close(time)
        self._state()

    def _state(self) -> None:
        self._told = self.now()
        self._reporting.state(self.time())

    def time(self) -> int:
        """Return market time, epoch ms; the clock's before the first price."""
        return self._market or self.at

    def save(self) -> bytes:
        """Return all that is needed to go on.

        Raises
        ------
        TypeError
            A strategy keeps in an attribute what cannot be pickled.
        """
        kept = {name: getattr(self, name) for name in _KEPT}
        return pickle.dumps((kept, self._parts.save()))

    def load(self, saved: bytes) -> None:
        """Go on from where `save` was called, on a session made with the same arguments.

        What is saved is trusted: it is a pickle.
        """
        kept, parts = pickle.loads(saved)
        for name, value in kept.items():
            setattr(self, name, value)
        self._parts.load(parts)


_KEPT = ("at", "ended", "_market", "_day", "_due", "_last", "_told")
