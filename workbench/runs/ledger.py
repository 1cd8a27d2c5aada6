"""A run's books, kept from the messages that tell of it: pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date

import msgspec

from workbench.engine.metrics import WEEKDAYS_A_YEAR, Performance
from workbench.errors import InvalidRequest
from workbench.messages import (
    EntryData,
    Equity,
    FinalMetrics,
    LogMessage,
    Trade,
    TradeChecksum,
)
from workbench.runs.course import Course, moment

_SATURDAY = 5
_NOTHING_LEFT = 1e-12


@dataclass(slots=True)
class OpenTrade:
    """A trade that has been entered and not wholly closed. Quantities in units."""

    entry: EntryData
    quantity: float
    remaining: float
    commission: float
    notional: float
    pnl: float = 0.0


class Ledger:
    """What follows from the trades and equity points told so far.

    Parameters
    ----------
    initial_capital
        In the account's currency.

    Attributes
    ----------
    trades
        The open ones, by `trade_id`.
    checksum
        Over the `trade` messages.
    points
        Equity points told.
    equity, balance, peak
        In the account's currency: the latest of each, and the highest equity.
    """

    def __init__(self, initial_capital: float) -> None:
        self.initial_capital = initial_capital
        self.trades: dict[str, OpenTrade] = {}
        self.checksum = TradeChecksum()
        self.points = 0
        self.equity = self.balance = self.peak = initial_capital
        # Per square root of a year; which year is known once the days are.
        self.performance = Performance(initial_capital, 1.0)
        self._day = ""
        self._weekends = False
        self._course = Course()

    def take(self, message: LogMessage) -> None:
        """Enter a message into the books."""
        self._course.take(message)
        kind = type(message)
        if kind is Equity:
            self._valued(message)  # type: ignore[arg-type]
        elif kind is Trade:
            self._traded(message)  # type: ignore[arg-type]

    def opened(self, trade_id: str) -> OpenTrade:
        """Return an open trade.

        Raises
        ------
        InvalidRequest
            It is not open.
        """
        trade = self.trades.get(trade_id)
        if trade is None:
            allowed = sorted(self.trades)
            msg = (
                f"Trade {trade_id!r} is not open: tell its entry first (open: {allowed or 'none'})"
            )
            raise InvalidRequest(msg, field="trade_id", value=trade_id, allowed=allowed)
        return trade

    def check(self, message: LogMessage) -> None:
        """Check that a message fits what was told before.

        Raises
        ------
        InvalidRequest
            A trade that is not open is closed, or before its entry, or one that is open is entered
            the other way; or the equity or the progress goes back, see `Course`.
        """
        self._course.check(message)
        if not isinstance(message, Trade):
            return
        data = message.data
        if not isinstance(data, EntryData):
            entered = self.opened(data.trade_id).entry.entry_time
            if moment(data.exit_time) < moment(entered):
                allowed = f"{entered} or later"
                msg = f"time is {data.exit_time}, but {data.trade_id!r} was entered at {entered}"
                raise InvalidRequest(msg, field="time", value=data.exit_time, allowed=allowed)
            return
        moment(data.entry_time)
        known = self.trades.get(data.trade_id)
        if known is not None and known.entry.direction != data.direction:
            side = known.entry.direction
            msg = f"Trade {data.trade_id!r} is {side}: a {data.direction} one needs another"
            raise InvalidRequest(msg, field="trade_id", value=data.trade_id, allowed=side)

    def drawdown(self, equity: float) -> float:
        """Return the drawdown at an equity: a fraction, zero or negative."""
        peak = max(self.peak, equity)
        return equity / peak - 1 if peak > 0 else 0.0

    @property
    def sharpe_ratio(self) -> float:
        """Annualised, over the returns from day to day; see `Performance`."""
        periods = 365.0 if self._weekends else WEEKDAYS_A_YEAR
        return self.performance.sharpe_ratio * math.sqrt(periods)

    def final(self) -> FinalMetrics:
        """Close the books; return the performance of the whole run."""
        if not self.points:
            self.equity = self.balance
            self.performance.extend([self.equity])
        self.performance.end_period()
        return msgspec.structs.replace(self.performance.final(), sharpe_ratio=self.sharpe_ratio)

    def _valued(self, message: Equity) -> None:
        data = message.data
        day = data.time[:10]
        if day != self._day:
            if self._day:
                self.performance.end_period()
            self._day = day
            self._weekends = self._weekends or date.fromisoformat(day).weekday() == _SATURDAY
        self.points += 1
        self.equity, self.balance = data.equity, data.balance
        self.peak = max(self.peak, data.equity)
        self.performance.extend((data.equity,))

    def _traded(self, message: Trade) -> None:
        data, extra = message.data, message.extra
        self.checksum.add(message)
        self.performance.add_commission(extra.commission)
        known = self.trades.get(data.trade_id)
        if isinstance(data, EntryData):
            notional = data.entry_price * extra.quantity
            if known is None:
                self.trades[data.trade_id] = OpenTrade(
                    data, extra.quantity, extra.remaining, extra.commission, notional
                )
            else:
                known.quantity += extra.quantity
                known.remaining = extra.remaining
                known.commission += extra.commission
                known.notional += notional
            return
        if not self.points:
            self.balance += data.pnl
        pnl, notional = data.pnl, data.entry_price * extra.quantity
        if known is not None:
            known.remaining = extra.remaining
            known.pnl += data.pnl
            pnl, notional = known.pnl, known.notional
        if extra.remaining <= _NOTHING_LEFT:
            self.trades.pop(data.trade_id, None)
            self.performance.add_trade(pnl, 100 * pnl / notional if notional else 0.0)
