"""Which of the servers that run a client takes."""

from __future__ import annotations

from typing import Any

import pytest

from workbench.client import discovery
from workbench.client.rest import Rest
from workbench.client.server import Server
from workbench.runs.servers import ServerFile

OPEN, CLOSED = "http://127.0.0.1:1/", "http://127.0.0.1:2/"


@pytest.fixture(autouse=True)
def two_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that asks for no token, and an earlier one that does."""

    def get(rest: Rest, path: str) -> dict[str, Any]:
        return {"name": "workbench", "authentication": rest._url != OPEN}

    files = [ServerFile(url=url, pid=1, started=0.0) for url in (OPEN, CLOSED)]
    monkeypatch.setattr(discovery.servers, "running", lambda home: files)
    monkeypatch.setattr(discovery, "_server_info", lambda pid: {"token": ""})
    monkeypatch.setattr(Rest, "get", get)
    for name in ("WORKBENCH_URL", "JPY_PARENT_PID", "JUPYTERHUB_SERVICE_URL"):
        monkeypatch.delenv(name, raising=False)


def test_a_strategy_out_of_a_file_goes_to_a_server_that_takes_it() -> None:
    found = discovery.find(pickles=True)
    assert found is not None
    assert found.url == CLOSED


def test_anything_else_goes_to_the_latest_server() -> None:
    found = discovery.find()
    assert found == Server(OPEN, authenticated=False)


def test_a_server_that_was_named_is_taken_as_it_is() -> None:
    found = discovery.find(OPEN, pickles=True)
    assert found == Server(OPEN, authenticated=False)
