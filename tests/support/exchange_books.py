"""Holding what a session told against the ledger of the fake exchange."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest

from workbench.messages import FINAL_ORDER_STATUSES

FEE = 0.001


def told(messages: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [one["data"] for one in messages if one["type"] == kind]


def of(ledger: dict[str, Any], session: str) -> list[dict[str, Any]]:
    """Return the ledger's orders of a session."""
    return [one for one in ledger["orders"] if one["client"].startswith(f"{session}-")]


def held(ledger: dict[str, Any], session: str) -> dict[str, float]:
    """Return what a session holds by the ledger."""
    found: dict[str, float] = defaultdict(float)
    for one in of(ledger, session):
        found[one["symbol"]] += one["filled"] * (1 if one["side"] == "BUY" else -1)
    return found


def check(messages: list[dict[str, Any]], ledger: dict[str, Any], session: str) -> None:
    """Compare orders, fills, fees and holdings; the session has ended."""
    orders = of(ledger, session)
    names = [one["client"] for one in orders]
    assert len(set(names)) == len(names), "an order was placed twice"
    assert all(ledger["placed"][name] == 1 for name in names)
    assert [one["client"] for one in orders if not one["over"]] == [], "left behind"

    last: dict[str, dict[str, Any]] = {}
    owner: dict[str, str] = {}
    for data in told(messages, "order"):
        name = data["order_id"]
        before = last.get(name)
        assert before is None or before["status"] not in FINAL_ORDER_STATUSES, data
        assert before is None or data["filled"] >= before["filled"] * (1 - 1e-9), (before, data)
        last[name] = data
        if "-K" not in data.get("client_order_id", "-K"):  # the kill switch closes several by one
            assert owner.setdefault(data["client_order_id"], name) == name
    assert {name: one["status"] for name, one in last.items()
            if one["status"] not in FINAL_ORDER_STATUSES} == {}  # fmt: skip

    # An order of the strategy may be several there: one for each trade it closes.
    wanted, found = sums(), sums()
    for one in orders:
        key = one["symbol"], one["side"].lower()
        add(wanted[key], one["filled"], one["spent"], one["spent"] * FEE)
    for data in last.values():
        key = data["symbol"].replace("-", ""), data["side"]
        add(found[key], data["filled"], data["filled"] * (data["average_price"] or 0.0),
            data["fees"])  # fmt: skip
    for key in {*wanted, *found}:
        assert found[key] == pytest.approx(wanted[key], rel=1e-7, abs=1e-7), key

    books(messages, ledger, session)


def sums() -> dict[tuple[str, str], list[float]]:
    return defaultdict(lambda: [0.0, 0.0, 0.0])


def add(row: list[float], *more: float) -> None:
    """Add to units, money and fees."""
    for place, value in enumerate(more):
        row[place] += value


def books(messages: list[dict[str, Any]], ledger: dict[str, Any], session: str) -> None:
    """Compare positions, trades and money with the ledger."""
    there = held(ledger, session)
    mine: dict[str, float] = defaultdict(float)
    for data in {one["position_id"]: one for one in told(messages, "position")}.values():
        sign = 1 if data["direction"] == "long" else -1
        mine[data["symbol"].replace("-", "")] += sign * data["quantity"]
    for symbol in {*there, *mine}:
        assert mine[symbol] == pytest.approx(there[symbol], abs=1e-6), symbol

    by_trades: dict[str, float] = defaultdict(float)
    for one in messages:
        if one["type"] != "trade":
            continue
        data, extra = one["data"], one["extra"]
        sign = 1 if data["direction"] == "long" else -1
        sign = sign if data["event"] == "entry" else -sign
        by_trades[data["symbol"].replace("-", "")] += sign * extra["quantity"]
    for symbol in {*there, *by_trades}:
        assert by_trades[symbol] == pytest.approx(there[symbol], abs=1e-6), symbol

    # Money: what the ledger took for all that was bought, and gave for what was sold.
    orders = of(ledger, session)
    paid = sum(
        one["spent"] * (FEE + (1 if one["side"] == "BUY" else -1)) for one in orders
    )  # fmt: skip
    pnl = told(messages, "pnl")[-1]
    cost = sum(
        one["quantity"] * one["entry_price"]
        for one in {one["position_id"]: one for one in told(messages, "position")}.values()
    )
    assert pnl["balance"] - 10_000.0 == pytest.approx(cost - paid, abs=1e-3)
