"""A session that does not do the same again: what it buys is drawn anew by each process."""

from __future__ import annotations

import os

from counting_session import EVERY, CountingSession


class DiceySession(CountingSession):
    """Buys at candles that nobody can foretell."""

    def _close(self, symbol, time, prices, at):
        # Of seven candles in a row, one; which, is up to the dice.
        if self.state.candles % EVERY == 0:
            self._chosen = os.urandom(1)[0] % EVERY
        super()._close(symbol, time, prices, at)
        if self.state.candles % EVERY == getattr(self, "_chosen", 0):
            self._order(f"dice-{self.state.candles}", symbol, "filled", 1.0, at)

    def save(self):
        # All that was given is given again, from the beginning.
        raise TypeError("cannot be kept")
