"""What a session is told to do: close, cancel, let nothing in, end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from workbench.engine.rules.layout import BY_COMMAND, BY_SESSION, ENTRIES_PAUSED
from workbench.errors import InvalidOrder, WorkbenchError
from workbench.messages import Error, ErrorData, ErrorExtra
from workbench.trading.book import Book
from workbench.trading.desk import Desk
from workbench.trading.guard import Guard
from workbench.trading.hosting import Clocked
from workbench.trading.inputs import Asking
from workbench.trading.leaving import leave
from workbench.trading.reporting import Reporting

How = Literal["complete", "stopped"] | WorkbenchError


class Commands:
    """Carries out commands, and the end.

    Parameters
    ----------
    session
        The session.
    books, guard, reporting, desk
        Its parts.
    keep
        Whether `stop` keeps what is held.

    Attributes
    ----------
    how
        How the session is ending; None as long as it goes on.
    """

    def __init__(
        self,
        session: Clocked,
        books: Mapping[str, Book],
        guard: Guard,
        reporting: Reporting,
        desk: Desk | None,
        keep: bool,
    ) -> None:
        self.how: How | None = None
        self._session, self._books, self._guard = session, books, guard
        self._reporting, self._desk, self._keep = reporting, desk, keep
        self._over: list[str] = []

    @property
    def failed(self) -> bool:
        """Whether it is ending because something went wrong."""
        return isinstance(self.how, WorkbenchError)

    def obey(self, action: Asking) -> bool:
        """Carry out a command; tell whether it is one of these."""
        match action:
            case "pause_entries":
                self._guard.paused = True
                self.cancel_entries(ENTRIES_PAUSED)
            case "resume_entries":
                self._guard.resume(self._reporting.equity())
            case "flatten":
                self._guard.paused = True
                self.flatten(BY_COMMAND)
            case _:
                return False  # the process holds back or lets go what it gives
        return True

    def over(self, symbol: str) -> bool:
        """Know that the feed of a symbol has ended; tell whether all have."""
        if symbol not in self._over:
            self._over.append(symbol)
        return len(self._over) == len(self._books)

    def end(self, how: How) -> None:
        """Begin to end: nothing is left that nobody looks after."""
        self.how, self._guard.paused = how, True
        if self._keeps:
            self.cancel_entries(ENTRIES_PAUSED)
        else:
            # The end of what is replayed is that of its backtest.
            self.flatten(BY_SESSION, slips=how != "complete")
        if self._desk is not None:
            for symbol in self._over:
                self._desk.drain(self._books[symbol], self._session.at)

    def flatten(self, code: int, slips: bool = True) -> None:
        """Close all, cancel all; `code` is why, of `rules/layout.py`."""
        for book in self._books.values():
            if self._desk is not None:
                self._desk.flatten(book, code, self._session.at)
            else:
                book.engine.flatten(code, slips=slips)
                book.settle()

    def cancel_entries(self, code: int, wanted: float = 0.0, had: float = 0.0) -> None:
        """End all entries that wait; `code` is why, of `rules/layout.py`."""
        for book in self._books.values():
            if self._desk is not None:
                self._desk.take_back(book, code, wanted, had, self._session.at)
            else:
                book.engine.end_entries(code, wanted, had)
                book.settle()

    def done(self) -> bool:
        """Tell whether it has ended: nothing is left to come."""
        if self.how is None or (self._desk is not None and not self._desk.idle(self._keeps)):
            return False
        return self._keeps or not any(one.engine.positions() for one in self._books.values())

    def tell(self, last: int | None) -> None:
        """Tell the end; `last` is the open time (epoch ms) of the last candles that closed."""
        reporting, how = self._reporting, self.how
        for book in self._books.values() if self._keeps else ():
            leave(book, self._desk)
        reporting.end(last)
        reporting.state(self._session.time())
        if isinstance(how, WorkbenchError):
            data, extra = ErrorData(_last_words(how), how.details), ErrorExtra(how.code)
            reporting.teller.emit(Error(reporting.teller.stamp(), data=data, extra=extra))
        elif how is not None:
            reporting.complete(how)

    def save(self) -> Any:
        """Return all that is needed to go on."""
        return self.how, list(self._over)

    def load(self, saved: Any) -> None:
        """Go on from there."""
        self.how, self._over = saved

    @property
    def _keeps(self) -> bool:
        return self._keep and self.how == "stopped"


def _last_words(error: WorkbenchError) -> str:
    """Return what a failed session ends with: what has become of it, and what to do."""
    text = f"{error.message}. What the session held is closed, and it has ended"
    if error.details.get("exception") == InvalidOrder.__name__:
        text += (
            ", as its backtest does at such an order. To have the order refused and go on, catch "
            "InvalidOrder in next(): a backtest does the same then"
        )
    return text
