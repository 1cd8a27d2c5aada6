"""Jobs of live sessions for tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from workbench.runs.spec import RunSpec
from workbench.sessions.job import LiveJob
from workbench.trading.spec import LiveSettings


def live_job(home: Path, session: str = "live_1", **changes: Any) -> LiveJob:
    settings: dict[str, Any] = {"symbols": ["EUR-USD"], "feed": {"feed": "replay"}, "history": 20}
    settings |= changes.pop("live", {})
    spec: dict[str, Any] = {
        "symbol": settings["symbols"][0], "timeframes": ["1H"], "start_date": "2024-01-01",
        "end_date": "", "strategy_ids": ["sma_cross"],
    }  # fmt: skip
    spec |= changes.pop("spec", {})
    return LiveJob(
        run_id=session,
        spec=RunSpec(**spec, live=LiveSettings(**settings)),
        urls=[],
        token="t",
        home=str(home),
        **changes,
    )
