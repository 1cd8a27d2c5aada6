"""Who may do what: tokens, origins, publish tokens."""

from __future__ import annotations

import pytest
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.websocket import websocket_connect

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
    await call("DELETE", "api", "backtesting", run_id)


async def test_replies_and_logs_hold_no_token(call, spec_body, app, jp_auth_header, caplog):
    _, reply = await call("POST", "api", "backtesting", "start", body=spec_body)
    token = jp_auth_header["Authorization"].split()[-1]
    assert token not in str(reply)
    _, run = await call("GET", "api", "backtesting", reply["backtest_id"])
    assert "token" not in str(run)
    assert token not in caplog.text
