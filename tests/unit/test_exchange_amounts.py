"""Units of a swap become contracts, and come back, without one of them getting lost."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import ccxt
import pytest

from workbench.sessions.exchange.comparing import holdings
from workbench.sessions.exchange.markets import DECIMALS, TICK_SIZE, amount, rules_of
from workbench.trading.tickets import whole

SIZES = (0.0001, 0.001, 0.003, 0.01, 0.1, 1, 10, 1000)


def traded(size: float, step: float, mode: int = TICK_SIZE, spot: bool = False) -> Any:
    """Return an exchange with one market, which has no connection."""
    exchange = ccxt.okx()
    exchange.precisionMode = mode
    market = {
        "id": "X", "symbol": "X", "base": "BTC", "quote": "USDT", "spot": spot, "swap": not spot,
        "linear": True, "contractSize": size, "precision": {"amount": step, "price": 1},
        "limits": {}, "info": {}, "type": "spot" if spot else "swap",
    }  # fmt: skip
    exchange.markets, exchange.markets_by_id = {"X": market}, {"X": [market]}
    return exchange


@pytest.mark.parametrize(("mode", "step"), [(TICK_SIZE, 1), (TICK_SIZE, 0.1), (DECIMALS, 2)])
@pytest.mark.parametrize("size", SIZES)
def test_no_number_of_contracts_is_cut_by_one(size: float, mode: int, step: float) -> None:
    exchange = traded(size, step, mode)
    market = exchange.market("X")
    unit = step if mode == TICK_SIZE else 10.0**-step
    rules = rules_of(exchange, market)
    for count in range(1, 1000):
        units = whole(rules, count * rules.lot)
        assert amount(exchange, market, units) == pytest.approx(count * unit), units


def test_what_is_no_whole_lot_is_cut_down() -> None:
    exchange = traded(0.01, 1)
    assert amount(exchange, exchange.market("X"), 0.2999) == 29.0
    exchange = traded(1, 1e-8, spot=True)
    assert amount(exchange, exchange.market("X"), 1.234567899) == 1.23456789


@pytest.mark.parametrize(
    ("mode", "step", "size", "lot"), [(TICK_SIZE, 1, 0.01, 0.01), (DECIMALS, 2, 10, 0.1)]
)
def test_a_difference_of_one_lot_is_told_and_less_is_not(
    mode: int, step: float, size: float, lot: float
) -> None:
    exchange = traded(size, step, mode)

    def words(held: float, there: float) -> list[str]:
        async def positions(_: Any) -> list[dict[str, Any]]:
            return [{"contracts": there / size, "side": "long"}]

        exchange.fetch_positions = positions
        line = SimpleNamespace(exchange=exchange)
        return asyncio.run(holdings(line, {"X": exchange.market("X")}, {"X": held}))  # type: ignore[arg-type]

    assert words(90 * lot, 90 * lot) == []
    assert words(90 * lot, 90.4 * lot) == []
    assert words(90 * lot, 91 * lot) == [
        f"X: the account holds {91 * lot:g}, the session {90 * lot:g}"
    ]
    assert words(90 * lot, 89 * lot) != []
    assert words(90 * lot, 0.0) != []


def test_of_spot_only_less_than_the_session_holds_is_told() -> None:
    exchange = traded(1, 0.001, spot=True)

    def words(held: float, there: float) -> list[str]:
        async def balance() -> dict[str, Any]:
            return {"total": {"BTC": there}}

        exchange.fetch_balance = balance
        line = SimpleNamespace(exchange=exchange)
        return asyncio.run(holdings(line, {"X": exchange.market("X")}, {"X": held}))  # type: ignore[arg-type]

    assert words(1.0, 2.0) == words(1.0, 0.9995) == []
    assert words(1.0, 0.999) != []
