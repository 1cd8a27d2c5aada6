"""How a session ends: nothing is left that nobody looks after, and all is told."""

from __future__ import annotations

from typing import Literal

from workbench.errors import WorkbenchError
from workbench.live.reporting import Reporting
from workbench.messages import Error, ErrorData, ErrorExtra

How = Literal["complete", "stopped"] | WorkbenchError


class Ending:
    """The end of a session, as far as it has come.

    Attributes
    ----------
    how
        None as long as it goes on.
    keep
        Whether what is held is kept.
    """

    def __init__(self, symbols: int) -> None:
        self.how: How | None = None
        self.keep = False
        self._symbols = symbols
        self._over: list[str] = []

    def over(self, symbol: str) -> bool:
        """Know that the feed of a symbol has ended; tell whether all have."""
        if symbol not in self._over:
            self._over.append(symbol)
        return len(self._over) == self._symbols

    def tell(self, reporting: Reporting, last: int | None, time: int) -> None:
        """Tell the end.

        Parameters
        ----------
        reporting
            The session's sums.
        last
            Open time of the last candles that closed, epoch ms.
        time
            Market time, epoch ms.
        """
        reporting.end(last)
        reporting.state(time)
        if isinstance(self.how, WorkbenchError):
            data = ErrorData(self.how.message, self.how.details)
            stamp = reporting.teller.stamp()
            reporting.teller.emit(Error(stamp, data=data, extra=ErrorExtra(self.how.code)))
        elif self.how is not None:
            reporting.complete(self.how)
