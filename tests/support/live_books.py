"""Whether what a session said of orders, positions, trades and profit fits together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import pytest

from workbench.messages import FINAL_ORDER_STATUSES, Message, OrderData

FOLLOWS = {
    None: {"new"},
    "new": {"new", "accepted", "rejected", "cancelled", "expired"},
    "accepted": {"accepted", "partially_filled", *FINAL_ORDER_STATUSES},
    "partially_filled": {"partially_filled", *FINAL_ORDER_STATUSES},
}
SIGN = {"buy": 1.0, "sell": -1.0}


def check_orders(said: Sequence[Message], over: bool) -> dict[str, OrderData]:
    """Assert that each order went one way, to one end; return their last states by id."""
    last: dict[str, OrderData] = {}
    for message in said:
        if message.type != "order":
            continue
        data: Any = message.data
        before = last.get(data.order_id)
        assert data.status in FOLLOWS[before and before.status], (before, data)
        if before is not None:
            assert (data.role, data.side, data.symbol) == (before.role, before.side, before.symbol)
            assert data.filled >= before.filled
            assert data.fees >= before.fees - 1e-9
        if data.status == "filled":
            assert data.filled > 0
            assert data.quantity == pytest.approx(data.filled)
        if data.status in ("rejected", "cancelled", "expired", "left"):
            assert data.code
            assert data.message
        last[data.order_id] = data
    if over:
        assert {one.status for one in last.values()} <= FINAL_ORDER_STATUSES
    return last


def check_fills(said: Sequence[Message], orders: dict[str, OrderData]) -> None:
    """Assert that what orders filled is what trades changed, unit for unit and fee for fee."""
    units: dict[tuple[str, bool], float] = defaultdict(float)
    fees: dict[str, float] = defaultdict(float)
    for message in said:
        if message.type == "trade":
            data, extra = message.data, message.extra
            entered = not hasattr(data, "exit_price")
            down = entered and data.direction == "short"
            units[data.symbol, entered] += -extra.quantity if down else extra.quantity
            fees[data.symbol] += extra.commission
    for symbol in {one.symbol for one in orders.values()} | {symbol for symbol, _ in units}:
        own = [one for one in orders.values() if one.symbol == symbol]
        entries = [SIGN[one.side] * one.filled for one in own if one.role == "entry"]
        # One order may close what is long and what is short.
        exits = [one.filled for one in own if one.role != "entry"]
        assert sum(entries) == pytest.approx(units[symbol, True], abs=1e-6)
        assert sum(exits) == pytest.approx(units[symbol, False], abs=1e-6)
        assert sum(one.fees for one in own) == pytest.approx(fees[symbol], abs=1e-6)


def check_positions(said: Sequence[Message], over: bool) -> None:
    """Assert that each position opens once, changes, and closes once, with its trade's numbers."""
    open_: dict[str, Any] = {}
    realized: dict[str, float] = defaultdict(float)
    seen: set[str] = set()
    for message in said:
        if message.type == "trade" and hasattr(message.data, "exit_price"):
            realized[message.data.trade_id] += message.data.pnl
        if message.type != "position":
            continue
        data: Any = message.data
        if data.event == "open":
            assert data.position_id not in seen
            seen.add(data.position_id)
        else:
            assert data.position_id in open_
        assert data.realized_pnl == pytest.approx(realized[data.position_id], abs=1e-6)
        if data.event == "close":
            assert data.quantity == 0.0
            assert data.exit_reason
            del open_[data.position_id]
        else:
            assert data.quantity > 0.0
            open_[data.position_id] = data
    assert not (over and open_)


def check_profit(said: Sequence[Message], capital: float) -> None:
    """Assert that profits add up, in every message."""
    for message in said:
        if message.type != "pnl":
            continue
        data: Any = message.data
        near = dict(rel=1e-9, abs=1e-6)
        assert data.equity == pytest.approx(capital + data.realized + data.unrealized, **near)
        assert data.balance == pytest.approx(capital + data.realized, **near)
        for parts in (data.by_symbol, data.by_strategy):
            for name in ("realized", "unrealized", "fees", "trades"):
                total = sum(getattr(one, name) for one in parts.values())
                assert total == pytest.approx(getattr(data, name), **near), name


def check(said: Sequence[Message], capital: float, over: bool = True, kept: bool = False) -> None:
    """Assert all of it; `kept`: positions may be held on after the end."""
    orders = check_orders(said, over)
    check_fills(said, orders)
    check_positions(said, over and not kept)
    check_profit(said, capital)
