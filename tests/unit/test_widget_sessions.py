"""The Python side of the view of all sessions: what it hands on, what is left without scripts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from widget_fakes import FakeSource, Outbox, connected

import workbench as wb
from workbench.client.server import Server
from workbench.client.sessions_source import SessionsSource
from workbench.errors import InvalidRequest, ServerUnreachable
from workbench.widgets import sessions_view as view_module
from workbench.widgets.sessions_html import describe, render_html
from workbench.widgets.sessions_view import SessionsView

LIMITS = [{"name": "max_position", "used": 0.2}, {"name": "max_exposure", "used": 0.913}]
LISTED: dict[str, Any] = {
    "session_id": "live_1", "strategy": "Sma<b>", "symbols": ["A", "B"], "status": "running",
    "broker": "exchange", "sandbox": False, "positions": 2,
    "risk": {"exposure": 1234.5, "drawdown": -0.031, "entries": "paused", "limits": LIMITS},
    "pnl": {"unrealized": 5.0, "realized": -7.25},
}  # fmt: skip
ENDED = {**LISTED, "session_id": "live_0", "status": "stopped"}
NEW = {**LISTED, "session_id": "live_2", "status": "pending", "broker": "paper", "positions": 0}
NEW |= {"risk": None, "pnl": None}


class Sessions(FakeSource):
    """Sessions with a list."""

    failure: Exception | None = None

    def get(self, path: str, query: dict[str, Any]) -> dict[str, Any]:
        """Return the list."""
        if self.failure is not None:
            raise self.failure
        return {"sessions": [NEW, LISTED, ENDED]}


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], tuple[SessionsView, Sessions]]]:
    # These tests need no Node: the frontend is not built for them.
    monkeypatch.setattr(view_module, "read_bundle", lambda name: f"/* {name} */")
    views: list[SessionsView] = []

    def make() -> tuple[SessionsView, Sessions]:
        source = Sessions([connected(0)])
        views.append(SessionsView(source=source))
        return views[-1], source

    yield make
    for view in views:
        view.close()


def bundle(view: SessionsView) -> dict[str, Any]:
    made = view._repr_mimebundle_()
    assert made is not None
    return made[0]


def test_the_cell_keeps_what_was_listed_when_it_was_shown(shown):
    view, _ = shown()
    assert view.sessions is None
    data = bundle(view)
    assert "application/vnd.jupyter.widget-view+json" in data
    assert "live_1 · LIVE · Sma<b> · A B · running, entries paused · 2 open" in data["text/plain"]
    assert "live_0" not in data["text/plain"]
    assert [one["session_id"] for one in view.snapshot["sessions"]] == [
        "live_2", "live_1", "live_0",
    ]  # fmt: skip


def test_a_server_that_does_not_answer_is_no_server_without_sessions(shown):
    view, source = shown()
    source.failure = ServerUnreachable("gone")
    data = bundle(view)
    assert data["text/plain"] == "Live sessions: see them with wb.sessions_view()"
    assert view.sessions is None


def test_the_page_may_have_all_of_it_through_the_kernel(shown, monkeypatch):
    outbox = Outbox()
    monkeypatch.setattr(SessionsView, "send", lambda self, content: outbox(content))
    view, source = shown()
    source.release()
    view._heard(view, {"kind": "relay", "since": 0, "epoch": None}, [])
    assert outbox.wait(kind="messages")["batch"][0]["type"] == "connected"
    view._heard(view, {"kind": "control", "action": "flatten", "id": "1"}, [])
    assert outbox.wait(id="1")["ok"]
    assert source.controls == [{"action": "flatten"}]
    view._heard(view, {"kind": "get", "path": "", "query": {}, "id": "2"}, [])
    assert len(outbox.wait(id="2")["body"]["sessions"]) == 3


def test_the_table_is_text_and_names_the_worst_limit():
    html = render_html([NEW, LISTED, ENDED], "2024-01-01T00:00:00.000Z")
    assert "Sma&lt;b&gt;" in html
    assert "<script" not in html
    for text in ("LIVE", "1,234.50", "+5.00", "-7.25", "-3.10%", "max_exposure 91%", "As of 2024"):
        assert text in html, text
    assert "live_0" not in html
    assert "No live session goes on" in render_html([ENDED], "")
    assert "none goes on" in describe([])


class Rest:
    """Notes what is posted."""

    def __init__(self) -> None:
        self.posted: list[tuple[str, Any]] = []

    def post(self, path: str, body: Any) -> dict[str, Any]:
        """Note it."""
        self.posted.append((path, body))
        return {"sessions": []}

    def get(self, path: str, query: Any) -> dict[str, Any]:
        """Tell what was asked for."""
        return {"path": path}


def test_of_all_sessions_flattening_alone_is_asked_for(monkeypatch: pytest.MonkeyPatch):
    rest = Rest()
    monkeypatch.setattr(Server, "rest", rest)
    server = Server("http://localhost:8888/")
    source = SessionsSource(server)
    assert source.get("", {}) == {"path": "api/live-trading"}
    source.control({"action": "flatten"})
    assert rest.posted == [("api/live-trading/flatten", {})]
    with pytest.raises(InvalidRequest, match="flatten alone"):
        source.control({"action": "stop"})


def test_a_server_is_given_connected():
    with pytest.raises(InvalidRequest, match="url="):
        wb.sessions_view(server="http://localhost:8888")
