"""Backtests: strategies, orders and fills, metrics, and the stream of events.

The public names are resolved when they are first used, so that importing this costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.engine.engine import BacktestEngine
    from workbench.engine.result import BacktestResult, backtest
    from workbench.engine.strategy import Strategy
    from workbench.engine.streaming import StreamingBacktestEngine
    from workbench.messages import Reasoning

__all__ = [
    "BacktestEngine",
    "BacktestResult",
    "Reasoning",
    "Strategy",
    "StreamingBacktestEngine",
    "backtest",
]

_HOME = {
    "BacktestEngine": "workbench.engine.engine",
    "BacktestResult": "workbench.engine.result",
    "Reasoning": "workbench.messages",
    "Strategy": "workbench.engine.strategy",
    "StreamingBacktestEngine": "workbench.engine.streaming",
    "backtest": "workbench.engine.result",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)
