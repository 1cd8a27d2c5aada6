"""Who may do what: tokens, origins, publish tokens."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.websocket import websocket_connect
from workbench_server.handlers.refusing import asker

ROUTES = [
    ("GET", "api/workbench"),
    ("GET", "api/backtesting"),
    ("POST", "api/backtesting/start"),
    ("GET", "api/backtesting/x"),
    ("DELETE", "api/backtesting/x"),
    ("POST", "api/backtesting/x/control"),
    ("GET", "api/backtesting/x/trades"),
    ("GET", "api/backtesting/x/equity"),
    ("GET", "api/backtesting/x/events"),
    ("GET", "api/backtesting/x/candles"),
    ("GET", "api/backtesting/x/report"),
    ("GET", "api/ws/stream/status"),
]


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_without_a_token_nothing_is_told(http_server_client, jp_base_url, method, path):
    with pytest.raises(HTTPClientError) as caught:
        await http_server_client.fetch(
            jp_base_url + path, method=method, body="{}" if method == "POST" else None
        )
    assert caught.value.code == 403
    body = json.loads(caught.value.response.body)
    assert body["code"] == "not_authenticated"
    assert "Authorization: token" in body["error"]


async def test_a_method_that_is_not_there_has_a_code_of_its_own(call, jp_fetch):
    with pytest.raises(HTTPClientError) as caught:
        await jp_fetch("api", "backtesting", "x", method="PUT", body="{}")
    reply = caught.value.response
    body = json.loads(reply.body)
    assert (reply.code, body["code"]) == (405, "method_not_allowed")
    assert body["details"]["allowed"] == ["GET", "DELETE"]
    assert reply.headers["Allow"] == "GET, DELETE"


async def test_a_missing_right_is_told_apart_from_a_missing_token(call, app, monkeypatch):
    async def never(*_):
        return False

    monkeypatch.setattr(app.serverapp.authorizer, "is_authorized", never)
    status, body = await call("GET", "api", "backtesting")
    assert (status, body["code"]) == (403, "not_allowed")


@pytest.mark.parametrize(
    ("name", "shown", "by"),
    [
        ("0123456789abcdef" * 2, "Anonymous Io", None),
        ("0123456789abcdef" * 2, "Ann", "0123456789abcdef" * 2),
        ("ann", "Anonymous Io", "ann"),
    ],
)
def test_a_name_that_was_drawn_names_nobody(name, shown, by):
    assert asker(SimpleNamespace(username=name, name=shown)) == by


@pytest.fixture
def open_socket(http_server_client, jp_http_port, jp_base_url):
    async def connect(path, **headers):
        request = HTTPRequest(f"ws://127.0.0.1:{jp_http_port}{jp_base_url}{path}", headers=headers)
        return await websocket_connect(request)

    return connect


@pytest.mark.parametrize("path", ["api/ws/stream/backtest/x", "api/ws/publish/x"])
async def test_sockets_refuse_strangers(open_socket, path, jp_auth_header):
    with pytest.raises(HTTPClientError) as caught:
        await open_socket(path)
    assert caught.value.code in (403, 410)


async def test_a_login_is_not_enough_to_publish(open_socket, call, spec_body, jp_auth_header):
    _, reply = await call("POST", "api", "backtesting", "start", body={**spec_body, "speed": 20})
    run_id = reply["backtest_id"]
    for header in (jp_auth_header["Authorization"], "Bearer nope", ""):
        with pytest.raises(HTTPClientError) as caught:
            await open_socket(f"api/ws/publish/{run_id}", Authorization=header)
        assert caught.value.code == 403
        assert json.loads(caught.value.response.body)["code"] == "not_allowed"
    await call("DELETE", "api", "backtesting", run_id)


async def test_replies_and_logs_hold_no_token(call, spec_body, app, jp_auth_header, caplog):
    _, reply = await call("POST", "api", "backtesting", "start", body=spec_body)
    token = jp_auth_header["Authorization"].split()[-1]
    assert token not in str(reply)
    _, run = await call("GET", "api", "backtesting", reply["backtest_id"])
    assert "token" not in str(run)
    assert token not in caplog.text
