"""When to come back, where to knock, and what is asked."""

from __future__ import annotations

import pytest

from workbench.client.address import is_loopback, socket_options, stream_address
from workbench.client.asking import query_speed, speed_request
from workbench.client.comeback import Comeback
from workbench.client.discovery import connect
from workbench.client.rest import Rest
from workbench.client.server import Server, server_at
from workbench.client.wishes import Wishes
from workbench.errors import InvalidRequest, ServerUnreachable
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


def test_patience_is_measured_from_the_first_failure_since_a_sign_of_life():
    clock = Clock()
    comeback = Comeback(10.0, clock=clock, draw=lambda low, high: high)
    clock.now = 1000.0
    assert comeback.delay(3600.0) == 10.0
    clock.now = 1009.9
    assert comeback.delay() == pytest.approx(0.1)
    comeback.healthy()
    clock.now = 2000.0
    assert comeback.delay(3600.0) == 10.0
    clock.now = 2010.0
    assert comeback.delay() is None


def test_time_in_which_nobody_waits_uses_up_no_patience():
    clock = Clock()
    comeback = Comeback(10.0, clock=clock, draw=lambda low, high: high)
    comeback.delay()
    clock.now = 4.0
    comeback.leave()
    clock.now = 3604.0
    comeback.back()
    assert comeback.delay(3600.0) == pytest.approx(6.0)


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
    here = socket_options(server_at("http://localhost:1/", "t"))
    assert (here["proxy"], here["compression"], here["ping_interval"]) == (None, None, None)
    assert here["additional_headers"] == {"Authorization": "token t"}
    there = socket_options(server_at("https://hub.example/"))
    assert "proxy" not in there
    assert there["ping_interval"] is None
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


@pytest.mark.parametrize(
    "token", ["secret\n", "sec ret", "secret\x7f", "secr\u00e9t", "secret\r\nX: y"]
)
@pytest.mark.parametrize(
    "use",
    [
        lambda token: server_at("http://h/", token),
        lambda token: connect("http://127.0.0.1:1/", token),
        lambda token: Server("http://h/", token),
        lambda token: Rest("http://h/", token),
    ],
)
def test_a_token_that_cannot_travel_is_refused_and_not_repeated(use, token):
    with pytest.raises(InvalidRequest) as caught:
        use(token)
    assert caught.value.details["field"] == "token"
    assert "sec" not in str(caught.value) + str(caught.value.details)
    assert "sec" not in str(caught.value.__context__)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("heartbeat", value) for value in (0, -1, float("nan"), 0.05, "5", True)),
        *(("max_rate", value) for value in (0, -1.0, float("nan"), float("inf"))),
        *(("since", value) for value in (-1, 1.5, float("nan"), True, "3")),
        ("types", ()),
    ],
)
def test_a_wish_out_of_its_bounds_is_named(field, value):
    with pytest.raises(InvalidRequest) as caught:
        Wishes(**{field: value})
    assert caught.value.details["field"] == field


@pytest.mark.parametrize("speed", [float("nan"), -1, float("inf"), True, b"1"])
def test_a_pace_that_is_none_is_refused(speed):
    with pytest.raises(InvalidRequest) as caught:
        Wishes(replay=True, speed=speed)
    assert caught.value.details["field"] == "speed"


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("http://127.0.0.1:8888/lab?token=abc", "http://127.0.0.1:8888/"),
        ("http://h:1/tree?token=abc", "http://h:1/"),
        ("https://hub/user/ann/lab/?token=abc", "https://hub/user/ann/"),
        ("http://h/proxy/a%20b/?token=abc", "http://h/proxy/a%20b/"),
    ],
)
def test_the_address_that_jupyter_prints_is_taken_apart(url, base):
    assert server_at(url) == Server(base, "abc")
    assert server_at(url, "given") == Server(base, "given")
    assert "abc" not in repr(server_at(url))


def test_a_token_of_the_environment_is_the_last_resort():
    assert server_at("http://h/?token=abc", None, "env").token == "abc"
    assert server_at("http://h/", None, "env").token == "env"


@pytest.mark.parametrize("text", [b"<html>lab</html>", b""])
def test_a_page_is_no_workbench(monkeypatch, text):
    monkeypatch.setattr(Rest, "request", lambda *args: text)
    with pytest.raises(ServerUnreachable, match="not a workbench"):
        Rest("http://h/", "t").get("api/workbench")
