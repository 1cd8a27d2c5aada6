"""A server with the extension, and small helpers to talk to it."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path

import pytest
from bodies import SPEC_BODY
from pytest_jupyter.jupyter_core import jp_asyncio_loop  # noqa: F401
from pytest_jupyter.jupyter_server import jp_server_cleanup  # noqa: F401
from server_process import end_workers
from tornado.httpclient import HTTPClientError

POLL_MS = 40
"""Between two looks at the processes: most of what the tests would wait for otherwise."""


@pytest.fixture
def jp_nbconvert_templates():
    """Copy no templates: nothing here is converted."""


@pytest.fixture
def jp_server_config(tmp_path):
    return {
        "ServerApp": {
            "jpserver_extensions": {"workbench_server": True, "jupyter_server_terminals": False},
            "terminals_enabled": False,
            "reraise_server_extension_failures": True,
            "allow_unauthenticated_access": False,
        },
        "WorkbenchApp": {"home": str(tmp_path / "home"), "max_workers": 2},
    }


@pytest.fixture(autouse=True)
def app(jp_serverapp, jp_asyncio_loop):  # noqa: F811
    """The extension, started as a real server does. Its workers do not outlive the test."""
    (app,) = jp_serverapp.extension_manager.extension_apps["workbench_server"]
    app._poll.callback_time = POLL_MS
    jp_asyncio_loop.run_until_complete(app._start_jupyter_server_extension(jp_serverapp))
    yield app
    # Or it would start others instead.
    app._poll.stop()
    end_workers(app.service.home)


@pytest.fixture
def spec_body():
    """The body as the contract prints it."""
    return dict(SPEC_BODY)


@pytest.fixture
def run(app, spec_body):
    """A run that no worker is at: the test says what is in its stream."""
    app.service.supervisor._max_workers = 0
    return app.service.start(json.dumps(spec_body).encode()).id


@pytest.fixture
def say(app, run):
    """Say messages in the run's stream, as its worker."""

    def append(*messages):
        first = app.service.log.position(run, "worker") + 1
        app.service.append(run, "worker", first, messages)

    return append


@pytest.fixture
def call(jp_fetch):
    """Send a request; return (status, body) whatever the status is."""

    async def send(method, *parts, body=None, headers=None, raw=None, params=None):
        options = {"method": method, "params": params or {}}
        if raw is not None:
            options["body"] = raw
        elif body is not None:
            options["body"] = json.dumps(body)
        elif method == "POST":
            options["body"] = ""
        if method == "POST":
            options["headers"] = {"Content-Type": "application/json", **(headers or {})}
        elif headers:
            options["headers"] = headers
        try:
            reply = await jp_fetch(*parts, **options)
        except HTTPClientError as error:
            reply = error.response
        return reply.code, json.loads(reply.body) if reply.body else None

    return send


@pytest.fixture
def connect(jp_ws_fetch):
    """Open a run's stream; closed at the end of the test."""
    sockets = []

    async def open_stream(run_id, **params):
        socket = await jp_ws_fetch("api", "ws", "stream", "backtest", run_id, params=params)
        sockets.append(socket)
        return socket

    yield open_stream
    for socket in sockets:
        socket.close()


@pytest.fixture
def story(connect):
    """Read a stream to its end; return the messages and the close code."""

    async def read(run_id, timeout=60, **params):
        socket = await connect(run_id, **params)
        messages = []
        deadline = time.monotonic() + timeout
        while True:
            text = await asyncio.wait_for(socket.read_message(), deadline - time.monotonic())
            if text is None:
                return messages, socket.close_code
            messages.append(json.loads(text))

    return read


@pytest.fixture
def feeds(app, monkeypatch):
    """The market side of the server, its feeds served by the fake process."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1] / "support"), prepend=":")
    app.markets.keeper._module = "fake_feed"
    return app.markets


@pytest.fixture
def watch(jp_ws_fetch):
    """Open a market's stream; returns the socket."""
    sockets = []

    async def open_stream(symbol, **params):
        socket = await jp_ws_fetch("api", "ws", "stream", "market-data", symbol, params=params)
        sockets.append(socket)
        return socket

    yield open_stream
    for socket in sockets:
        socket.close()


@pytest.fixture
def sessions(app, monkeypatch):
    """The live sessions of the server, served by the fake process and closed by the fake one."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1] / "support"), prepend=":")
    app.sessions.keeper._worker = "session_process"
    app.sessions.keeper._closing = "closing_process"
    return app.sessions
