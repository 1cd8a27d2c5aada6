"""Generated frames, queries and bodies: the server goes on, and the log is the honest one's.

The soak of 100,000 frames is `python -m tests.benchmarks.soak`.
"""

from __future__ import annotations

import http.client
import json

import fuzzing
import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from run_in_hand import TOKEN, run_in_hand
from websockets.sync.client import connect

from workbench.client.server import Server

from .conftest import ServerProcess, wait_for

quick = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


class Target:
    """A server under fire, and an honest producer beside."""

    def __init__(self, process: ServerProcess, run_id: str) -> None:
        self.process = process
        self.port = process.port
        self.run_id = run_id
        self.stream = f"/api/ws/stream/backtest/{run_id}"
        self.door = f"/api/ws/publish/{run_id}"
        self.sent = 0
        self.rest = Server(f"http://127.0.0.1:{process.port}/").rest

    def publish(self) -> None:
        """Publish one more point, as honest producers do."""
        with connect(
            f"ws://127.0.0.1:{self.port}{self.door}",
            additional_headers={"Authorization": f"Bearer {TOKEN}"},
            proxy=None,
        ) as producer:
            hello = json.loads(producer.recv(timeout=30))
            assert (hello["type"], hello["last"]) == ("hello", self.sent)
            points = [fuzzing.point(float(self.sent + 1), self.run_id)]
            producer.send(json.dumps({"first": self.sent + 1, "messages": points}))
            self.sent += 1
            while (reply := json.loads(producer.recv(timeout=30)))["type"] == "command":
                pass
            assert reply == {"type": "ack", "last": self.sent}

    def request(self, method: str, path: str, body: bytes = b"") -> int:
        """Send a request over plain HTTP; return the status."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, {"Content-Type": "application/json"})
            reply = connection.getresponse()
            reply.read()
            return reply.status
        finally:
            connection.close()


@pytest.fixture(scope="module")
def target(tmp_path_factory):
    process = ServerProcess(tmp_path_factory.mktemp("fuzz"), "--insecure-no-auth")
    process.home.mkdir(parents=True, exist_ok=True)
    run_id = run_in_hand(process.home)
    process.start()
    target = Target(process, run_id)
    yield target
    process.stop()


@quick
@given(fuzzing.bursts)
def test_frames_at_a_stream(target, burst):
    assert fuzzing.attack(target.port, target.stream, burst) in fuzzing.CLOSES


@quick
@given(fuzzing.bad_batches)
def test_batches_at_the_publish_door(target, burst):
    headers = {"Authorization": f"Bearer {TOKEN}"}
    assert fuzzing.attack(target.port, target.door, burst, headers) in fuzzing.CLOSES
    target.publish()


@quick
@given(fuzzing.queries)
def test_queries_of_a_stream(target, query):
    code = fuzzing.attack(target.port, f"{target.stream}?{query}", [])
    assert code in (None, 1008)


@quick
@given(fuzzing.bodies, st.sampled_from(["start", "{id}/control", "x/control"]))
def test_bodies_of_requests(target, body, route):
    path = "/api/backtesting/" + route.format(id=target.run_id)
    status = target.request("POST", path, body)
    assert 400 <= status < 500 or (status == 200 and route == "{id}/control")


def test_connections_leave_nothing_open(target):
    process = psutil.Process(target.process.process.pid)
    fuzzing.attack(target.port, target.stream, [])
    before = process.num_fds()
    for _ in range(100):
        fuzzing.attack(target.port, target.stream, [b"\x81\xff"])
    wait_for(lambda: process.num_fds() <= before + 2, "the sockets to be closed")


def test_at_the_end_the_log_is_what_was_honestly_sent(target):
    target.publish()
    status = "api/ws/stream/status"
    wait_for(lambda: target.rest.get(status)["active_connections"]["total"] == 0, "no readers")
    equity = target.rest.get(f"api/backtesting/{target.run_id}/equity")["equity"]
    assert equity == [float(n + 1) for n in range(target.sent)]
    log = (target.process.home / "server.log").read_text()
    assert "Traceback" not in log, log[log.index("Traceback") :][:2000]
    assert TOKEN not in log
