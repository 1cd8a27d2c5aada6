"""The Python side of a session's view: its fold, its traits, what is left without scripts."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest
from live_story import CAPITAL, FakeSession
from widget_fakes import WAIT_S, FakeSource, Outbox

from workbench.errors import NotFound
from workbench.messages import MESSAGE_TYPES, parse_time
from workbench.widgets import live_view as view_module
from workbench.widgets.live_catching import CatchingUp
from workbench.widgets.live_fold import MOST_ORDERS, LiveFold, beside_of, told
from workbench.widgets.live_html import describe, render_html
from workbench.widgets.live_view import LiveView

NAME = "live_20240101_000000"


def session(**facts: Any) -> FakeSession:
    return FakeSession(NAME, history=10, bars=40, **facts)


def story(made: FakeSession) -> list[dict[str, Any]]:
    return [made.connected(), *made.log]


def named(log: list[dict[str, Any]], kind: str, **data: Any) -> list[dict[str, Any]]:
    return [m for m in log if m["type"] == kind and data.items() <= m["data"].items()]


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., LiveView]]:
    # These tests need no Node: the frontend is not built for them.
    monkeypatch.setattr(view_module, "read_bundle", lambda name: f"/* {name} */")
    views: list[LiveView] = []

    def make(*batches: list[dict[str, Any]], **traits: Any) -> LiveView:
        source = FakeSource(*batches)
        views.append(LiveView(NAME, source=source, **traits))
        views[-1].told = source
        return views[-1]

    yield make
    for view in views:
        view.close()


def after(view: LiveView, trait: str, act: Callable[[], object]) -> None:
    """Wait until a trait has changed because of `act`."""
    changed = threading.Event()
    view.observe(lambda _: changed.set(), trait)
    act()
    assert changed.wait(WAIT_S), f"{trait} did not change"


def test_the_story_of_these_tests_is_one_of_the_protocol() -> None:
    made = session()
    made.breach("max_exposure", 2.0, 1.0, "reject", "too much")
    made.stop()

    kinds = set()
    for message in made.log:
        if message["type"] not in ("trade", "metrics"):
            msgspec.convert(message, MESSAGE_TYPES[message["type"]])
        kinds.add(message["type"])
    assert {"status", "candle", "feed", "order", "position", "risk", "pnl", "complete"} <= kinds


def test_a_fold_holds_what_is_held_and_what_waits() -> None:
    made = session()
    fold = told(story(made))
    assert [p["position_id"] for p in fold.positions] == list(made.positions)
    assert {o["order_id"] for o in fold.working} == set(made.orders)
    assert fold.pnl == named(made.log, "pnl")[-1]["data"]
    assert fold.risk == named(made.log, "risk")[-1]["data"]
    assert (fold.status, fold.symbols, fold.seq) == ("running", ["BTC-USD"], made.log[-1]["seq"])
    made.flatten()
    fold = told(story(made))
    assert (fold.positions, fold.working) == ([], [])
    assert fold.risk is not None
    assert fold.risk["entries"] == "paused"


def test_an_order_keeps_why_it_was_given() -> None:
    fold = told(story(session()))
    filled = [o for o in fold.orders if o["status"] == "filled" and o["role"] == "entry"]
    assert filled
    assert all("broke the range" in order["reasoning"]["rationale"] for order in filled)


def test_what_is_merged_on_the_way_and_comes_late_changes_nothing() -> None:
    made = session()
    fold = told(story(made))
    held, pnl, risk = fold.positions, fold.pnl, fold.risk
    assert held
    first = named(made.log, "position", position_id=held[0]["position_id"])[0]
    for late in (first, named(made.log, "pnl")[0], named(made.log, "risk")[0]):
        fold.apply(late)
    assert (fold.positions, fold.pnl, fold.risk) == (held, pnl, risk)
    closed = named(made.log, "position", event="close")[0]["data"]["position_id"]
    fold.apply(named(made.log, "position", position_id=closed)[0])
    assert fold.positions == held


def test_many_orders_leave_those_that_wait() -> None:
    made = session()
    made.place("BTC-USD", "buy", "limit", quantity=1.0, price=1.0)
    waits = next(reversed(made.orders))
    for _ in range(3 * MOST_ORDERS):
        made.order(made.place("BTC-USD", "buy", "market", quantity=1.0), "cancelled")
    fold = told(story(made))
    assert len(fold.orders) <= 2 * MOST_ORDERS + 1
    assert waits in {order["order_id"] for order in fold.working}


def test_a_gap_begins_the_story_anew() -> None:
    fold = told(story(session()))
    fold.apply({"type": "gap", "timestamp": "", "data": {"epoch": "x", "available_from": 1}})
    assert (fold.positions, fold.orders, fold.facts, fold.pnl, fold.seq) == ([], [], {}, None, 0)


def test_a_snapshot_tells_the_same_in_short() -> None:
    made = FakeSession(NAME, ("BTC-USD", "ETH-USD"), history=300, bars=60)
    made.breach("max_exposure", 2.0, 1.0, "reject", "too much")
    fold = told(story(made))
    snapshot = fold.snapshot("ETH-USD")
    again = told(snapshot["messages"])
    assert again.snapshot("ETH-USD") == snapshot
    given = {m["data"]["order_id"]: m for m in reversed(named(made.log, "order"))}
    kept = {m["data"]["order_id"]: m for m in reversed(named(snapshot["messages"], "order"))}
    assert kept == {name: given[name] for name in kept}
    for name in ("positions", "working", "breaches", "risk", "pnl", "facts", "status", "symbols"):
        assert getattr(again, name) == getattr(fold, name), name
    candles = named(snapshot["messages"], "candle")
    assert fold.prices == again.prices
    others = [m["data"]["timeframe"] for m in candles if m["data"]["symbol"] == "BTC-USD"]
    assert sorted(others) == ["15M", "1H"]
    shown = [m["data"] for m in candles if m["data"]["symbol"] == "ETH-USD"]
    assert len([c for c in shown if c["timeframe"] == "15M"]) == 300
    assert LiveFold().snapshot() == {}


def test_what_a_session_is_compared_with_is_its_curve_and_its_trades() -> None:
    log = session().log
    made = beside_of(log, "backtest")
    first = named(log, "equity")[0]["data"]
    assert made["name"] == "backtest"
    assert (made["time"][0], made["equity"][0]) == (parse_time(first["time"]), first["equity"])
    assert len(made["time"]) == len(made["equity"]) == len(named(log, "equity"))
    exits = [m["data"]["exit_price"] for m in named(log, "trade", event="exit")]
    assert [t["exit_price"] for t in made["trades"]] == [*exits, None]


def test_traits_follow_the_session(shown: Callable[..., LiveView]) -> None:
    made = session()
    view = shown(story(made))
    assert (view.status, view.equity, view.positions, view.snapshot) == ("pending", None, [], {})
    after(view, "snapshot", view.told.release)
    pnl, risk = named(made.log, "pnl")[-1]["data"], named(made.log, "risk")[-1]["data"]
    assert (view.equity, view.realized, view.unrealized) == (
        pnl["equity"], pnl["realized"], pnl["unrealized"],
    )  # fmt: skip
    assert (view.daily_pnl, view.exposure) == (risk["daily_pnl"], risk["exposure"])
    assert [p["position_id"] for p in view.positions] == list(made.positions)
    assert (view.status, view.entries) == ("running", "open")


def test_the_end_is_kept_at_once(shown: Callable[..., LiveView]) -> None:
    made = session()
    before = story(made)
    made.stop()
    view = shown(before, made.log[len(before) - 1 :])
    after(view, "snapshot", view.told.release)
    after(view, "snapshot", view.told.release)
    assert view.status == "stopped"
    assert named(view.snapshot["messages"], "complete")
    assert told(view.snapshot["messages"]).positions == []


def test_the_page_reads_and_asks_through_the_kernel(
    shown: Callable[..., LiveView], monkeypatch: pytest.MonkeyPatch
) -> None:
    view = shown(story(session()))
    outbox = Outbox()
    monkeypatch.setattr(view, "send", outbox)
    view._heard(view, {"kind": "control", "id": "1", "action": "flatten"}, [])
    assert outbox.wait(id="1")["ok"] is True
    assert view.told.controls == [{"action": "flatten"}]
    view._heard(view, {"kind": "get", "id": "2", "path": "trades", "query": {}}, [])
    assert outbox.wait(id="2")["ok"] is False


def test_a_comparison_is_a_trait(shown: Callable[..., LiveView]) -> None:
    view = shown(story(session()))
    view.compare(session().log, "backtest_1")
    assert view.beside["name"] == "backtest_1"
    assert view.beside["equity"][0] == pytest.approx(CAPITAL, rel=0.1)


def test_a_session_that_told_nothing_is_pointed_to(
    shown: Callable[..., LiveView], monkeypatch: pytest.MonkeyPatch
) -> None:
    pending = session().connected()
    pending["data"]["seq"] = 0
    view = shown([pending])
    view.told.release()
    point = f'Live session {NAME}: see it with wb.attach("{NAME}")'
    assert view._repr_mimebundle_()[0]["text/plain"] == point
    # One whose server does not answer keeps nobody waiting for long.
    monkeypatch.setattr(view_module, "CATCH_UP_S", 0.01)
    silent = shown(story(session()))
    assert silent._repr_mimebundle_()[0]["text/plain"] == point


def test_a_cell_is_shown_with_all_that_was_told_before(
    shown: Callable[..., LiveView], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(view_module, "CATCH_UP_S", WAIT_S)
    made = session()
    made.place("BTC-USD", "buy", "limit", quantity=1.0, price=1.0)
    log = story(made)
    # The first of several batches makes a snapshot: the cell is to hold the last.
    view = shown(log[:20], log[20:40], log[40:])
    view.told.release(3)
    page = view._repr_mimebundle_()[0]["text/html"]
    close = named(made.log, "candle", timeframe="15M")[-1]["data"]["close"]
    (position,) = made.positions.values()
    for told_last in (
        f"{close:,.8g}", f"{position['entry_price']:,.8g}", f"equity {made.equity:,.2f}",
        next(reversed(made.orders)), made.log[-1]["timestamp"], f'wb.attach("{NAME}")',
    ):  # fmt: skip
        assert told_last in page, told_last


def test_a_reader_has_caught_up_once_it_took_the_last_that_was_there() -> None:
    log = story(session())
    source, reached = FakeSource(log[:10], log[10:], [{**log[-1], "seq": 10_000}]), []
    catching = CatchingUp(source, lambda: reached.append(len(taken)))
    taken: list[dict[str, Any]] = []
    source.release(3)
    for batch in catching.messages(0, None):
        assert not reached or len(taken) >= len(log)
        taken += batch
    assert reached == [len(log)]
    assert catching.wait(0)


def test_who_reads_what_is_not_there_is_not_waited_for() -> None:
    reached: list[int] = []
    catching = CatchingUp(FakeSource(missing=True), lambda: reached.append(1))
    with pytest.raises(NotFound):
        list(catching.messages(0, None))
    assert catching.wait(0)
    assert reached == []


def test_without_scripts_positions_and_orders_still_show(shown: Callable[..., LiveView]) -> None:
    view = shown(story(session()))
    after(view, "snapshot", view.told.release)
    data = view._repr_mimebundle_()[0]
    assert "application/vnd.jupyter.widget-view+json" in data
    assert data["text/plain"].startswith(f"{NAME} · running · equity ")
    page = data["text/html"]
    assert page.count("<svg") == 1
    assert "SYNTHETIC DATA" in page
    assert "PAPER" in page
    assert "<script" not in page
    assert "<b>not markup" not in page
    assert "&lt;b&gt;not markup" in page


def test_real_money_is_said_without_scripts_too() -> None:
    real = {"broker": "exchange", "feed": "exchange", "exchange": "kraken", "sandbox": False}
    messages = told(story(session(**real))).snapshot()["messages"]
    page = render_html("s", messages)
    assert ">LIVE<" in page
    assert "SYNTHETIC" not in page
    assert describe("s", messages).startswith("s · running")
