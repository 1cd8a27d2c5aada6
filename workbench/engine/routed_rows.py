"""The rows of events that a venue's reports come to."""

from __future__ import annotations

from workbench.engine.rules.layout import (
    BALANCE,
    E_BALANCE,
    E_BAR,
    E_CODE,
    E_COMMISSION,
    E_ENTRY_BAR,
    E_ENTRY_PRICE,
    E_KIND,
    E_LEVEL,
    E_MAE,
    E_MFE,
    E_OPEN,
    E_ORDER,
    E_PERCENT,
    E_PNL,
    E_PRICE,
    E_PRICES,
    E_QUANTITY,
    E_REMAINING,
    E_RUNG,
    E_RUNGS,
    E_SEEN,
    E_SIGN,
    E_SIGNAL,
    E_STOP,
    E_STRATEGY,
    E_TRADE,
    ENTERED,
    EXITED,
    P_BAR,
    P_COMMISSION,
    P_HIGH,
    P_LOW,
    P_ORDER,
    P_PRICE,
    P_PRICES,
    P_QUANTITY,
    P_RUNGS,
    P_SIGN,
    P_SIGNAL,
    P_STOP,
    P_STRATEGY,
    P_TRADE,
    POSITIONS,
    RUNGS,
)  # fmt: skip


class Exit:
    """What has been closed of a trade for one reason, and is not told yet."""

    def __init__(self, code: int, order: int, rung: int, level: float, decided: float) -> None:
        self.code, self.order, self.rung, self.level = code, order, rung, level
        self.decided = decided
        self.quantity = self.paid = self.fee = 0.0
        self.done = False


def entry_row(e: list[float], bar: int, row: list[float], a: list[float]) -> None:
    """Fill the row of an entry whose order is done; `a` is the account."""
    e[E_KIND], e[E_BAR], e[E_ORDER], e[E_TRADE] = ENTERED, bar, row[P_ORDER], row[P_TRADE]
    e[E_STRATEGY], e[E_SIGN], e[E_PRICE] = row[P_STRATEGY], row[P_SIGN], row[P_PRICE]
    e[E_QUANTITY] = e[E_REMAINING] = row[P_QUANTITY]
    e[E_COMMISSION], e[E_ENTRY_BAR], e[E_ENTRY_PRICE] = (
        row[P_COMMISSION], row[P_BAR], row[P_PRICE],
    )  # fmt: skip
    e[E_SIGNAL], e[E_STOP], e[E_RUNGS] = row[P_SIGNAL], row[P_STOP], row[P_RUNGS]
    e[E_PRICES : E_PRICES + RUNGS] = row[P_PRICES : P_PRICES + RUNGS]
    e[E_BALANCE], e[E_OPEN] = a[BALANCE], a[POSITIONS]


def exit_row(
    e: list[float], bar: int, row: list[float], one: Exit, remaining: float, a: list[float]
) -> None:
    """Fill the row of an exit that is done, of which `remaining` units are left."""
    sign, price, quantity = row[P_SIGN], one.paid / one.quantity, one.quantity
    entry = row[P_PRICE]
    pnl = (
        sign * (price - entry) * quantity - one.fee - row[P_COMMISSION] * quantity / row[P_QUANTITY]
    )
    best, worst = (row[P_HIGH], row[P_LOW]) if sign > 0 else (row[P_LOW], row[P_HIGH])
    e[E_KIND], e[E_BAR], e[E_ORDER], e[E_TRADE] = EXITED, bar, one.order, row[P_TRADE]
    e[E_STRATEGY], e[E_SIGN], e[E_CODE] = row[P_STRATEGY], sign, one.code
    e[E_PRICE], e[E_QUANTITY], e[E_REMAINING] = price, quantity, remaining
    e[E_COMMISSION], e[E_ENTRY_BAR], e[E_ENTRY_PRICE] = one.fee, row[P_BAR], entry
    e[E_PNL], e[E_PERCENT] = pnl, 100 * pnl / (quantity * entry)
    e[E_MFE] = max(0.0, sign * (best - entry) * quantity)
    e[E_MAE] = min(0.0, sign * (worst - entry) * quantity)
    e[E_LEVEL], e[E_SEEN] = (one.level, price) if one.level == one.level else (price, price)
    e[E_RUNG], e[E_BALANCE] = one.rung, a[BALANCE]
    e[E_SIGNAL] = one.decided
    e[E_OPEN] = a[POSITIONS] - (1.0 if remaining <= 0.0 else 0.0)
