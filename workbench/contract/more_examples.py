"""Examples of what the printed contract does not have: signals and sweeps."""

from __future__ import annotations

from workbench.contract.parameters import RUN_ID
from workbench.messages import (
    Message,
    Reasoning,
    Signal,
    SignalData,
    SignalExtra,
    Sweep,
    SweepData,
)

OPEN = {"number": 7}
"""A body of `POST /api/backtesting/{id}/open`."""

_NOW = "2024-02-11T12:36:00.123Z"

MORE_EXAMPLES: dict[str, Message] = {
    "signal": Signal(
        _NOW,
        data=SignalData(
            "signal_12",
            "BTC-USD",
            "strategy1",
            "enter_long",
            "2024-01-15T08:00:00Z",
            "rejected",
            "no_cash",
            "Cannot afford 2 at 51234.5: 102469 needed, 11250.5 available",
            {"needed": 102469.0, "available": 11250.5, "price": 51234.5, "quantity": 2.0},
            Reasoning("enter_long", 0.85, "Averages crossed"),
        ),
        extra=SignalExtra(1376, 1377, {"rsi": 38.4}),
        seq=211,
        eseq=43,
    ),
    "sweep": Sweep(
        _NOW,
        data=SweepData(
            RUN_ID,
            7,
            {"fast": 10, "slow": 30},
            {"total_return": 12.4, "sharpe_ratio": 1.1, "max_drawdown": -8.9, "total_trades": 42.0},
            "",
            "all",
            0,
            "2024-01-01T00:00:00Z",
            "2024-01-31T23:45:00Z",
        ),
        seq=40,
        eseq=9,
    ),
}
