"""A market's units and rules, as ccxt has them, in ours."""

from __future__ import annotations

from typing import Any

from workbench.errors import InvalidRequest
from workbench.sessions.exchange.habits import keeps_stops
from workbench.trading.brokering import Rules

TICK_SIZE, DECIMALS = 4, 2
"""ccxt's numbers for how an exchange writes precision."""

CRUMB = 1e-9
"""Of a quantity: a smaller difference is of rounding."""

WITHIN = 1e-3
"""Of a step: less than can be ordered."""


def rules_of(exchange: Any, market: dict[str, Any]) -> Rules:
    """Return what the exchange allows for a market, in units of the base currency.

    Raises
    ------
    InvalidRequest
        It is neither spot nor a linear swap.
    """
    if not (market.get("spot") or (market.get("swap") and market.get("linear"))):
        msg = f"{market['symbol']} is neither spot nor a linear swap: trade another market"
        raise InvalidRequest(msg, field="symbols", value=market["symbol"], allowed="spot, swap")
    unit = contract(market)
    limits = market.get("limits") or {}
    return Rules(
        lot=lot(exchange, market),
        tick=_step(exchange, market, "price"),
        least=float((limits.get("amount") or {}).get("min") or 0.0) * unit,
        least_notional=float((limits.get("cost") or {}).get("min") or 0.0),
        native=keeps_stops(exchange, market),
        shorts=not market.get("spot"),
    )


def contract(market: dict[str, Any]) -> float:
    """Return the units of the base currency in one of what the exchange counts."""
    return 1.0 if market.get("spot") else float(market.get("contractSize") or 1.0)


def lot(exchange: Any, market: dict[str, Any]) -> float:
    """Return the smallest step of a quantity in units; 0 where there is none."""
    return _step(exchange, market, "amount") * contract(market)


def amount(exchange: Any, market: dict[str, Any], units: float) -> float:
    """Return units in what the exchange counts, cut down to whole steps.

    Twenty-nine contracts of a hundredth are 28.999... by division, and would be cut down to 28.
    """
    counted = units / contract(market)
    step = _step(exchange, market, "amount")
    if step > 0.0:
        steps = round(counted / step)
        if abs(counted / step - steps) <= min(CRUMB * max(1, steps), WITHIN):
            # So far beyond the step that cutting down cannot lose it.
            counted = (steps + WITHIN) * step
    return float(exchange.amount_to_precision(market["symbol"], counted))


def _step(exchange: Any, market: dict[str, Any], what: str) -> float:
    precision = (market.get("precision") or {}).get(what)
    if precision is None:
        return 0.0
    if exchange.precisionMode == DECIMALS:
        return float(10.0 ** -int(precision))
    return float(precision)
