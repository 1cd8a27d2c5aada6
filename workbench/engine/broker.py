"""The book of a run whose strategies are Python: the rules of docs/fills.md over lists."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, nan
from typing import Any

from workbench.engine.account import account_row, settings_row
from workbench.engine.orders import Rung
from workbench.engine.rules.book import end_order
from workbench.engine.rules.candle import finish, process, refresh, settle
from workbench.engine.rules.costs import on_grid
from workbench.engine.rules.layout import *
from workbench.engine.settings import Settings
from workbench.messages import Reasoning

NO_RUNGS = [0.0] * RUNGS


class Broker:
    """One account, over the columns of one market.

    Parameters
    ----------
    market
        Columns as `workbench.engine.rules.layout` names them, of plain floats.
    settings
        Of the account.

    Attributes
    ----------
    settings
        As given.
    a
        The account's row.
    reasons
        Why each order that is not done was placed, by its number.
    fresh
        Not empty when an order was placed since the last candle.
    """

    def __init__(self, market: tuple[Any, ...], settings: Settings) -> None:
        self.settings = settings
        self.market = market
        self.a = account_row(settings)
        self.p = settings_row(settings)
        self._orders: list[list[float]] = []
        self._queue: list[int] = []
        self._positions: list[list[float]] = []
        self._held: list[int] = []
        self._events: list[list[float]] = []
        self.world = (
            self.p, self.a, self._orders, self._queue, self._positions, self._held, self._events,
        )  # fmt: skip
        self.reasons: dict[int, Reasoning] = {}
        self.fresh: list[int] = []
        self.at_close = self.p[S_AT_CLOSE] > 0.0

    # --- what a strategy does -----------------------------------------------------------

    def enter(
        self, strategy: int, sign: float, bar: int, reasoning: Reasoning, *, equity: float,
        quantity: float = nan, fraction: float = nan, risk: float = nan, limit: float = nan,
        stop: float = nan, expires: float = inf, stop_loss: float = nan, trail: float = nan,
        break_even: float = 0.0, bars: float = inf, ladder: Sequence[Rung] = (),
    ) -> int:  # fmt: skip
        """Place an entry at the close of candle `bar`; return its number."""
        p = self.p
        close = self.market[M_CLOSE][bar]
        if p[S_TICK] > 0.0:
            limit, stop, stop_loss = on_grid(p, limit), on_grid(p, stop), on_grid(p, stop_loss)
            ladder = [Rung(on_grid(p, rung.price), rung.weight) for rung in ladder]
        row = [
            0.0, strategy, ENTRY, sign, bar, close, equity, quantity, fraction, risk, limit, stop,
            bar + expires, stop_loss, trail, break_even, bars, 1.0, 0.0, len(ladder),
        ]  # fmt: skip
        if ladder:
            free = NO_RUNGS[len(ladder) :]
            row += [rung.price for rung in ladder] + free
            row += [rung.weight for rung in ladder] + free
        else:
            row += NO_RUNGS
            row += NO_RUNGS
        return self._place(row, reasoning)

    def close(self, strategy: int, bar: int, part: float, trade: float, why: Reasoning) -> int:
        """Place an order that closes a part of a trade, or of all (0); return its number."""
        row = [0.0, strategy, CLOSE, 0.0, bar, 0.0, 0.0, *[nan] * 5, inf, nan, nan, 0.0, inf]
        row += [part, trade, 0.0]
        return self._place(row + NO_RUNGS + NO_RUNGS, why)

    def decline(self, strategy: int, bar: int, why: Reasoning) -> None:
        """Note what a strategy looked at and left."""
        row = [0.0, strategy, ENTRY, 0.0, bar, *[nan] * (ORDER_WIDTH - 5)]
        self._place(row, why)
        self.end(int(self.a[ORDERS]) - 1, bar, DECLINED)

    def waiting(self, number: int) -> int | None:
        """Return the place of an order in the queue, None when it is done."""
        for k in range(int(self.a[ORDERS])):
            if self._orders[self._queue[k]][O_ID] == number:
                return k
        return None

    def orders(self, strategy: int) -> list[list[float]]:
        """Return the rows of a strategy's waiting orders, the oldest first."""
        rows = [self._orders[self._queue[k]] for k in range(int(self.a[ORDERS]))]
        return [row for row in rows if row[O_STRATEGY] == strategy]

    def end(self, k: int, bar: int, code: int, level: float = 0.0, seen: float = 0.0) -> None:
        """Take the k-th waiting order out of the book."""
        self._room()
        end_order(self.world, bar, k, code, level, seen)
        self.fresh.append(0)  # the levels have changed

    def positions(self, strategy: int) -> list[list[float]]:
        """Return the rows of a strategy's open positions, the oldest first."""
        count = int(self.a[POSITIONS])
        if not count:
            return []
        rows = [self._positions[slot] for slot in self._held[:count]]
        return [row for row in rows if row[P_STRATEGY] == strategy]

    def move_stop(self, row: list[float], price: float, trail: float) -> None:
        """Set a position's stop and trail."""
        row[P_STOP] = on_grid(self.p, price)
        row[P_TRAIL] = trail
        row[P_MOVED] = 0.0
        refresh(self.world)
        self.fresh.append(0)

    def equity(self, bar: int) -> float:
        """Return balance and unrealised profit at the close of candle `bar`."""
        a, m = self.a, self.market
        worth: float = a[OFFSET] + a[LONGS] * m[M_CLOSE][bar] - a[SHORTS] * m[M_ASK_CLOSE][bar]
        return worth

    # --- what happens to it -------------------------------------------------------------

    def process(self, bar: int) -> None:
        """Take the account through candle `bar`."""
        self._room()
        process(self.world, self.market, bar)
        self.fresh.clear()

    def settle(self, bar: int) -> None:
        """Fill market orders at the close of candle `bar`."""
        self._room()
        settle(self.world, self.market, bar)
        self.fresh.clear()

    def finish(self, bar: int) -> None:
        """Close everything at the close of candle `bar`."""
        self._room()
        finish(self.world, self.market, bar)

    def take(self) -> list[list[float]]:
        """Return the rows of what has happened and was not taken yet, in order."""
        count = int(self.a[EVENTS])
        if not count:
            return []
        rows = self._events[:count]
        del self._events[:count]
        self.a[EVENTS] = 0.0
        return rows

    # --- bookkeeping ----------------------------------------------------------------------

    def _place(self, row: list[float], reasoning: Reasoning) -> int:
        a = self.a
        a[SIGNALS] += 1.0
        number = int(a[SIGNALS])
        row[O_ID] = number
        count = int(a[ORDERS])
        if count == len(self._orders):
            self._orders.append(row)
            self._queue.append(count)
        else:
            self._orders[self._queue[count]] = row
        a[ORDERS] += 1.0
        a[FRESH] = 1.0
        self.reasons[number] = reasoning
        self.fresh.append(number)
        if count >= WORKING:
            self.end(count, int(row[O_BAR]), TOO_MANY_ORDERS, WORKING, count)
        return number

    def _room(self) -> None:
        """Make room for all that one candle can bring."""
        a = self.a
        orders, positions = int(a[ORDERS]), int(a[POSITIONS])
        while len(self._positions) < positions + orders:
            self._held.append(len(self._positions))
            self._positions.append([0.0] * POSITION_WIDTH)
        need = int(a[EVENTS]) + 2 * (orders + 1) + (orders + positions) * (RUNGS + 2)
        for _ in range(need - len(self._events)):
            self._events.append([0.0] * EVENT_WIDTH)
