"""What live trading says of sessions and actions that are none, and of one that has ended."""

from __future__ import annotations

import psutil
import pytest
from live_calls import ended, stands, started, traded

LIVE = ("api", "live-trading")


@pytest.fixture(autouse=True)
def _fake(sessions):
    """Every session here is the fake process."""


@pytest.mark.parametrize("session", ["live_20200101_000000", "backtest_20200101_000000", "x"])
@pytest.mark.parametrize(
    ("method", "route"), [("GET", ()), ("DELETE", ()), ("POST", ("stop",)), ("POST", ("flatten",))]
)
async def test_an_unknown_session_is_called_one(call, session, method, route):
    status, reply = await call(method, *LIVE, session, *route)
    assert (status, reply["code"]) == (404, "not_found")
    assert reply["error"] == f"There is no session {session!r}"
    assert reply["details"] == {"field": "session_id", "value": session}


async def test_an_unknown_route_is_refused_as_json(call):
    name = (await started(call))["session_id"]
    for route in ((*LIVE, name, "foo"), ("api", "backtesting", "x", "y", "z"), (*LIVE, "x", "y")):
        for method in ("POST", "GET", "DELETE"):
            status, reply = await call(method, *route)
            assert (status, reply["code"]) == (404, "not_found")
            assert reply["details"]["field"] == "path"
            assert "/".join(route) in reply["error"]


async def test_who_is_not_logged_in_learns_no_routes(jp_fetch, http_server_client):
    from tornado.httpclient import HTTPClientError

    with pytest.raises(HTTPClientError) as caught:
        await http_server_client.fetch("/a%40b/api/live-trading/x/foo")
    assert caught.value.code == 403


async def test_a_session_that_has_ended_has_no_process(app, call, monkeypatch):
    name = (await started(call))["session_id"]
    facts = await stands(call, name, traded)
    assert facts["process"]["running"] is True
    # Whoever looks at the machine's processes knows which session this one is.
    assert psutil.Process(facts["process"]["pid"]).cmdline()[-1] == name
    await call("POST", *LIVE, name, "stop")
    await stands(call, name, ended)
    # Also while that process is still putting its things away.
    monkeypatch.setattr("workbench.sessions.service.alive", lambda record: True)
    process = (await call("GET", *LIVE, name))[1]["process"]
    assert (process["running"], process["pid"]) == (False, None)
    status, reply = await call("POST", *LIVE, name, "flatten")
    assert (status, reply["error"]) == (
        409,
        f"Session {name} is stopped: it can no longer be controlled",
    )
