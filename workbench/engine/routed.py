"""The book of orders that a venue fills: its reports make positions and rows of events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.engine.broker import Broker
from workbench.engine.routed_rows import Exit, entry_row, exit_row
from workbench.engine.rules.book import drop, end_order, totals
from workbench.engine.rules.costs import on_grid
from workbench.engine.rules.entering import enter_row
from workbench.engine.rules.layout import (
    BALANCE,
    BY_BREAK_EVEN,
    BY_TARGET,
    BY_TRAIL,
    CLOSE,
    ENTRY,
    EVENT_WIDTH,
    EVENTS,
    O_BAR,
    O_ID,
    O_KIND,
    O_STRATEGY,
    O_TRADE,
    ORDERS,
    P_AT,
    P_BAR,
    P_BEST,
    P_BREAK_EVEN,
    P_COMMISSION,
    P_HIGH,
    P_LOW,
    P_MOVED,
    P_NEXT,
    P_PRICE,
    P_QUANTITY,
    P_REMAINING,
    P_SIGN,
    P_STOP,
    P_TRADE,
    P_TRAIL,
    POSITION_CLOSED,
    POSITIONS,
    S_TICK,
    VENUE_REFUSED,
)  # fmt: skip
from workbench.engine.settings import Settings
from workbench.errors import InvalidOrder


class RoutedBroker(Broker):
    """A `Broker` whose orders are filled by reports.

    What a strategy takes back waits until the venue says that it is gone. Positions that stand
    against an entry are closed by reports, too.

    Attributes
    ----------
    cancelling
        Orders that were taken back.
    filled
        Of entries that are filled in part: their trade.
    exits
        By trade: what has been closed of it and is not told, in order.
    closed
        Of closing orders: the trades they are done with.
    """

    def __init__(self, market: tuple[Any, ...], settings: Settings) -> None:
        super().__init__(market, settings)
        self.cancelling: set[int] = set()
        self.filled: dict[int, float] = {}
        self.exits: dict[float, list[Exit]] = {}
        self.closed: dict[int, set[float]] = {}
        self.at_close = False  # a venue fills when it does

    def cancel(self, strategy: int, bar: int, order: float = 0.0) -> int:
        """Ask for a waiting order, or all entries that wait (0), to be taken back."""
        asked = {
            int(row[O_ID])
            for row in self.orders(strategy)
            if row[O_ID] == order or (order == 0.0 and row[O_KIND] == ENTRY)
        }
        count = len(asked - self.cancelling)
        self.cancelling |= asked
        return count

    # --- entries --------------------------------------------------------------------------

    def fill(
        self, bar: int, order: int, price: float, quantity: float, fee: float, done: bool
    ) -> None:
        """Take what has been filled of an entry since the last report."""
        k = self._place(order)
        if quantity > 0.0:
            trade = self.filled.get(order)
            if trade is None:
                self._open(bar, k, price, quantity, fee)
            else:
                self._add(self._position(trade), price, quantity, fee)
        elif fee and order in self.filled:
            self._position(self.filled[order])[P_COMMISSION] += fee
            self.a[BALANCE] -= fee
        totals(self.world)
        if done:
            self._end(bar, order, k, VENUE_REFUSED, 0.0, 0.0)

    def refuse(self, bar: int, order: int, code: int, wanted: float, had: float) -> None:
        """End an order of which nothing more will come."""
        self._end(bar, order, self._place(order), code, wanted, had)

    def _end(self, bar: int, order: int, k: int, code: int, wanted: float, had: float) -> None:
        """Take an order out of the book; as filled where something of it was."""
        self.cancelling.discard(order)
        trade, closed = self.filled.pop(order, None), self.closed.pop(order, None)
        some = [one for one in self.exits if self._by(one, order)]
        self._room()
        if trade is not None:
            self._drop(k)
            entry_row(self._event(), bar, self._position(trade), self.a)
            self._tell_exits(bar, trade)
        elif self._orders[self._queue[k]][O_KIND] == CLOSE and (some or closed):
            self._drop(k)
            for one in some:
                for part in self._by(one, order):
                    part.done = True
                self._tell_exits(bar, one)
        else:
            end_order(self.world, bar, k, code, wanted, had)

    def _by(self, trade: float, order: int) -> list[Exit]:
        """Return what an order has closed of a trade and is not told."""
        return [one for one in self.exits[trade] if one.order == order]

    def _open(self, bar: int, k: int, price: float, quantity: float, fee: float) -> None:
        self._room()
        o = self._orders[self._queue[k]]
        count = int(self.a[EVENTS])
        enter_row(self.world, bar, 0, o, price, quantity, False)
        # It is told when the order is done, and costs what the venue says.
        self.a[EVENTS] = count
        self._events[count] = [0.0] * EVENT_WIDTH
        position = self._positions[self._held[int(self.a[POSITIONS]) - 1]]
        self.a[BALANCE] += position[P_COMMISSION] - fee
        position[P_COMMISSION], position[P_AT] = fee, -1.0
        self.filled[int(o[O_ID])] = position[P_TRADE]

    def _add(self, row: list[float], price: float, quantity: float, fee: float) -> None:
        """Add units to a position, at the average price of all its entries."""
        a, sign, whole = self.a, row[P_SIGN], row[P_QUANTITY] + quantity
        average = (row[P_QUANTITY] * row[P_PRICE] + quantity * price) / whole
        # What has been closed of it was reckoned with the average before.
        closed = row[P_QUANTITY] - row[P_REMAINING]
        a[BALANCE] += sign * (row[P_PRICE] - average) * closed - fee
        row[P_PRICE], row[P_QUANTITY] = average, whole
        row[P_REMAINING] += quantity
        row[P_COMMISSION] += fee
        row[P_HIGH], row[P_LOW] = max(row[P_HIGH], price), min(row[P_LOW], price)

    # --- exits ----------------------------------------------------------------------------

    def fill_exit(
        self, bar: int, trade: float, price: float, quantity: float, fee: float, code: int,
        order: int, rung: int, level: float, done: bool,
    ) -> None:  # fmt: skip
        """Take what has been closed of a trade since the last report."""
        k = self.waiting(order) if order else None
        if quantity <= 0.0 and not self._holds(trade):
            if done and k is not None:
                self._done_with(bar, order, k, trade)
            return
        row = self._position(trade)
        if quantity > row[P_REMAINING] * (1 + 1e-9):
            text = (
                f"{quantity:g} units of trade {trade:g} were closed, it has {row[P_REMAINING]:g}: "
                "the venue and the book differ"
            )
            raise InvalidOrder(
                text, field="quantity", value=quantity, allowed=f"at most {row[P_REMAINING]:g}"
            )
        some = self.exits.setdefault(trade, [])
        same = (one for one in some if not one.done
                and (one.code, one.order, one.rung) == (code, order, rung))  # fmt: skip
        told = next(same, None)
        if told is None:
            decided = 0.0 if k is None else self._orders[self._queue[k]][O_BAR]
            told = Exit(code, order, rung, level, decided)
            some.append(told)
        told.quantity += quantity
        told.paid += quantity * price
        told.fee += fee
        row[P_REMAINING] -= quantity
        if row[P_REMAINING] <= 1e-12 * row[P_QUANTITY]:
            row[P_REMAINING] = 0.0
        row[P_HIGH], row[P_LOW] = max(row[P_HIGH], price), min(row[P_LOW], price)
        self.a[BALANCE] += row[P_SIGN] * (price - row[P_PRICE]) * quantity - fee
        totals(self.world)
        told.done |= done
        if done and code == BY_TARGET and rung:
            self._reach(row, rung)
        if done and k is not None:
            self._done_with(bar, order, k, trade)
        self._tell_exits(bar, trade)

    def tell_exits(self, bar: int) -> None:
        """Write the rows of all that is closed and not told."""
        for trade, some in list(self.exits.items()):
            for one in some:
                one.done = True
            self._tell_exits(bar, trade)

    def _done_with(self, bar: int, order: int, k: int, trade: float) -> None:
        """Note that a closing order is done with a trade; it ends with the last of them."""
        o = self._orders[self._queue[k]]
        if o[O_KIND] != CLOSE:
            return
        done = self.closed.setdefault(order, set())
        done.add(trade)
        left = (
            row[P_TRADE] for row in self.positions(int(o[O_STRATEGY]))
            if o[O_TRADE] in (0.0, row[P_TRADE]) and row[P_BAR] <= o[O_BAR]
        )  # fmt: skip
        if done.issuperset(left):
            self._end(bar, order, k, POSITION_CLOSED, 0.0, 0.0)

    def _reach(self, row: list[float], rung: int) -> None:
        """Note that a target is done, and let the stop go to the entry where it was to."""
        row[P_NEXT] = max(row[P_NEXT], float(rung))
        sign = row[P_SIGN]
        if row[P_BREAK_EVEN] == rung and not sign * (row[P_STOP] - row[P_PRICE]) >= 0.0:
            row[P_STOP], row[P_MOVED] = row[P_PRICE], BY_BREAK_EVEN

    def _tell_exits(self, bar: int, trade: float) -> None:
        """Write the rows of what is closed and done; not before that of the entry."""
        if trade in self.filled.values() or trade not in self.exits:
            return
        self._room()
        row, some = self._position(trade), self.exits[trade]
        closed = row[P_QUANTITY] - row[P_REMAINING]
        told = closed - sum(one.quantity for one in some)
        rest = row[P_REMAINING] <= 0.0
        for one in list(some):
            if one.done or rest:
                some.remove(one)
                told += one.quantity
                remaining = 0.0 if rest and not some else row[P_QUANTITY] - told
                if one.quantity > 0.0:
                    exit_row(self._event(), bar, row, one, remaining, self.a)
        if not some:
            del self.exits[trade]
        if rest:
            self._gone(row)

    # --- bookkeeping ------------------------------------------------------------------------

    def follow(self) -> None:
        """Let trailing stops follow what positions have seen."""
        for k in range(int(self.a[POSITIONS])):
            row = self._positions[self._held[k]]
            if row[P_TRAIL] != row[P_TRAIL]:
                continue
            sign = row[P_SIGN]
            best = row[P_HIGH] if sign > 0 else row[P_LOW]
            if sign * (best - row[P_BEST]) > 0.0:
                row[P_BEST] = best
            level = on_grid(self.p[S_TICK], row[P_BEST] - sign * row[P_TRAIL], -sign)
            if not sign * (level - row[P_STOP]) <= 0.0:
                row[P_STOP], row[P_MOVED] = level, BY_TRAIL

    def save(self) -> dict[str, Any]:
        """Return what there is beside the rows."""
        kept = ("cancelling", "filled", "exits", "closed")
        return {name: getattr(self, name) for name in kept}

    def load(self, saved: Mapping[str, Any]) -> None:
        """Restore it."""
        for name, value in saved.items():
            setattr(self, name, value)

    def untold(self, order: int) -> bool:
        """Tell whether an order is the reason of something that is not told yet."""
        return self.waiting(order) is not None or any(self._by(one, order) for one in self.exits)

    def _place(self, order: int) -> int:
        k = self.waiting(order)
        if k is None:
            text = f"No order {order} waits: it has ended, or there was none"
            raise InvalidOrder(text, field="order", value=order, allowed="an order that waits")
        return k

    def _holds(self, trade: float) -> bool:
        held = self._held[: int(self.a[POSITIONS])]
        return any(self._positions[slot][P_TRADE] == trade for slot in held)

    def _position(self, trade: float) -> list[float]:
        for slot in self._held[: int(self.a[POSITIONS])]:
            if self._positions[slot][P_TRADE] == trade:
                return self._positions[slot]
        text = f"Trade {trade:g} is not open: it has been closed, or there was none"
        raise InvalidOrder(text, field="trade", value=trade, allowed="a trade that is open")

    def _event(self) -> list[float]:
        if int(self.a[EVENTS]) >= len(self._events):
            self._room()
        row = self._events[int(self.a[EVENTS])]
        self.a[EVENTS] += 1.0
        return row

    def _drop(self, k: int) -> None:
        drop(self._queue, k, int(self.a[ORDERS]))
        self.a[ORDERS] -= 1.0

    def _gone(self, row: list[float]) -> None:
        for k in range(int(self.a[POSITIONS])):
            if self._positions[self._held[k]] is row:
                drop(self._held, k, int(self.a[POSITIONS]))
                self.a[POSITIONS] -= 1.0
                totals(self.world)
                return
