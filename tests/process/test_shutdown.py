"""SIGTERM to a real server: all are told when to come back, and nothing is lost."""

from __future__ import annotations

import json
from contextlib import ExitStack
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from raw_ws import RawSocket
from run_in_hand import TOKEN as PUBLISH_TOKEN
from run_in_hand import run_in_hand
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from .conftest import TOKEN, ServerProcess, wait_for


@pytest.fixture
def serving(new_server):
    process: ServerProcess = new_server()
    process.home.mkdir(parents=True, exist_ok=True)
    run_id = run_in_hand(process.home)
    server = process.start()
    return process, server, run_id


@pytest.fixture
def open_socket(serving):
    with ExitStack() as stack:

        def connected(path, authorization):
            return stack.enter_context(
                connect(
                    f"ws://127.0.0.1:{serving[0].port}/api/ws/{path}",
                    additional_headers={"Authorization": authorization},
                    proxy=None,
                )
            )

        yield connected


def to_the_end(socket):
    messages = []
    try:
        while True:
            messages.append(json.loads(socket.recv(timeout=30)))
    except ConnectionClosed as closed:
        return messages, closed.rcvd and closed.rcvd.code


def test_all_are_told_before_the_server_goes(serving, open_socket):
    process, server, run_id = serving
    readers = [open_socket(f"stream/backtest/{run_id}", f"token {TOKEN}") for _ in range(8)]
    producer = open_socket(f"publish/{run_id}", f"Bearer {PUBLISH_TOKEN}")
    status = "api/ws/stream/status"
    wait_for(lambda: server.rest.get(status)["active_connections"]["total"] == 8, "the readers")
    process.process.terminate()
    pauses = []
    for reader in readers:
        messages, code = to_the_end(reader)
        assert code == 1001
        assert [m["type"] for m in messages] == ["connected", "shutdown"]
        assert set(messages[-1]["data"]) == {"reason", "reconnect_ms"}
        pauses.append(messages[-1]["data"]["reconnect_ms"])
    assert len(set(pauses)) > 1
    messages, code = to_the_end(producer)
    assert code == 1001
    assert [m["type"] for m in messages] == ["hello"]
    assert process.process.wait(30) == 0
    assert "Traceback" not in (process.home / "server.log").read_text()


def test_a_peer_that_does_not_read_does_not_keep_the_server(serving):
    process, _, run_id = serving
    with RawSocket(process.port) as deaf:
        path = f"/api/ws/stream/backtest/{run_id}"
        assert deaf.ask(path, {"Authorization": f"token {TOKEN}"}).status == 101
        process.process.terminate()
        assert process.process.wait(30) == 0


def test_the_standalone_server_has_metrics(serving):
    _, server, _ = serving
    address = f"{server.url}metrics"
    with pytest.raises(HTTPError) as caught:
        urlopen(address, timeout=30)
    assert caught.value.code == 403
    caught.value.close()
    with urlopen(
        Request(address, headers={"Authorization": f"token {TOKEN}"}), timeout=30
    ) as reply:
        text = reply.read().decode()
    assert 'workbench_runs{status="pending"} 1.0' in text
