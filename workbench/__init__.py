"""Backtests that stream live into JupyterLab: every trade, and why it was made.

The public names are resolved when first used, so that ``import workbench`` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from workbench.analysis import indicators
    from workbench.analysis.batch import detect
    from workbench.analysis.own import OwnDetector
    from workbench.analysis.structure.settings import StructureSettings
    from workbench.analysis.testing import check_detector
    from workbench.client.api import attach, list_runs, start
    from workbench.client.differing import diff
    from workbench.client.discovery import connect
    from workbench.client.live_opening import flatten_all, list_sessions, live, sessions_view
    from workbench.client.market import Market
    from workbench.client.market_history import history
    from workbench.client.market_opening import market
    from workbench.client.publishing import publish
    from workbench.client.run import Run
    from workbench.client.server import Server
    from workbench.client.session import Session
    from workbench.client.sweep import Sweep
    from workbench.client.sweeping import sweep
    from workbench.data import Candles, symbols
    from workbench.engine import BacktestResult, Reasoning, Strategy, backtest
    from workbench.engine.compiled import compiled
    from workbench.engine.parameters import Parameter
    from workbench.engine.settings import Commission, Convention, Settings, Slippage
    from workbench.engine.signals import Signals
    from workbench.errors import WorkbenchError
    from workbench.sweeps.spec import WalkForward
    from workbench.trading.limits import RiskLimits

_HOMES = {
    "compiled": "workbench.engine.compiled",
    "Signals": "workbench.engine.signals",
    "Candles": "workbench.data",
    "BacktestResult": "workbench.engine",
    "Commission": "workbench.engine.settings",
    "Convention": "workbench.engine.settings",
    "Market": "workbench.client.market",
    "Parameter": "workbench.engine.parameters",
    "Settings": "workbench.engine.settings",
    "Slippage": "workbench.engine.settings",
    "Reasoning": "workbench.engine",
    "Run": "workbench.client.run",
    "Server": "workbench.client.discovery",
    "Strategy": "workbench.engine",
    "Sweep": "workbench.client.sweep",
    "WalkForward": "workbench.sweeps.spec",
    "WorkbenchError": "workbench.errors",
    "OwnDetector": "workbench.analysis.own",
    "StructureSettings": "workbench.analysis.structure.settings",
    "check_detector": "workbench.analysis.testing",
    "RiskLimits": "workbench.trading.limits",
    "Session": "workbench.client.session",
    "diff": "workbench.client.differing",
    "flatten_all": "workbench.client.live_opening",
    "live": "workbench.client.live_opening",
    "list_sessions": "workbench.client.live_opening",
    "sessions_view": "workbench.client.live_opening",
    "attach": "workbench.client.api",
    "backtest": "workbench.engine",
    "connect": "workbench.client.discovery",
    "history": "workbench.client.market_history",
    "detect": "workbench.analysis.batch",
    "indicators": "workbench.analysis",
    "list_runs": "workbench.client.api",
    "market": "workbench.client.market_opening",
    "publish": "workbench.client.publishing",
    "start": "workbench.client.api",
    "sweep": "workbench.client.sweeping",
    "symbols": "workbench.data",
}

__all__ = [
    "BacktestResult",
    "Candles",
    "Commission",
    "Convention",
    "Market",
    "OwnDetector",
    "Parameter",
    "Reasoning",
    "RiskLimits",
    "Run",
    "Server",
    "Session",
    "Settings",
    "Signals",
    "Slippage",
    "Strategy",
    "StructureSettings",
    "Sweep",
    "WalkForward",
    "WorkbenchError",
    "__version__",
    "attach",
    "backtest",
    "check_detector",
    "compiled",
    "connect",
    "detect",
    "diff",
    "flatten_all",
    "history",
    "indicators",
    "list_runs",
    "list_sessions",
    "live",
    "market",
    "publish",
    "sessions_view",
    "start",
    "sweep",
    "symbols",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        msg = f"module 'workbench' has no attribute {name!r}"
        raise AttributeError(msg)
    home = import_module(_HOMES[name])
    value = getattr(home, name, None)
    if value is None:
        value = import_module(f"{_HOMES[name]}.{name}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
