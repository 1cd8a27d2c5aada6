"""What a symbol's engine writes, told: trades, signals, orders and positions in one order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from workbench.engine.live_engine import LiveEngine
from workbench.engine.live_views import HeldPosition, WaitingOrder, Wanted
from workbench.engine.rules.layout import (
    BY_BREAK_EVEN,
    BY_SIGNAL,
    BY_STOP,
    BY_TARGET,
    BY_TRAIL,
    DECLINED,
    E_CODE,
    E_KIND,
    E_LEVEL,
    E_ORDER,
    E_REMAINING,
    E_RUNG,
    E_SIGN,
    E_TRADE,
    ENDED,
    ENTERED,
    EXITED,
)
from workbench.messages import (
    EntryData,
    ExitData,
    Message,
    OrderKind,
    OrderRole,
    OrderSide,
    Reasoning,
    Signal,
    Trade,
)
from workbench.trading.filling import Ahead, Part
from workbench.trading.orders import Moment, Orders, Told
from workbench.trading.positions import Positions
from workbench.trading.risk import Broken
from workbench.trading.telling import Trades

_BY_STOP = (BY_STOP, BY_TRAIL, BY_BREAK_EVEN)
GONE = "The position is closed"


class Written(NamedTuple):
    """A row of events, and the message of it."""

    row: list[float]
    message: Trade | Signal


class Ledger:
    """Tells what happens to the orders and positions of a symbol.

    Parameters
    ----------
    engine
        Of the symbol; its listener is this.
    trades, orders, positions
        What makes the messages.
    emit
        Takes those of trades and signals.
    filled
        Called with each row of a fill, its trade numbered over all symbols, and whether that
        closed a trade.

    Attributes
    ----------
    refused
        By number of the order, the limit that refuses it.
    taken_away
        How often the stop of a position was taken away: the next one is another order.
    ahead
        By trade: what a venue has closed of it, and no row has said yet.
    reasons
        By number of an order that is over: why it was given, where an exit by it is to come.
    kept
        Names of what is kept between inputs; all that was written is told by then.
    """

    kept: tuple[str, ...] = ("refused", "taken_away")

    def __init__(
        self, engine: LiveEngine, trades: Trades, orders: Orders, positions: Positions,
        emit: Callable[[Message], None], filled: Callable[[Sequence[float], bool], None],
    ) -> None:  # fmt: skip
        self._engine = engine
        self.trades, self.orders, self.positions = trades, orders, positions
        self._emit, self._filled = emit, filled
        self._written: list[Written | Part] = []
        self.refused: dict[int, Broken] = {}
        self.taken_away: dict[str, int] = {}
        self.ahead: dict[int, Ahead] = {}
        self.reasons: dict[int, Reasoning] = {}
        engine.listener = self

    # --- what the engine says ---------------------------------------------------------

    def wrote(self, row: Sequence[float]) -> None:
        """Take what has happened; the reasons are known only now."""
        kind = row[E_KIND]
        if kind in (ENTERED, EXITED):
            numbered = self.trades.numbered(row)
            self._written.append(Written(list(row), self.trades.trade(numbered)))
        elif kind == ENDED:
            instead = {}
            broken = self.refused.pop(int(row[E_ORDER]), None)
            if broken is not None:
                instead = {
                    "message": broken.message,
                    "numbers": {"value": broken.value, "limit": broken.allowed},
                }
            self._written.append(Written(list(row), self.trades.end(row, **instead)))

    def marked(self) -> None:
        """A candle is done; the book looks by itself."""

    # --- telling ----------------------------------------------------------------------

    @property
    def idle(self) -> bool:
        """Whether nothing has been written that is not told."""
        return not self._written

    def tell(self, now: Moment) -> None:
        """Tell what was written."""
        written, self._written = self._written, []
        if not written:
            return
        waiting = {one.order for one in self._engine.orders()}
        for place, what in enumerate(written):
            if isinstance(what, Part):
                self._part(what, now)
                continue
            row, message = what
            self._emit(message)
            if isinstance(message, Signal):
                self._end(row, message, now)
            elif row[E_KIND] == ENTERED:
                self._enter(row, message, now)
            else:
                rest = (one for one in written[place + 1 :] if isinstance(one, Written))
                order, later = int(row[E_ORDER]), {int(one.row[E_ORDER]) for one in rest}
                self._exit(row, message, now, order not in waiting and order not in later)

    def want(self, wanted: Wanted, now: Moment, names: Sequence[str]) -> None:
        """Tell of an entry that was just decided."""
        kind: OrderKind = "market"
        if wanted.limit is not None or wanted.stop is not None:
            kind = "limit" if wanted.limit is not None else "stop"
        order = Told(
            self.trades.signal_id(wanted.order), names[wanted.strategy], "entry",
            "buy" if wanted.sign > 0 else "sell", kind, None,
            wanted.limit if wanted.limit is not None else wanted.stop,
        )  # fmt: skip
        why = self._engine.reason(wanted.order, wanted.strategy, wanted.bar, wanted.sign)
        self.orders.new(order, now, why)

    def look(
        self, now: Moment, names: Sequence[str], accepted: bool, tell_prices: bool
    ) -> list[WaitingOrder]:
        """Tell what is new with orders that wait and positions that are held; return the first.

        Parameters
        ----------
        names
            Of the strategies.
        accepted
            Whether all that waits here is with the broker.
        tell_prices
            Whether positions whose price alone has changed are told as well.
        """
        waiting = self._engine.orders()
        for one in waiting:
            self._wait(one, now, names, accepted)
        for held in self._engine.positions():
            self._hold(held, now, names, tell_prices)
        return waiting

    def _wait(self, one: WaitingOrder, now: Moment, names: Sequence[str], accepted: bool) -> None:
        order_id = self.trades.signal_id(one.order)
        known = self.orders.waiting.get(order_id)
        if known is None:
            entry = one.kind == "entry"
            kind: OrderKind = "market"
            if one.limit is not None or one.stop is not None:
                kind = "limit" if one.limit is not None else "stop"
            known = Told(
                order_id, names[one.strategy], "entry" if entry else "exit",
                "buy" if one.sign > 0 else "sell", kind,
                one.quantity if entry else (one.units if one.part == 1.0 else None),
                one.limit if one.limit is not None else one.stop,
            )  # fmt: skip
            sign = one.sign if entry else 0.0
            why = self._engine.reason(one.order, one.strategy, one.decided, sign)
            self.orders.new(known, now, why)
        elif known.status == "new" and one.quantity is not None:
            known.quantity = one.quantity
        if accepted:
            self.orders.accept(order_id, now)

    def _hold(
        self, held: HeldPosition, now: Moment, names: Sequence[str], tell_prices: bool
    ) -> None:
        known = self.positions.held.get(held.trade)
        if known is None:
            return  # its entry is not done yet
        side: OrderSide = "sell" if held.sign > 0 else "buy"
        trade_id, strategy = known.position_id, known.strategy
        wanted: dict[str, Told] = {}
        steady = held.trade not in self.ahead
        if held.stop_loss is not None:
            order_id = self._stop_id(trade_id)
            wanted[order_id] = Told(
                order_id, strategy, "stop_loss", side, "stop", held.remaining, held.stop_loss,
                trade_id,
            )  # fmt: skip
        for rung, price, units in held.targets:
            order_id = f"{trade_id}:target_{rung}"
            wanted[order_id] = Told(
                order_id, strategy, "take_profit", side, "limit", units, price, trade_id
            )
        for told in self.orders.of_trade(trade_id):
            protects = told.role in ("stop_loss", "take_profit") and not told.out
            if protects and told.order_id not in wanted:
                if told.role == "stop_loss":
                    self.taken_away[trade_id] = self.taken_away.get(trade_id, 0) + 1
                text = "The strategy has taken it away"
                self.orders.end(told.order_id, now, "cancelled", "cancelled", text)
        for told in wanted.values():
            self.orders.rest(told, now, steady)
        targets = [one.price for one in held.targets]
        self.positions.see(
            held.trade, held.mark, held.stop_loss, targets, held.financing, now.stamp, now.time,
            tell_prices,
        )  # fmt: skip

    # --- rows -------------------------------------------------------------------------

    def _enter(self, row: Sequence[float], message: Trade, now: Moment) -> None:
        data, extra = message.data, message.extra
        assert isinstance(data, EntryData)
        side: OrderSide = "buy" if row[E_SIGN] > 0 else "sell"
        order = Told(
            self.trades.signal_id(row[E_ORDER]), extra.strategy, "entry", side, "market",
            data.quantity, None, data.trade_id,
        )  # fmt: skip
        self._entered(order, row, message, now)
        self._filled(self.trades.numbered(row), False)
        self.positions.entered(int(row[E_TRADE]), data, extra, now.stamp, now.time)
        out: OrderSide = "sell" if side == "buy" else "buy"
        if data.stop_loss is not None:
            name = self._stop_id(data.trade_id)
            stop = Told(
                name, extra.strategy, "stop_loss", out, "stop", data.quantity, data.stop_loss,
                data.trade_id,
            )  # fmt: skip
            self.orders.rest(stop, now)
        for rung, price in enumerate(data.take_profit_levels, 1):
            name = f"{data.trade_id}:target_{rung}"
            target = Told(
                name, extra.strategy, "take_profit", out, "limit", None, price, data.trade_id
            )
            self.orders.rest(target, now)

    def _exit(self, row: Sequence[float], message: Trade, now: Moment, last: bool) -> None:
        data, extra = message.data, message.extra
        assert isinstance(data, ExitData)
        code, trade_id = int(row[E_CODE]), data.trade_id
        order = self._leaving(
            code, int(row[E_ORDER]), int(row[E_RUNG]), row[E_LEVEL], trade_id, extra.strategy,
            row[E_SIGN], extra.quantity,
        )  # fmt: skip
        if code != BY_SIGNAL:
            last = row[E_REMAINING] <= 0 or (code == BY_TARGET and not self._left(row))
        self._exited(order, row, message, now, last)
        gone = row[E_REMAINING] <= 0
        self._filled(self.trades.numbered(row), gone)
        self.positions.exited(int(row[E_TRADE]), data, extra, now.stamp, now.time)
        if gone:
            self.trades.closed(row)
            self.taken_away.pop(trade_id, None)
            for told in self.orders.of_trade(trade_id):
                self.orders.end(told.order_id, now, "cancelled", "position_closed", GONE)

    def _end(self, row: Sequence[float], message: Signal, now: Moment) -> None:
        data = message.data
        if row[E_CODE] == DECLINED:
            return
        name = data.signal_id
        if name not in self.orders.waiting:
            role: OrderRole = "exit" if data.decision == "exit" else "entry"
            side: OrderSide = "buy" if data.decision == "enter_long" else "sell"
            order = Told(name, data.strategy, role, side, "market", None, None)
            self.orders.new(order, now, data.reasoning)
        assert data.outcome != "declined"
        self.orders.end(name, now, data.outcome, data.code, data.message, data.numbers)

    def _left(self, row: Sequence[float]) -> bool:
        """Tell whether more of a target is still to come: a venue fills in parts."""
        held = (one for one in self._engine.positions() if one.trade == int(row[E_TRADE]))
        return any(target.rung == int(row[E_RUNG]) for one in held for target in one.targets)

    def _part(self, part: Part, now: Moment) -> None:
        raise AssertionError("The rules fill here, no venue")

    def _entered(self, order: Told, row: Sequence[float], message: Trade, now: Moment) -> None:
        """Tell what an entry means to its order."""
        assert isinstance(message.data, EntryData)
        self.orders.fill(order, message.extra, message.data.entry_price, now, True)

    def _exited(
        self, order: Told, row: Sequence[float], message: Trade, now: Moment, last: bool
    ) -> None:
        """Tell what an exit means to its order; `last`: nothing more of it will be filled."""
        assert isinstance(message.data, ExitData)
        self.orders.fill(order, message.extra, message.data.exit_price, now, last)

    def _leaving(
        self, code: int, order: int, rung: int, level: float | None, trade_id: str, strategy: str,
        sign: float, quantity: float,
    ) -> Told:  # fmt: skip
        """Return the order that an exit is of."""
        side: OrderSide = "sell" if sign > 0 else "buy"
        name, price = f"{trade_id}:close", None
        role: OrderRole = "exit"
        kind: OrderKind = "market"
        if code == BY_SIGNAL and order:
            name = self.trades.signal_id(order)
        elif code in _BY_STOP:
            name, role, kind = self._stop_id(trade_id), "stop_loss", "stop"
            price = level
        elif code == BY_TARGET and rung:
            name, role, kind = f"{trade_id}:target_{rung}", "take_profit", "limit"
            price = level
        return Told(name, strategy, role, side, kind, quantity, price, trade_id)

    def _stop_id(self, trade_id: str) -> str:
        """Return how the stop of a position is called: numbered, where one was taken away."""
        times = self.taken_away.get(trade_id, 0)
        return f"{trade_id}:stop_{times + 1}" if times else f"{trade_id}:stop"
