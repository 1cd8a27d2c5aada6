"""Metrics as people read them: named, in order, with their units."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

NONE = "–"


class Measure(NamedTuple):
    """One metric.

    Attributes
    ----------
    name
        As on the wire, such as ``sharpe_ratio``.
    label
        For people.
    text
        The value with its unit; ``–`` where it is not defined.
    sign
        -1, 0 or 1: whether the value is bad, neither or good news.
    interval
        Its confidence interval, empty where there is none.
    """

    name: str
    label: str
    text: str
    sign: int = 0
    interval: str = ""


def measures(
    metrics: Mapping[str, Any], capital: float | None = None, equity: float | None = None
) -> list[Measure]:
    """Return the metrics to show, in order.

    Parameters
    ----------
    metrics
        Of a `complete` message (percent) or of a `metrics` message (fractions); the former
        are known by their `total_return`. Those that are missing are left out.
    capital, equity
        Initial capital and final equity, where known, in the account's currency.
    """
    found: list[Measure] = []
    if capital is not None:
        found.append(Measure("initial_capital", "Initial capital", money(capital)))
    if equity is not None:
        change = 0.0 if capital is None else equity - capital
        found.append(Measure("final_equity", "Final equity", money(equity), _sign(change)))
    final = "total_return" in metrics
    for name, label in _LABELS.items():
        if name in metrics:
            text, sign = _show(name, metrics, final)
            found.append(Measure(name, label, text, sign))
    return found


def money(value: float) -> str:
    """Return an amount with two decimals: ``12,345.67``."""
    return f"{value:,.2f}"


def percent(value: float, *, signed: bool = False) -> str:
    """Return a percentage: ``12.34 %``, or ``+12.34 %``."""
    return f"{value:+,.2f} %" if signed else f"{value:,.2f} %"


_LABELS = {
    "total_return": "Total return",
    "max_drawdown": "Max. drawdown",
    "sharpe_ratio": "Sharpe ratio",
    "profit_factor": "Profit factor",
    "win_rate": "Win rate",
    "total_trades": "Trades",
    "winning_trades": "Winning trades",
    "losing_trades": "Losing trades",
    "average_win": "Average win",
    "average_loss": "Average loss",
    "largest_win": "Largest win",
    "largest_loss": "Largest loss",
    "total_commissions": "Commissions",
}


def _show(name: str, metrics: Mapping[str, Any], final: bool) -> tuple[str, int]:
    value = metrics[name]
    trades, wins = metrics.get("total_trades", 0), metrics.get("winning_trades", 0)
    losses = trades - wins
    match name:
        case "total_return":
            return percent(value, signed=True), _sign(value)
        case "max_drawdown":
            value = value if final else 100 * value
            return percent(value), _sign(value)
        case "win_rate":
            return (percent(100 * value) if trades else NONE), 0
        case "profit_factor":
            # On the wire an undefined ratio is 0.
            if not losses:
                return ("∞", 1) if wins else (NONE, 0)
            return f"{value:,.2f}", _sign(value - 1)
        case "sharpe_ratio":
            if value != value or (not value and "volatility" not in metrics):
                return NONE, 0
            return f"{value:,.2f}", _sign(value)
        case "average_win" | "largest_win":
            return (percent(value, signed=True), 1) if wins else (NONE, 0)
        case "average_loss" | "largest_loss":
            return (percent(value, signed=True), -1) if losses else (NONE, 0)
        case "total_commissions":
            return money(value), 0
        case _:
            return f"{value:,}", 0


def _sign(value: float) -> int:
    return (value > 0) - (value < 0)
