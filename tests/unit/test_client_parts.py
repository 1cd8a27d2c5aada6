"""When to come back, where to knock, and what is asked."""

from __future__ import annotations

import pytest

from workbench.client.address import is_loopback, server_at, socket_options, stream_address
from workbench.client.asking import query_speed, speed_request
from workbench.client.comeback import Comeback
from workbench.streams import Pace


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def test_waits_grow_with_full_jitter_up_to_a_bound():
    bounds = []
    comeback = Comeback(1e9, clock=Clock(), draw=lambda low, high: bounds.append((low, high)) or 0)
    for _ in range(9):
        comeback.delay()
    assert bounds == [(0, min(15.0, 0.2 * 2**n)) for n in range(9)]
    comeback.healthy()
    comeback.delay()
    assert bounds[-1] == (0, 0.2)
    for _ in range(2000):
        comeback.delay()
    assert bounds[-1] == (0, 15.0)


def test_the_servers_hint_is_waited_out_as_it_is():
    comeback = Comeback(60.0, clock=Clock(), draw=lambda low, high: high)
    assert comeback.delay(7.5) == 7.5
    assert comeback.delay() == 0.4


def test_patience_is_measured_from_the_last_sign_of_life():
    clock = Clock()
    comeback = Comeback(10.0, clock=clock, draw=lambda low, high: high)
    clock.now = 9.9
    assert comeback.delay() == pytest.approx(0.1)
    comeback.healthy()
    clock.now = 19.8
    assert comeback.delay(3600.0) == pytest.approx(0.1)
    clock.now = 19.9
    assert comeback.delay() is None


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("http://127.0.0.1:8888", "ws://127.0.0.1:8888/"),
        ("https://hub.example/user/me/", "wss://hub.example/user/me/"),
        ("wss://hub.example/user/me", "wss://hub.example/user/me/"),
        ("ws://[::1]:80/", "ws://[::1]:80/"),
    ],
)
def test_addresses(url, address):
    server = server_at(url, "t")
    assert stream_address(server, "a b", {"types": "trade,complete", "epoch": "e&f"}) == (
        f"{address}api/ws/stream/backtest/a%20b?types=trade,complete&epoch=e%26f"
    )
    assert stream_address(server, "x", {}) == f"{address}api/ws/stream/backtest/x"
    assert server.rest._url == address.replace("ws", "http", 1)


def test_loopback_goes_straight_and_plain_all_else_by_the_proxies_and_compressed():
    here = socket_options(server_at("http://localhost:1/", "t"), 5.0)
    assert (here["proxy"], here["compression"], here["ping_interval"]) == (None, None, None)
    assert here["additional_headers"] == {"Authorization": "token t"}
    there = socket_options(server_at("https://hub.example/"), None)
    assert "proxy" not in there
    assert "ping_interval" not in there
    assert there["compression"] == "deflate"
    assert there["additional_headers"] == {}


@pytest.mark.parametrize(
    ("host", "is_it"),
    [
        ("localhost", True), ("a.localhost", True), ("127.8.9.1", True), ("::1", True),
        ("10.0.0.1", False), ("localhost.example", False), ("hub", False),
    ],
)  # fmt: skip
def test_what_is_this_machine(host, is_it):
    assert is_loopback(host) is is_it


@pytest.mark.parametrize("text", ["250.5", "3600.0x", "0.0001x"])
def test_a_pace_goes_to_the_query_and_back(text):
    assert query_speed(Pace.parse(text)) == text


def test_full_speed_is_said_as_zero():
    assert (speed_request(None).value, speed_request(0).unit) == (0.0, None)
    assert query_speed(Pace()) is None
