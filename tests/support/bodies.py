"""Bodies of start requests."""

from __future__ import annotations

from typing import Any

SPEC_BODY: dict[str, Any] = {
    "name": "Test Backtest",
    "symbol": "BTC-USD",
    "timeframes": ["4H", "1H", "15M"],
    "start_date": "2024-01-01",
    "end_date": "2024-01-31",
    "initial_capital": 10000,
    "strategy_ids": ["strategy1"],
    "risk_per_trade": 0.02,
}
"""As the contract prints it."""
