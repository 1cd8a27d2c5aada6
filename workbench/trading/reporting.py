"""What a session has come to, told: equity, metrics, profit and risk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Protocol

from msgspec import UNSET, UnsetType

from workbench.engine.live_views import LiveAccount
from workbench.engine.metrics import Performance
from workbench.messages import (
    Breach,
    Complete,
    CompleteData,
    CompleteExtra,
    Equity,
    EquityData,
    EquityExtra,
    Message,
    Metrics,
    MetricsData,
    Pnl,
    Risk,
    RiskData,
    Trade,
    TradeChecksum,
    iso_time,
)
from workbench.trading.book import Book
from workbench.trading.guard import Guard
from workbench.trading.inputs import Others
from workbench.trading.measures import CONFIDENCE, at_risk
from workbench.trading.pnl import pnl_of
from workbench.trading.risk import Standing, exposed
from workbench.trading.tally import AccountPerformance

METRICS_EVERY = 10
"""Equities between two `metrics`."""


class Teller(Protocol):
    """What is told through a session."""

    def stamp(self) -> str:
        """Return the timestamp of messages."""

    def emit(self, message: Message) -> None:
        """Take a message."""

    def now(self) -> int:
        """Return the time orders and days are counted by, epoch ms."""


class Reporting:
    """Sums over the books of a session.

    Parameters
    ----------
    teller
        The session.
    session
        Its id.
    books
        By symbol.
    guard
        Its limits.
    capital, leverage
        Money at the start, what no symbol has been given included; notional allowed in multiples
        of equity.

    Attributes
    ----------
    account
        Performance over several symbols; None where the one symbol's engine counts it.
    day_equity
        At 00:00 UTC, or at the start, money.
    """

    def __init__(
        self, teller: Teller, session: str, books: Mapping[str, Book], guard: Guard,
        capital: float, leverage: float,
    ) -> None:  # fmt: skip
        self.teller, self._session, self._books = teller, session, books
        self._guard, self._capital, self._leverage = guard, capital, leverage
        given = sum(one.engine.initial_capital for one in books.values())
        self._rest = 0.0 if len(books) == 1 and given == capital else capital - given
        self.account: AccountPerformance | None = None
        if len(books) > 1 or self._rest:
            self.account = AccountPerformance(capital)
        self.day_equity = capital
        self.equities = 0
        self._sums = TradeChecksum()

    # --- numbers ----------------------------------------------------------------------

    @property
    def performance(self) -> Performance:
        """Of the session."""
        if self.account is not None:
            return self.account
        (book,) = self._books.values()
        return book.engine.performance

    def accounts(self) -> dict[str, LiveAccount]:
        """Return the account of each symbol, at the last price."""
        return {symbol: one.engine.account() for symbol, one in self._books.items()}

    def equity(self) -> float:
        """Return balance and unrealised profit of all symbols, money."""
        return self._rest + sum([one.equity for one in self.accounts().values()])

    def balance(self) -> float:
        """Return capital and realised profit of all symbols, money."""
        return self._rest + sum([one.balance for one in self.accounts().values()])

    def new_day(self) -> None:
        """Begin the next day with the equity there is."""
        self.day_equity = self.equity()

    def own(self, at: int) -> Others:
        """Return what the session has come to, for the others of its account."""
        now = self.standing()
        return Others(
            at, now.equity, exposed(now), -now.loss, now.open_orders, now.orders,
            {symbol: one.held + one.waiting for symbol, one in now.symbols.items()},
            self._guard.highest,
        )  # fmt: skip

    def standing(self, accounts: Mapping[str, LiveAccount] | None = None) -> Standing:
        """Return what limits look at; `accounts` are those of the symbols, where they are known."""
        accounts, now = accounts or self.accounts(), self.teller.now()
        equity = self._rest + sum([one.equity for one in accounts.values()])
        return Standing(
            equity,
            self.day_equity - equity,
            self._guard.drawdown(equity),
            self._guard.orders(now),
            sum([len(one.entries) for one in self._books.values()]),
            {symbol: one.symbol_standing(accounts[symbol]) for symbol, one in self._books.items()},
        )

    # --- messages ---------------------------------------------------------------------

    def traded(self, message: Trade) -> None:
        """Count a trade's message into the checksum."""
        self._sums.add(message)

    def filled(self, row: Sequence[float], closed: bool) -> None:
        """Take a fill, its trade numbered over all symbols; tell of a trade that it closed."""
        if self.account is not None:
            held = sum(len(one.engine.positions()) for one in self._books.values())
            self.account.fill(row, held)

    def close(self, time: int) -> None:
        """Tell what there is after the candles that opened at `time` (epoch ms) have closed."""
        if self.account is not None:
            self.account.close(time, self.equity())
        self.equities += 1
        self._equity(time)
        if self.equities % METRICS_EVERY == 0:
            self.metrics()

    def _equity(self, time: int) -> None:
        curve = self.performance.curve
        extra: EquityExtra | UnsetType = UNSET
        if self.account is None:
            (book,) = self._books.values()
            extra = EquityExtra(book.engine.bar - 1)
        data = EquityData(
            self._session, iso_time(time), curve.equity, self.balance(), curve.drawdown
        )
        self.teller.emit(Equity(self.teller.stamp(), data, extra))

    def metrics(self) -> None:
        """Tell how it has performed."""
        now = self.performance
        data = MetricsData(
            self._session, now.total_trades, now.winning_trades, now.win_rate, now.profit_factor,
            now.sharpe_ratio, now.max_drawdown,
        )  # fmt: skip
        self.teller.emit(Metrics(self.teller.stamp(), data))

    def state(self, time: int) -> None:
        """Tell profit and risk as they are at market time `time` (epoch ms)."""
        accounts = {symbol: one.account() for symbol, one in self._books.items()}
        data = pnl_of(self._session, iso_time(time), self._capital, accounts)
        self.teller.emit(Pnl(self.teller.stamp(), data=data))
        self.risk(time)

    def risk(self, time: int, breach: Breach | UnsetType = UNSET) -> None:
        """Tell the risk, or a limit that was met."""
        guard, accounts = self._guard, self.accounts()
        standing = self.standing(accounts)
        held = {symbol: one.notional for symbol, one in accounts.items()}
        lost = at_risk(held, {symbol: one.closes for symbol, one in self._books.items()})
        exposure, equity = standing.exposure, standing.equity
        ages = [one.age for one in standing.symbols.values() if one.age is not None]
        waiting = sum([one.open_orders for one in accounts.values()])
        entries: Literal["open", "paused"] = "paused" if guard.closed else "open"
        data = RiskData(
            self._session, iso_time(time), equity, exposure, sum(held.values()),
            exposure / equity if equity > 0 else 0.0, exposure / self._leverage,
            0.0 - guard.fallen(equity), 0.0 - standing.loss, waiting, standing.orders,
            None if lost is None else lost.var,
            None if lost is None else lost.es, CONFIDENCE, max(ages, default=None), entries,
            guard.uses(standing), breach,
        )  # fmt: skip
        self.teller.emit(Risk(self.teller.stamp(), data=data))

    def save(self) -> dict[str, Any]:
        """Return all that is needed to go on."""
        return {name: getattr(self, name) for name in _KEPT}

    def load(self, saved: dict[str, Any]) -> None:
        """Go on from there."""
        for name, value in saved.items():
            setattr(self, name, value)

    def end(self, time: int | None) -> None:
        """Take the last fills into the curve; `time` is of the last candle, None without one."""
        if time is None:
            return
        performance = self.performance
        performance.amend(self.equity())
        performance.end_period()
        self._equity(time)
        self.metrics()

    def complete(self, status: Literal["complete", "stopped"]) -> None:
        """Tell that it has ended."""
        now = self.performance
        extra = CompleteExtra(
            status, self.equities, self.equity(), self._sums.count, self._sums.value,
            now.statistics(), now.intervals(),
        )  # fmt: skip
        data = CompleteData(self._session, now.final())
        self.teller.emit(Complete(self.teller.stamp(), data, extra))


_KEPT = ("account", "day_equity", "equities", "_sums")
