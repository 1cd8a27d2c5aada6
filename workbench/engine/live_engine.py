"""A backtest's account on a market that grows: candles come, orders fill, strategies decide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.data.bars import Bar
from workbench.data.candles import Candles
from workbench.engine.driving import Kinds
from workbench.engine.listening import Reader
from workbench.engine.live_views import Gate, HeldPosition, LiveAccount, WaitingOrder
from workbench.engine.metrics import Performance
from workbench.engine.settings import Settings


class LiveEngine:
    """Runs strategies over candles as they come; the results are those of a `BacktestEngine`.

    Candles are given by `candle` (whole), `candles` (many whole ones), or in parts: `begin`, any
    number of `within`, `end`. Candles of longer timeframes are given to `join` (or to `end`)
    before the candle of the shortest with whose close they are to be seen.

    Parameters
    ----------
    strategy
        The class, or several that share the account.
    history
        Closed candles by timeframe, the shortest is stepped on. They give indicators their values;
        nothing is traded on them. A timeframe may have none yet.
    strategy_params, settings, seed, names
        As of `BacktestEngine`.
    routed
        Orders are filled by a venue, told by `fill`, `fill_exit` and `refuse`, not by the rules.
    gate
        Looks at each entry at the close it was decided at.

    Attributes
    ----------
    listener
        Told at once, before the call returns: `wrote(row)` for each entry, exit and end of an order
        (rows as in `rules/layout.py`), `marked()` after each close, with the engine as it stood
        then.
    performance
        Running metrics, fed at each close.
    bar
        Candles closed, history included: the index of the next one.
    first
        Index of the session's first candle: how many the history had.
    strategies, names, timeframes, initial_capital, balance, open_positions, filled
        As of `BacktestEngine`.
    reason
        Says why an order was placed, see `workbench.engine.story.Reasons`; asked in `wrote`.
    warm
        Whether `next` has been called: every indicator has a value.
    """

    listener: Reader | None
    performance: Performance

    def __init__(
        self,
        strategy: Kinds,
        history: Mapping[str, Candles],
        *,
        strategy_params: Mapping[str, Any] | None = None,
        settings: Settings | None = None,
        seed: int | None = None,
        names: Sequence[str] | None = None,
        routed: bool = False,
        gate: Gate | None = None,
    ) -> None:
        raise NotImplementedError

    def begin(self, time: int, bid: float, ask: float | None = None) -> None:
        """Open a candle of the shortest timeframe: what is due at its open fills now.

        Parameters
        ----------
        time
            Its open time, epoch ms, UTC.
        bid, ask
            The first price; the ask is the bid plus ``settings.spread`` when left out.

        Raises
        ------
        InvalidRequest
            The settings need candles as a whole, see `needs_whole`.
        """
        raise NotImplementedError

    def within(self, bid: Bar, ask: Bar | None = None) -> None:
        """Take the next part of the candle, such as a trade (open = high = low = close).

        Stops, targets, limits and trails are looked at now; `time` and `volume` do not count.
        """
        raise NotImplementedError

    def join(self, timeframe: str, bar: Bar) -> None:
        """Take a closed candle of a longer timeframe; it is seen from the next `end` on."""
        raise NotImplementedError

    def end(
        self, bar: Bar, longer: Mapping[str, Bar] | None = None, ask: Bar | None = None
    ) -> None:
        """Close the candle: it and the longer ones are seen, and the strategies decide.

        What no part has told of it (a high or low beyond theirs, another close; without any part,
        all of it) is taken as its last part.

        Raises
        ------
        StrategyError
            `next` raised, or an indicator.
        """
        raise NotImplementedError

    def candle(
        self, bar: Bar, longer: Mapping[str, Bar] | None = None, ask: Bar | None = None
    ) -> None:
        """Take a whole candle: the same to the last bit as a step of a backtest."""
        raise NotImplementedError

    def candles(
        self,
        bars: Candles | Sequence[Bar],
        longer: Mapping[str, Candles | Sequence[Bar]] | None = None,
    ) -> None:
        """Take many whole candles: the same as one by one, at about a backtest's speed.

        Longer ones are seen with the first close at or after their end.
        """
        raise NotImplementedError

    def flatten(self, code: int, price: tuple[float, float] | None = None) -> None:
        """Close all that is held at the last prices, as market orders, and end all orders.

        Parameters
        ----------
        code
            Why, of `rules/layout.py`: `BY_COMMAND`, `BY_LIMIT` or `BY_SESSION`.
        price
            Bid and ask to close at; the last ones when left out.
        """
        raise NotImplementedError

    def orders(self) -> list[WaitingOrder]:
        """Return the orders that wait, the oldest first."""
        raise NotImplementedError

    def positions(self) -> list[HeldPosition]:
        """Return the trades that are open, the oldest first."""
        raise NotImplementedError

    def account(self) -> LiveAccount:
        """Return the account at the last price."""
        raise NotImplementedError

    def save(self) -> bytes:
        """Return all that is needed to go on, the session's candles included; not the history."""
        raise NotImplementedError

    def load(self, saved: bytes) -> None:
        """Go on from where `save` was called, on an engine made with the same arguments."""
        raise NotImplementedError

    # --- where fills are routed ----------------------------------------------------------

    def fill(self, order: int, price: float, quantity: float, fee: float, done: bool) -> None:
        """Take what a venue has filled of an entry since the last report.

        Its fills make one position, at their average price. The row of the entry is written when
        the order is done (all filled, or nothing more will come).
        """
        raise NotImplementedError

    def fill_exit(
        self, trade: int, price: float, quantity: float, fee: float, code: int, *, order: int = 0,
        rung: int = 0, level: float | None = None, done: bool = True,
    ) -> None:  # fmt: skip
        """Take what a venue has closed of a trade since the last report.

        Parameters
        ----------
        code
            Why: `BY_SIGNAL` (of closing `order`), `BY_REVERSAL` (by entry `order`), `BY_STOP`,
            `BY_TARGET` (of number `rung`), ...; see `rules/layout.py`.
        level
            The stop or target it was meant at.
        done
            Nothing more will come of this exit: its row is written, with the average price; and a
            closing `order` is over.
        """
        raise NotImplementedError

    def refuse(self, order: int, code: int, wanted: float = 0.0, had: float = 0.0) -> None:
        """End an order that a venue has refused, cancelled or let expire.

        Where a part of it was filled, it ends as filled by that part.
        """
        raise NotImplementedError


def needs_whole(settings: Settings) -> str | None:
    """Return why an account needs candles as a whole (not trades one by one); None if it does not.

    It does where the rules look at the whole candle at its open: ``exits="touch"``, and slippage by
    volume (`impact`).
    """
    raise NotImplementedError
