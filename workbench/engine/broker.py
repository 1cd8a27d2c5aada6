"""The book of a run whose strategies are Python: the rules of docs/fills.md over lists."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, nan
from typing import Any

from workbench.engine.account import account_row, settings_row
from workbench.engine.orders import Rung
from workbench.engine.rules.book import end_order
from workbench.engine.rules.candle import finish, process, settle
from workbench.engine.rules.layout import *
from workbench.engine.rules.placing import (
    cancel,
    equity,
    move_stop,
    place_close,
    place_entry,
)
from workbench.engine.settings import Settings
from workbench.messages import Reasoning


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
        self, strategy: int, sign: float, bar: int, reasoning: Reasoning, *,
        quantity: float = nan, fraction: float = nan, risk: float = nan, limit: float = nan,
        stop: float = nan, expires: float = inf, stop_loss: float = nan, trail: float = nan,
        break_even: float = 0.0, bars: float = inf, ladder: Sequence[Rung] = (),
    ) -> int:  # fmt: skip
        """Place an entry at the close of candle `bar`; return its number."""
        self._row()
        prices, weights = [rung.price for rung in ladder], [rung.weight for rung in ladder]
        place_entry(
            self.world, self.market, bar, strategy, sign, quantity, fraction, risk, limit, stop,
            expires, stop_loss, trail, break_even, bars, len(ladder), prices, weights,
        )  # fmt: skip
        return self._placed(reasoning)

    def close(self, strategy: int, bar: int, part: float, trade: float, why: Reasoning) -> None:
        """Place an order that closes a part of a trade, or of all (0), if there is one."""
        self._row()
        if place_close(self.world, self.market, bar, strategy, part, trade):
            self._placed(why)

    def decline(self, strategy: int, bar: int, why: Reasoning) -> None:
        """Note what a strategy looked at and left."""
        self.enter(strategy, 0.0, bar, why)
        end_order(self.world, bar, int(self.a[ORDERS]) - 1, DECLINED, 0.0, 0.0)

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

    def cancel(self, strategy: int, bar: int, order: float = 0.0) -> int:
        """Cancel a waiting order, or all entries that wait (0); return how many there were."""
        self._room()
        self.fresh.append(0)  # the levels change
        return cancel(self.world, bar, strategy, order)

    def positions(self, strategy: int) -> list[list[float]]:
        """Return the rows of a strategy's open positions, the oldest first."""
        count = int(self.a[POSITIONS])
        if not count:
            return []
        positions = self._positions
        return [
            row for slot in self._held[:count] if (row := positions[slot])[P_STRATEGY] == strategy
        ]

    def move_stop(self, strategy: int, row: list[float], price: float) -> None:
        """Set a position's stop."""
        move_stop(self.world, strategy, row[P_TRADE], price)
        self.fresh.append(0)

    def equity(self, bar: int) -> float:
        """Return balance and unrealised profit at the close of candle `bar`."""
        return equity(self.world, self.market, bar)

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

    def _row(self) -> None:
        """Make room for an order."""
        if int(self.a[ORDERS]) == len(self._orders):
            self._queue.append(len(self._orders))
            self._orders.append([0.0] * ORDER_WIDTH)
        if self.a[ORDERS] >= WORKING or int(self.a[EVENTS]) + 2 > len(self._events):
            self._room()

    def _placed(self, reasoning: Reasoning) -> int:
        number = int(self.a[SIGNALS])
        self.reasons[number] = reasoning
        self.fresh.append(number)
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
