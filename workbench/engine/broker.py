"""A paper account that fills orders on candles. The rules are written in docs/fills.md."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from workbench.engine.orders import (
    EntryFill,
    EntryOrder,
    ExitFill,
    ExitOrder,
    Fill,
    Rejection,
    Rung,
)
from workbench.messages import Direction, Reasoning


@dataclass(slots=True)
class OpenTrade:
    """The position that is held."""

    trade_id: int
    direction: Direction
    sign: int
    bar: int
    price: float
    quantity: float
    remaining: float
    commission: float
    stop_loss: float | None
    ladder: tuple[Rung, ...]
    next_rung: int
    highest: float
    lowest: float
    seen: int


class Broker:
    """One account, one position at a time, over the columns of one timeframe.

    Parameters
    ----------
    opens, highs, lows, closes
        The candles, as plain floats.
    initial_capital
        In the account's currency.
    commission
        Fraction of the notional, per fill.
    slippage
        Fraction of the price, against the trader, on market and stop fills.
    leverage
        Notional allowed, in multiples of equity.
    risk_per_trade
        Fraction of equity lost at the stop, for entries with a stop and no size.

    Attributes
    ----------
    fills
        What was filled, in order; whoever reads them clears the list.
    """

    def __init__(
        self,
        opens: Sequence[float],
        highs: Sequence[float],
        lows: Sequence[float],
        closes: Sequence[float],
        *,
        initial_capital: float,
        commission: float = 0.0,
        slippage: float = 0.0,
        leverage: float = 1.0,
        risk_per_trade: float = 0.02,
    ) -> None:
        self._opens, self._highs, self._lows, self._closes = opens, highs, lows, closes
        self.commission = commission
        self.slippage = slippage
        self.leverage = leverage
        self.risk_per_trade = risk_per_trade
        self.balance = initial_capital
        self.trade: OpenTrade | None = None
        self.orders: list[EntryOrder | ExitOrder] = []
        self.fills: list[Fill] = []
        self.rejections: list[Rejection] = []
        self._levels = (0.0, initial_capital, -math.inf, math.inf)
        self._count = 0

    def equity(self, price: float) -> float:
        """Return balance and unrealised profit at `price`."""
        units, offset, _, _ = self._levels
        return offset + units * price

    def levels(self) -> tuple[float, float, float, float]:
        """Return units, offset, lower, upper: valid until something is filled.

        The equity at a price is ``offset + units * price``; a candle that stays strictly
        between lower and upper touches neither stop nor target.
        """
        return self._levels

    def process(self, bar: int) -> None:
        """Fill what is due on candle `bar`: exits, then entries, at its open; then inside it."""
        if self.orders:
            orders, self.orders[:] = list(self.orders), []
            for order in orders:
                if isinstance(order, ExitOrder):
                    self._close_part(bar, order)
            for order in orders:
                if isinstance(order, EntryOrder):
                    self._enter(bar, order)
        if self.trade is not None:
            self._inside(bar, self.trade)
        self._refresh()

    def close_all(self, bar: int, reason: str, rationale: str) -> None:
        """Close the position at the close of candle `bar`, at that price without slippage."""
        trade = self.trade
        if trade is not None:
            self._see(trade, bar + 1)
            reasoning = Reasoning("exit", 1.0, rationale)
            self._exit(bar, self._closes[bar], trade.remaining, reason, reasoning)
            self._refresh()

    def reject(self, order: EntryOrder, reason: str) -> None:
        """Note an entry that is not filled."""
        self.rejections.append(Rejection(order.bar, order.direction, reason))

    def _refresh(self) -> None:
        trade = self.trade
        if trade is None:
            self._levels = (0.0, self.balance, -math.inf, math.inf)
            return
        units = trade.sign * trade.remaining
        stop = -math.inf * trade.sign if trade.stop_loss is None else trade.stop_loss
        ladder = trade.ladder
        target = ladder[trade.next_rung].price if ladder else math.inf * trade.sign
        lower, upper = (stop, target) if trade.sign > 0 else (target, stop)
        self._levels = (units, self.balance - units * trade.price, lower, upper)

    # --- at the open ------------------------------------------------------------------

    def _market_price(self, bar: int, side: int) -> float:
        return self._opens[bar] * (1 + side * self.slippage)

    def _close_part(self, bar: int, order: ExitOrder) -> None:
        trade = self.trade
        if trade is not None:
            self._see_open(trade, bar)
            quantity = trade.remaining * order.part
            price = self._market_price(bar, -trade.sign)
            self._exit(bar, price, quantity, "signal", order.reasoning)

    def _enter(self, bar: int, order: EntryOrder) -> None:
        trade = self.trade
        if trade is not None and trade.direction == order.direction:
            self.reject(order, f"already {order.direction}: one position at a time")
            return
        if trade is not None:
            why = f"Reversed: {order.reasoning.rationale}"
            reasoning = Reasoning("exit", order.reasoning.confidence, why, order.reasoning.inputs)
            self._close_part(bar, ExitOrder(order.bar, 1.0, reasoning))
        sign = 1 if order.direction == "long" else -1
        price = self._market_price(bar, sign)
        quantity = self._size(order, price)
        if quantity <= 0:
            return
        self._count += 1
        commission = quantity * price * self.commission
        self.balance -= commission
        self.trade = OpenTrade(
            self._count, order.direction, sign, bar, price, quantity, quantity, commission,
            order.stop_loss, order.ladder, 0, price, price, bar,
        )  # fmt: skip
        self.fills.append(
            EntryFill(
                self._count,
                order.direction,
                bar,
                price,
                quantity,
                commission,
                order.stop_loss,
                order.ladder,
                order.reasoning,
            )
        )

    def _size(self, order: EntryOrder, price: float) -> float:
        cost = price * (1 + self.commission)
        affordable = self.balance * self.leverage / cost
        if affordable <= 0:
            self.reject(order, f"no equity left: {self.balance:.2f}")
            return 0.0
        if order.quantity is not None:
            if order.quantity * cost > self.balance * self.leverage:
                text = (
                    f"cannot afford {order.quantity:g} at {price:g} with equity {self.balance:.2f}"
                    f" and leverage {self.leverage:g}: at most {affordable:g}"
                )
                self.reject(order, text)
                return 0.0
            return order.quantity
        if order.fraction is None and order.stop_loss is not None:
            at_risk = self.risk_per_trade * order.equity
            return min(at_risk / abs(order.close - order.stop_loss), affordable)
        fraction = 1.0 if order.fraction is None else order.fraction
        return min(fraction * order.equity / cost, affordable)

    # --- inside the candle ------------------------------------------------------------

    def _inside(self, bar: int, trade: OpenTrade) -> None:
        sign, stop = trade.sign, trade.stop_loss
        opened = self._opens[bar]
        worst, best = self._lows[bar], self._highs[bar]
        if sign < 0:
            worst, best = best, worst
        if stop is not None and sign * (worst - stop) <= 0:
            self._see_open(trade, bar)
            gapped = sign * (opened - stop) < 0
            price = (opened if gapped else stop) * (1 - sign * self.slippage)
            name = "low" if sign > 0 else "high"
            text = f"Stop loss {stop:g} touched: {name} {worst:g}"
            inputs = {"stop_loss": stop, name: worst}
            if gapped:
                text = f"Stop loss {stop:g} gapped: open {opened:g}"
                inputs = {"stop_loss": stop, "open": opened}
            reasoning = Reasoning("exit", 1.0, text, inputs)
            self._exit(bar, price, trade.remaining, "stop_loss", reasoning)
            return
        ladder = trade.ladder
        while trade.next_rung < len(ladder) and self.trade is not None:
            rung = ladder[trade.next_rung]
            if sign * (best - rung.price) < 0:
                return
            self._see_open(trade, bar)
            trade.next_rung += 1
            last = trade.next_rung == len(ladder)
            quantity = trade.remaining if last else rung.weight * trade.quantity
            price = max(opened * sign, rung.price * sign) * sign
            name = "high" if sign > 0 else "low"
            text = f"Take profit {trade.next_rung} {rung.price:g} reached: {name} {best:g}"
            inputs = {"take_profit": rung.price, name: best}
            reasoning = Reasoning("exit", 1.0, text, inputs)
            self._exit(bar, price, quantity, f"take_profit_{trade.next_rung}", reasoning)

    # --- bookkeeping ------------------------------------------------------------------

    def _see(self, trade: OpenTrade, end: int) -> None:
        """Take the candles before `end` into the extremes of the holding."""
        if end > trade.seen:
            trade.highest = max(trade.highest, max(self._highs[trade.seen : end]))
            trade.lowest = min(trade.lowest, min(self._lows[trade.seen : end]))
            trade.seen = end

    def _see_open(self, trade: OpenTrade, bar: int) -> None:
        # What the candle did before the exit is unknown, but for its open.
        self._see(trade, bar)
        if bar > trade.bar:
            trade.highest = max(trade.highest, self._opens[bar])
            trade.lowest = min(trade.lowest, self._opens[bar])

    def _exit(
        self, bar: int, price: float, quantity: float, reason: str, reasoning: Reasoning
    ) -> None:
        trade = self.trade
        assert trade is not None
        # Rounding may not leave crumbs: the rest goes with the part that reaches it.
        if quantity >= trade.remaining * (1 - 1e-12):
            quantity = trade.remaining
        sign = trade.sign
        gross = sign * (price - trade.price) * quantity
        commission = quantity * price * self.commission
        self.balance += gross - commission
        trade.remaining -= quantity
        pnl = gross - commission - trade.commission * quantity / trade.quantity
        best, worst = max(trade.highest, price), min(trade.lowest, price)
        if sign < 0:
            best, worst = worst, best
        self.fills.append(
            ExitFill(
                trade.trade_id,
                trade.direction,
                bar,
                price,
                quantity,
                trade.remaining,
                trade.bar,
                trade.price,
                reason,
                pnl,
                100 * pnl / (quantity * trade.price),
                max(0.0, sign * (best - trade.price) * quantity),
                min(0.0, sign * (worst - trade.price) * quantity),
                commission,
                reasoning,
            )
        )
        if trade.remaining <= 0:
            self.trade = None
