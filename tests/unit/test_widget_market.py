"""The Python side of a market's view: its fold, its traits, and what is left without scripts."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from market_story import FakeMarket
from widget_fakes import WAIT_S, FakeSource, Outbox

from workbench.widgets import market_view as view_module
from workbench.widgets.market_fold import MarketFold, told
from workbench.widgets.market_html import describe, render_html
from workbench.widgets.market_view import MarketView

COUNT = 200


def story(count: int = COUNT, grows: bool = True) -> list[dict[str, Any]]:
    market = FakeMarket("BTC-USD", count)
    if grows:
        market.growing(market.grow([]))
    return [market.connected(), *market.log]


def named(log: list[dict[str, Any]], kind: str, **data: Any) -> list[dict[str, Any]]:
    return [m for m in log if m["type"] == kind and data.items() <= m["data"].items()]


@pytest.fixture
def bundle(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand in for the built frontend, so that these tests need no Node."""
    monkeypatch.setattr(view_module, "read_bundle", lambda name: f"/* {name} */")


@pytest.fixture
def shown(bundle: None) -> Iterator[Callable[..., MarketView]]:
    views: list[MarketView] = []

    def make(*batches: list[dict[str, Any]], **traits: Any) -> MarketView:
        source = FakeSource(*batches)
        views.append(MarketView("BTC-USD", source=source, **traits))
        views[-1].told = source
        return views[-1]

    yield make
    for view in views:
        view.close()


def after(view: MarketView, trait: str, act: Callable[[], object]) -> None:
    """Wait until a trait has changed because of `act`."""
    changed = threading.Event()
    view.observe(lambda _: changed.set(), trait)
    act()
    assert changed.wait(WAIT_S), f"{trait} did not change"


def test_a_fold_holds_what_was_told() -> None:
    log = story()
    fold = told(log)
    for name in ("15M", "1H", "4H"):
        assert fold.closed(name) == named(log, "candle", timeframe=name, closed=True)
    assert fold.latest() == named(log, "candle", timeframe="15M", closed=False)[-1]
    assert fold.patterns == named(log, "pattern", provisional=False)
    assert fold.confluence == named(log, "confluence")[-1]["data"]
    assert (fold.status, fold.info["synthetic"], fold.seq) == ("live", True, log[-1]["seq"])


def test_late_candles_find_their_place_and_growing_ones_their_end() -> None:
    log = story(12, grows=False)
    closed = named(log, "candle", timeframe="15M", closed=True)
    growing = {**closed[5], "data": {**closed[5]["data"], "closed": False}}
    fold = told([log[0], *closed[:4], *closed[6:], growing, closed[5], closed[4]])
    assert fold.closed("15M") == closed
    assert fold.growing == {}


def test_a_gap_and_another_log_begin_the_story_anew() -> None:
    log = story(12)
    fold = told(log)
    beyond = {"epoch": "m1", "available_from": 1, "available_to": 5}
    fold.apply({"type": "gap", "timestamp": "", "data": beyond})
    assert (fold.candles, fold.seq, fold.info["symbol"]) == ({}, 0, "BTC-USD")
    again = told(log)
    again.apply({**log[0], "data": {**log[0]["data"], "epoch": "m2"}})
    assert (again.candles, again.status) == ({}, "live")


def test_what_was_not_kept_until_it_was_read_is_noted_and_the_rest_stays() -> None:
    log = story(40)
    hello, *rest = log
    cut = next(i for i, m in enumerate(rest) if m["type"] == "candle" and m["seq"] > 60)
    late = told([{**hello, "data": {**hello["data"], "first_seq": rest[cut]["seq"]}}, *rest[cut:]])
    (missed,) = late.lost
    assert (missed["what"], missed["start"]) == ("messages", None)
    assert missed["missing"] == rest[cut]["seq"] - 1
    assert missed["end"] == next(
        m["data"]["time"] for m in rest[cut:] if m["type"] == "candle" and m["data"]["closed"]
    )
    overrun = told([hello, *rest[:20]])
    kept = {name: len(found) for name, found in overrun.candles.items()}
    gap = {"epoch": "m1", "available_from": rest[cut]["seq"], "available_to": rest[-1]["seq"]}
    for message in [{"type": "gap", "timestamp": "", "data": gap}, *rest[cut:]]:
        overrun.apply(message)
    (missed,) = overrun.lost
    assert missed["missing"] == rest[cut]["seq"] - rest[19]["seq"] - 1
    assert missed["start"] < missed["end"]
    assert all(len(found) >= kept.get(name, 0) for name, found in overrun.candles.items())
    assert told(log).lost == []


def test_a_bounded_fold_forgets_the_oldest() -> None:
    fold = MarketFold(candles=10, findings=20)
    for message in story():
        fold.apply(message)
    kept = [m["data"]["time"] for m in fold.closed("15M")]
    assert kept == [m["data"]["time"] for m in told(story()).closed("15M")[-10:]]
    assert len(fold.structure) <= 20
    assert fold.structure[-1] == told(story()).structure[-1]


def test_a_snapshot_is_a_short_log_of_the_timeframe_that_is_shown() -> None:
    log = story()
    messages = told(log).snapshot("15M", 50)["messages"]
    assert messages[0]["data"]["symbol"] == "BTC-USD"
    candles = named(messages, "candle")
    assert candles[:-1] == named(log, "candle", timeframe="15M", closed=True)[-50:]
    assert candles[-1]["data"]["closed"] is False
    assert {m["data"].get("timeframe", "15M") for m in messages} == {"15M"}
    first = candles[0]["data"]["time"]
    ended = {m["data"]["id"] for m in log if m["data"].get("status") in ("filled", "broken")}
    older = [m["data"] for m in named(messages, "structure") if m["data"]["bar_time"] < first]
    assert older
    assert not ended & {data["id"] for data in older}
    assert named(messages, "confluence") == named(log, "confluence")[-1:]
    assert told(messages).snapshot("15M", 50)["messages"] == messages
    assert MarketFold().snapshot("15M") == {}


def test_traits_follow_the_market(shown: Callable[..., MarketView]) -> None:
    log = story()
    view = shown(log, timeframe="1H")
    assert (view.status, view.price, view.score, view.snapshot) == ("", None, None, {})
    after(view, "snapshot", view.told.release)
    assert view.status == "live"
    assert view.price == named(log, "candle", timeframe="15M")[-1]["data"]["close"]
    last = named(log, "confluence")[-1]["data"]
    assert (view.score, view.direction) == (last["score"], last["direction"])
    assert named(view.snapshot["messages"], "candle", timeframe="1H")


def test_what_is_kept_is_of_the_timeframe_that_is_shown(shown: Callable[..., MarketView]) -> None:
    log = story(40)
    view = shown(log, [{**log[-1], "seq": log[-1]["seq"] + 1}] * 2, timeframe="1H")
    after(view, "snapshot", view.told.release)
    view.timeframe = "4H"
    follower = view._follower
    follower._interval = 0
    after(view, "snapshot", view.told.release)
    assert {m["data"]["timeframe"] for m in named(view.snapshot["messages"], "candle")} == {"4H"}


def test_the_page_reads_through_the_kernel(
    shown: Callable[..., MarketView], monkeypatch: pytest.MonkeyPatch
) -> None:
    view = shown(story(8))
    outbox = Outbox()
    monkeypatch.setattr(view, "send", outbox)
    view._relay._send = outbox
    view._heard(view, {"kind": "relay", "since": 0, "epoch": None}, [])
    view.told.release(2)
    outbox.wait(kind="state", state="finished")
    assert outbox.seqs() == [m["seq"] for m in story(8)[1:]]
    view._heard(view, {"kind": "get", "id": "1", "path": "trades", "query": {}}, [])
    assert outbox.wait(id="1")["ok"] is False


def test_without_scripts_the_candles_still_show(shown: Callable[..., MarketView]) -> None:
    view = shown(story())
    made = view._repr_mimebundle_()
    assert made is not None
    assert made[0]["text/plain"] == 'Market BTC-USD: see it with wb.market("BTC-USD")'
    after(view, "snapshot", view.told.release)
    data = view._repr_mimebundle_()[0]
    assert "application/vnd.jupyter.widget-view+json" in data
    assert data["text/plain"].startswith("BTC-USD · synthetic data · 200 candles of 15M to 2024-")
    assert data["text/html"].count("<svg") == 1
    assert "SYNTHETIC DATA" in data["text/html"]
    assert "<script" not in data["text/html"]


def test_static_html_escapes_what_it_is_given() -> None:
    log = story(20)
    log[0]["data"]["symbol"] = "<img src=x>"
    page = render_html(told(log).snapshot("15M")["messages"])
    assert "<img" not in page
    assert "&lt;b&gt;not markup" in page


def test_real_prices_are_not_called_synthetic() -> None:
    market = FakeMarket("BTC-USD", 20, synthetic=False)
    messages = told([market.connected(), *market.log]).snapshot("15M")["messages"]
    assert "synthetic" not in describe(messages).lower()
    assert "SYNTHETIC" not in render_html(messages)
