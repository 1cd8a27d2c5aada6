"""Profit of a session, by symbol and strategy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from workbench.messages import PnlData, PnlPart


class Account(NamedTuple):
    """What a symbol's account has come to, money.

    Attributes
    ----------
    capital, balance, equity
        At the start; with realised profit; with unrealised profit as well.
    fees
        Commissions and financing.
    trades
        Closed.
    strategies
        By name, see `workbench.trading.positions.Positions.by_strategy`.
    """

    capital: float
    balance: float
    equity: float
    fees: float
    trades: int
    strategies: Mapping[str, PnlPart]


def pnl_of(session: str, time: str, capital: float, accounts: Mapping[str, Account]) -> PnlData:
    """Return the profit of a session: its totals are the sums of its symbols'.

    Parameters
    ----------
    time
        Market time, ISO 8601.
    capital
        Of the session, money; what no symbol has been given included.
    accounts
        By symbol.
    """
    by_symbol = {
        symbol: PnlPart(one.balance - one.capital, one.equity - one.balance, one.fees, one.trades)
        for symbol, one in accounts.items()
    }
    by_strategy: dict[str, PnlPart] = {}
    for one in accounts.values():
        for name, part in one.strategies.items():
            known = by_strategy.get(name)
            by_strategy[name] = part if known is None else _sum([known, part])
    total = _sum(by_symbol.values())
    balance = capital + total.realized
    return PnlData(
        session, time, balance + total.unrealized, balance, total.realized, total.unrealized,
        total.fees, total.trades, by_symbol, by_strategy,
    )  # fmt: skip


def _sum(parts: Iterable[PnlPart]) -> PnlPart:
    found = list(parts)
    return PnlPart(
        sum(one.realized for one in found),
        sum(one.unrealized for one in found),
        sum(one.fees for one in found),
        sum(one.trades for one in found),
    )
