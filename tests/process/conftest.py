"""Real servers in processes of their own, on loopback, with state folders of their own."""

from __future__ import annotations

import json
from typing import Any

import pytest
from server_process import TOKEN, ServerProcess, answers, free_port, wait_for

from workbench.client.server import Server
from workbench.client.stream import Stream
from workbench.messages import AnyMessage

__all__ = ["TOKEN", "ServerProcess", "answers", "free_port", "wait_for"]

LONG_BODY = {
    "symbol": "BTC-USD",
    "timeframes": ["15M"],
    "start_date": "2021-01-01",
    "end_date": "2023-12-31",
    "strategy_ids": ["sma_cross"],
    "strategy_params": {"fast": 50, "slow": 200},
    "seed": 7,
}


def pytest_collection_modifyitems(items):
    for item in items:
        item.add_marker(pytest.mark.process)


@pytest.fixture
def new_server(tmp_path):
    made: list[ServerProcess] = []

    def make(*arguments: str, home: str = "home") -> ServerProcess:
        server = ServerProcess(tmp_path / home, *arguments)
        made.append(server)
        return server

    yield make
    for server in made:
        server.stop()


def start_run(server: Server, body: dict[str, Any]) -> str:
    return str(server.rest.post("api/backtesting/start", body)["backtest_id"])


def follow(server: Server, run_id: str, **options: Any) -> list[AnyMessage]:
    return list(Stream(server, run_id, **options))


def essence(server: Server, run_id: str) -> list[Any]:
    """Return a run's whole log, wall-clock fields and the run's name aside."""
    found: list[Any] = []
    since = 0
    while True:
        page = server.rest.get(f"api/backtesting/{run_id}/events", {"since": since})
        for message in page["events"]:
            del message["timestamp"]
            text = json.dumps(message, sort_keys=True).replace(run_id, "RUN")
            found.append(json.loads(text))
        if page["next"] >= page["seq"]:
            return found
        since = page["next"]
