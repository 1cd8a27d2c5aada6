"""What is told when a session is closed without its own process: pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from msgspec import UNSET, structs

from workbench.engine.account import settings_row
from workbench.engine.rules.costs import commission, slipped
from workbench.errors import WorkbenchError
from workbench.messages import (
    AnyMessage,
    Complete,
    CompleteData,
    CompleteExtra,
    ExitData,
    Feed,
    FeedData,
    FinalMetrics,
    Message,
    Order,
    OrderData,
    OrderSide,
    Pnl,
    PnlData,
    PnlPart,
    Position,
    PositionData,
    Reasoning,
    Risk,
    RiskData,
    Trade,
    TradeExtra,
    error_message,
)
from workbench.runs.spec import RunSpec
from workbench.sessions.remains import Remains
from workbench.trading.brokering import Report

CODE = "closed_by_force"
REASON = "session_end"
_EPS = 1e-9


class Deal(NamedTuple):
    """What closing a position, or a part of it, came to: price, units and money."""

    price: float
    quantity: float
    fee: float


class Winding:
    """Closes the books of a session; what it returns is the rest of the session's log.

    Parameters
    ----------
    spec
        Of the session.
    remains
        What it has left; it is told what is said here, too.
    reason
        Why, for people.
    now
        The present as messages write it; it is also the market time of what is told where none is
        known.
    """

    def __init__(self, spec: RunSpec, remains: Remains, reason: str, now: str) -> None:
        self._spec, self._remains, self._now = spec, remains, now
        self._row = settings_row(spec)
        self._reason = reason

    def reported(self, report: Report) -> list[Message]:
        """Tell what a venue says of an order; fills of entries are told as the order's alone."""
        known = next(
            (one for one in self._remains.orders.values()
             if one.client_order_id == report.client_order_id), None,
        )  # fmt: skip
        if known is None:
            return []
        data = structs.replace(
            known,
            status=report.status,
            filled=report.filled,
            average_price=report.average_price,
            fees=report.fees,
            code=report.code or UNSET,
            message=report.message or UNSET,
            time=self._time(),
            reasoning=UNSET,
            latency_ms=UNSET,
        )
        return self._say([Order(self._now, data=data)])

    def cancelled(self) -> list[Message]:
        """Tell that the orders that wait are taken back."""
        text, time = f"Taken back: {self._reason}", self._time()
        return self._say(
            Order(
                self._now,
                data=structs.replace(
                    one, status="cancelled", code=CODE, message=text, time=time,
                    reasoning=UNSET, latency_ms=UNSET,
                ),
            )
            for one in list(self._remains.orders.values())
        )  # fmt: skip

    def booked(self) -> list[Message]:
        """Tell the parts of trades that orders have closed without a word of it so far."""
        out: list[Message] = []
        for name, one in list(self._remains.positions.items()):
            ahead = self._remains.ahead.get(name)
            if ahead is None or ahead.quantity <= _EPS * one.quantity:
                continue
            quantity = min(ahead.quantity, one.quantity)
            deal = Deal(ahead.paid / ahead.quantity, quantity, ahead.fees)
            told = [m for m in self._close(one, deal, None) if not isinstance(m, Order)]
            out += self._say(told)
        return out

    def at_last_prices(self) -> Mapping[str, Deal]:
        """Return what the rules of filling make of closing all at the last prices, by position."""
        deals = {}
        for name, one in self._remains.positions.items():
            side = -1.0 if one.direction == "long" else 1.0
            last = self._remains.prices.get(one.symbol, one.price)
            price = slipped(self._row, last, side, one.quantity, 0.0)
            fee = commission(self._row, price, one.quantity, False)
            deals[name] = Deal(price, one.quantity, fee)
        return deals

    def differs(self, text: str) -> Message:
        """Tell what is not at the venue as the log has it; `text` begins with the symbol."""
        live = self._spec.live
        symbols = [self._spec.symbol] if live is None else live.symbols
        symbol = next((one for one in symbols if text.startswith(f"{one}:")), symbols[0])
        known = self._remains.feeds.get(symbol)
        if known is None:
            kind = "synthetic" if live is None else str(live.feed.get("feed", "synthetic"))
            known = FeedData(symbol, kind, "stopped", "", "", False, self._spec.timeframes)
        data = structs.replace(known, state="stopped", message=text, code="reconciled")
        return Feed(self._now, data=data)

    def closed(self, deals: Mapping[str, Deal], told: Mapping[str, str] = {}) -> list[Message]:
        """Tell that positions are closed.

        Parameters
        ----------
        deals
            By position; those without one stay open, and are told as they are.
        told
            Client order id of the order that closed each, where a venue knows one.
        """
        out: list[Message] = []
        for name, deal in deals.items():
            one = self._remains.positions.get(name)
            if one is not None and deal.quantity > 0.0:
                out += self._say(self._close(one, deal, told.get(name)))
        return out

    def end(self, error: WorkbenchError | None = None) -> list[Message]:
        """Tell what the session has come to, and that it has ended: with an error, or stopped."""
        remains = self._remains
        pnl = self._pnl()
        out: list[Message] = [Pnl(self._now, data=pnl)]
        if remains.risk is not None:
            out.append(Risk(self._now, data=self._risk(remains.risk, pnl)))
        if error is not None:
            return [*out, error_message(error)]
        extra = CompleteExtra(
            "stopped", remains.candles, pnl.equity, remains.told.count, remains.told.value
        )
        data = CompleteData(remains.session, self._final(pnl.equity))
        return [*out, Complete(self._now, data=data, extra=extra)]

    # --- inside -------------------------------------------------------------------------

    def _say(self, messages: Iterable[AnyMessage]) -> list[Message]:
        told = list(messages)
        self._remains.take(told)
        return [*told]

    def _close(self, one: PositionData, deal: Deal, client: str | None) -> list[AnyMessage]:
        remains, now = self._remains, self._now
        time = self._time()
        side: OrderSide = "sell" if one.direction == "long" else "buy"
        sign = 1.0 if one.direction == "long" else -1.0
        quantity = min(deal.quantity, one.quantity)
        left = one.quantity - quantity
        left = 0.0 if left < _EPS * one.quantity else left
        why = Reasoning("exit", 1.0, f"Closed by force: {self._reason}")
        order = OrderData(
            one.session, one.strategy, one.symbol, f"{one.position_id}:close", "new", "exit", side,
            "market", quantity, None, 0.0, None, 0.0, time, self._broker(), one.position_id,
            client or UNSET, reasoning=why,
        )  # fmt: skip
        done = structs.replace(
            order, status="filled", filled=quantity, average_price=deal.price, fees=deal.fee,
            reasoning=UNSET, code=CODE, message=why.rationale,
        )  # fmt: skip
        known = f"{one.position_id}:close" in remains.orders
        out: list[AnyMessage] = [] if known else [Order(now, data=order)]
        out.append(Order(now, data=done))
        ticket = remains.tickets.get(one.position_id)
        pnl = sign * (deal.price - one.entry_price) * quantity - deal.fee
        if ticket is not None:
            # The part's share of the entry's commission; the rest of its fees are financing.
            share = quantity / ticket.entry.quantity
            pnl -= ticket.extra.commission * share
            carried = one.fees - ticket.fees - ticket.extra.commission
            financing = max(0.0, carried) * (quantity / one.quantity)
            pnl -= financing
            worths = [sign * (price - one.entry_price) * quantity
                      for price in (ticket.best, ticket.worst, deal.price)]  # fmt: skip
            data = ExitData(
                one.position_id, one.symbol, one.direction, one.entry_price, one.entry_time,
                deal.price, time, REASON, pnl, 100 * pnl / (one.entry_price * quantity),
                max(0.0, *worths), min(0.0, *worths),
            )  # fmt: skip
            extra = TradeExtra(
                quantity, left, deal.fee, one.strategy, reasoning=why,
                financing=financing if financing else UNSET,
            )  # fmt: skip
            out.append(Trade(now, data=data, extra=extra))
        gone = structs.replace(
            one,
            event="modify" if left else "close",
            quantity=left,
            price=deal.price,
            time=time,
            unrealized_pnl=sign * (deal.price - one.entry_price) * left,
            realized_pnl=one.realized_pnl + pnl,
            fees=one.fees + deal.fee,
            exit_reason=UNSET if left else REASON,
        )
        return [*out, Position(now, data=gone)]

    def _time(self) -> str:
        """Return the market time of what is done now: the latest there is, it never goes back."""
        return self._remains.time or self._now

    def _broker(self) -> str:
        live = self._spec.live
        return "paper" if live is None or live.exchange is None else live.exchange

    def _pnl(self) -> PnlData:
        """Return the profit: what was told last, and what has been closed since."""
        remains, capital = self._remains, self._spec.initial_capital
        by_symbol: dict[str, PnlPart] = {}
        by_strategy: dict[str, PnlPart] = {}
        for (symbol, strategy), sums in remains.sums.items():
            open_ = sum(
                one.unrealized_pnl for one in remains.positions.values()
                if (one.symbol, one.strategy) == (symbol, strategy)
            )  # fmt: skip
            part = PnlPart(sums.realized, open_, sums.fees, sums.trades)
            by_symbol[symbol] = _sum(by_symbol.get(symbol), part)
            by_strategy[strategy] = _sum(by_strategy.get(strategy), part)
        total = PnlPart(0.0, 0.0, 0.0, 0)
        for part in by_symbol.values():
            total = _sum(total, part)
        balance = capital + total.realized
        return PnlData(
            remains.session, self._time(), balance + total.unrealized, balance,
            total.realized, total.unrealized, total.fees, total.trades, by_symbol, by_strategy,
        )  # fmt: skip

    def _risk(self, before: RiskData, pnl: PnlData) -> RiskData:
        positions = self._remains.positions.values()
        signed = [
            (1.0 if one.direction == "long" else -1.0) * one.quantity * one.price
            for one in positions
        ]
        exposure = sum(map(abs, signed))
        return structs.replace(
            before, time=pnl.time, equity=pnl.equity, exposure=exposure, net_exposure=sum(signed),
            leverage=exposure / pnl.equity if pnl.equity > 0 else 0.0,
            margin=exposure / self._spec.leverage, open_orders=len(self._remains.orders),
            daily_pnl=before.daily_pnl + pnl.equity - before.equity, entries="paused", limits=[],
            breach=UNSET,
        )  # fmt: skip

    def _final(self, equity: float) -> FinalMetrics:
        remains, capital = self._remains, self._spec.initial_capital
        trades, metrics = remains.trades, remains.metrics
        losers = trades.count - trades.wins
        drawdown = 0.0 if metrics is None else metrics.max_drawdown
        return FinalMetrics(
            trades.count, trades.wins, losers,
            trades.wins / trades.count if trades.count else 0.0,
            trades.profit / trades.loss if trades.loss else 0.0,
            100 * (equity / capital - 1), 100 * drawdown,
            0.0 if metrics is None else metrics.sharpe_ratio,
            trades.win_percent / trades.wins if trades.wins else 0.0,
            trades.loss_percent / losers if losers else 0.0,
            trades.largest_win, trades.largest_loss, remains.commissions,
        )  # fmt: skip


def _sum(known: PnlPart | None, part: PnlPart) -> PnlPart:
    if known is None:
        return part
    return PnlPart(
        known.realized + part.realized,
        known.unrealized + part.unrealized,
        known.fees + part.fees,
        known.trades + part.trades,
    )
