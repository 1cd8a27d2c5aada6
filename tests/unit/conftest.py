"""A state folder with one finished run in it, made without a server."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from workbench.data import load
from workbench.engine import BacktestEngine, StreamingBacktestEngine
from workbench.engine.strategies.registry import get
from workbench.messages import LogMessage
from workbench.runs.service import RunService

Record = Callable[..., str]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty state folder, and none of a server that runs elsewhere."""
    folder = tmp_path / "home"
    monkeypatch.setenv("WORKBENCH_HOME", str(folder))
    for name in ("WORKBENCH_URL", "JPY_PARENT_PID", "JUPYTERHUB_SERVICE_URL"):
        monkeypatch.delenv(name, raising=False)
    return folder


@pytest.fixture
def record(home: Path) -> Record:
    """Return a function that runs a backtest into the log of `home` and returns its id."""

    def make(
        change: Callable[[list[LogMessage]], list[LogMessage]] = lambda messages: messages,
        **fields: Any,
    ) -> str:
        body = {
            "symbol": "EUR-USD",
            "timeframes": ["1H"],
            "start_date": "2017-01-01",
            "end_date": "2017-03-31",
            "strategy_ids": ["sma_cross"],
            "equity_every": 10,
            **fields,
        }
        service = RunService(home, list, max_workers=0)
        run = service.start(json.dumps(body).encode())
        spec = run.spec
        candles = load(spec.symbol, spec.timeframes, spec.start_date, spec.end_date)
        engine = BacktestEngine(
            get(spec.strategy_ids[0]), candles, strategy_params=spec.strategy_params
        )
        messages: list[Any] = []
        StreamingBacktestEngine(
            engine, run.id, messages.append, equity_every=spec.equity_every
        ).run()
        service.append(run.id, "worker", 1, change(messages))
        service.close()
        return run.id

    return make
