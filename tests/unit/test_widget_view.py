"""The widget's Python side: traits, requests, and what is left without scripts."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from widget_fakes import CANDLES, STORY, WAIT_S, FakeSource, Outbox, message

from workbench.errors import WorkbenchError
from workbench.widgets import view as view_module
from workbench.widgets.static_html import point_html, render_html
from workbench.widgets.view import BacktestView, read_bundle


@pytest.fixture
def bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand in for the built frontend, so that these tests need no Node."""
    monkeypatch.setattr(view_module, "read_bundle", lambda name: f"/* {name} */")


@pytest.fixture
def source() -> FakeSource:
    return FakeSource()


@pytest.fixture
def view(bundle: None, source: FakeSource, monkeypatch: pytest.MonkeyPatch) -> Iterator:
    view = BacktestView("r", source=source, title="SMA on EUR-USD")
    outbox = Outbox()
    monkeypatch.setattr(view, "send", outbox)
    view._relay._send = outbox
    view.outbox = outbox
    yield view
    view.close()


def finish(view: BacktestView, source: FakeSource) -> None:
    done = threading.Event()
    view.observe(lambda _: done.set(), "snapshot")
    source.release()
    assert done.wait(WAIT_S), "no snapshot came"


def test_traits_follow_the_run_and_a_snapshot_is_left(
    view: BacktestView, source: FakeSource
) -> None:
    assert (view.status, view.progress, view.snapshot) == ("pending", 0.0, {})
    finish(view, source)
    assert (view.status, view.progress) == ("complete", 100.0)
    assert view.metrics["total_return"] == 0.125
    assert view.snapshot["candles"] == CANDLES
    assert view.failure is None


def test_status_and_its_figures_are_told_at_once(bundle: None) -> None:
    paused = message("status", 7, {"backtest_id": "r", "status": "paused"})
    source = FakeSource(STORY[:-1], [paused])
    view = BacktestView("r", source=source)
    told = threading.Event()
    view.observe(lambda change: change["new"] == "paused" and told.set(), "status")
    source.release(2)
    assert told.wait(WAIT_S)
    assert view.progress == 60.0
    view.close()


def test_a_follower_that_cannot_go_on_says_why(bundle: None) -> None:
    view = BacktestView("r", source=FakeSource(missing=True))
    assert view._follower is not None
    assert view._follower.join(WAIT_S)
    assert "No backtest is named" in str(view.failure)
    assert view.status == "pending"
    view.close()


def test_the_page_reads_and_controls_through_the_kernel(
    view: BacktestView, source: FakeSource
) -> None:
    view._heard(view, {"kind": "get", "id": "1", "path": "candles", "query": {}}, [])
    assert view.outbox.wait(id="1") == {"kind": "reply", "id": "1", "ok": True, "body": CANDLES}
    pace = {"action": "speed", "value": 20, "unit": "x"}
    view._heard(view, {"kind": "control", "id": "2", **pace}, [])
    assert view.outbox.wait(id="2")["ok"] is True
    assert source.controls == [pace]
    view._heard(view, {"kind": "control", "id": "3", "action": "stop"}, [])
    refused = view.outbox.wait(id="3")
    assert refused["ok"] is False
    assert refused["body"]["error"] == "The run is over"


def test_the_page_cannot_read_other_paths(view: BacktestView) -> None:
    view._heard(view, {"kind": "get", "id": "1", "path": "../../contents", "query": {}}, [])
    reply = view.outbox.wait(id="1")
    assert reply["ok"] is False
    assert reply["body"]["details"]["field"] == "path"


def test_relay_over_the_comm(view: BacktestView, source: FakeSource) -> None:
    view._heard(view, {"kind": "relay", "since": 0, "epoch": None}, [])
    source.release(2)
    view.outbox.wait(kind="state", state="finished")
    assert view.outbox.seqs() == [1, 2, 3, 5, 6, 7]


def test_relay_without_a_source_fails_with_a_reason(
    bundle: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = BacktestView("r", source=None)
    outbox = Outbox()
    monkeypatch.setattr(view, "send", outbox)
    view._heard(view, {"kind": "relay", "since": 0, "epoch": None}, [])
    assert outbox.sent[0]["state"] == "failed"
    view.close()


def test_closing_closes_the_source_once(bundle: None, source: FakeSource) -> None:
    view = BacktestView("r", source=source)
    view.close()
    assert source.closed
    assert view._follower is not None
    assert view._follower.join(WAIT_S)
    view.close()


def test_without_scripts_the_finished_run_still_shows(
    view: BacktestView, source: FakeSource
) -> None:
    finish(view, source)
    bundle = view._repr_mimebundle_()
    assert bundle is not None
    data = bundle[0]
    assert "application/vnd.jupyter.widget-view+json" in data
    assert data["text/plain"].startswith("SMA on EUR-USD · complete · total return +12.50%")
    assert data["text/html"].count("<svg") == 2
    assert "<script" not in data["text/html"]
    assert "+12.50%" in data["text/html"]


def test_what_is_saved_of_a_run_under_way_makes_no_claim_on_it(
    view: BacktestView, source: FakeSource
) -> None:
    bundle = view._repr_mimebundle_()
    assert bundle is not None
    data = bundle[0]
    assert data["text/plain"] == 'Backtest SMA on EUR-USD (r): see it with wb.attach("r")'
    assert 'wb.attach("r")' in data["text/html"]
    for text in (data["text/plain"], data["text/html"]):
        assert "pending" not in text
        assert "%" not in text


def test_what_points_at_a_run_escapes_its_title() -> None:
    assert "<img" not in point_html("<img src=x>", "<img>")


def test_a_run_deleted_while_followed_is_deleted(bundle: None) -> None:
    source = FakeSource(STORY[:-1], gone=True)
    view = BacktestView("r", source=source)
    source.release()
    assert view._follower is not None
    assert view._follower.join(WAIT_S)
    assert (view.status, view.progress, view.snapshot) == ("deleted", 60.0, {})
    view.close()


def test_static_html_escapes_everything_it_is_given() -> None:
    evil = "<img src=x onerror=alert(1)>"
    failed = message("error", 2, {"error": evil, "details": {}})
    page = render_html(evil, evil, 0.0, {}, {"messages": [failed]})
    assert "<img" not in page
    assert page.count("&lt;img") == 3


def test_static_html_says_when_prices_are_synthetic() -> None:
    told = message("status", 1, {"backtest_id": "r", "status": "running", "synthetic": True})
    assert "SYNTHETIC DATA" in render_html("t", "running", 1.0, {}, {"messages": [told]})


def test_ratios_of_no_trades_are_no_numbers() -> None:
    nothing = {"sharpe_ratio": 0.0, "win_rate": 0.0, "total_trades": 0.0, "max_drawdown": 0.0}
    page = render_html("t", "complete", 100.0, nothing, {})
    assert "<td>0.00%</td><td>–</td><td>–</td><td>0</td>" in page
    traded = render_html("t", "complete", 100.0, {**nothing, "total_trades": 2.0}, {})
    assert "<td>0.00</td><td>0.0%</td><td>2</td>" in traded


def test_a_missing_bundle_says_how_to_build_it(tmp_path: Path) -> None:
    with pytest.raises(WorkbenchError, match="npm run build"):
        read_bundle("widget.js", tmp_path)
